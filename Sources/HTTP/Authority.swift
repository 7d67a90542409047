/// `host [":" port]`, the value of Host and the authority of an http URI (RFC 9110, 4.2 and
/// 7.2), without user information.
enum Authority {
    /// Whether a host is named, by a legal name or a bracketed address, with a legal port.
    static func isValid(
        _ bytes: Span<UInt8>, _ range: ByteRange, _ grammar: borrowing Grammar
    ) -> Bool {
        guard !range.isEmpty else { return false }
        var at = range.start
        if bytes[at] == UInt8(ascii: "[") {
            guard let end = endOfAddress(bytes, range) else { return false }
            at = end
        } else {
            at = grammar.endOfHostName(bytes.extracting(first: range.end), from: at)
            while at < range.end, isEscape(bytes, at, range.end) {
                at = grammar.endOfHostName(bytes.extracting(first: range.end), from: at &+ 3)
            }
            guard at > range.start else { return false }
        }
        guard at < range.end else { return true }
        guard bytes[at] == ByteClass.colon else { return false }
        let port = ByteRange(at &+ 1, range.end)
        return port.isEmpty || Decimal.parse(bytes, port).map { $0 <= 65_535 } ?? false
    }

    /// Where the authority of an `http` or `https` URI begins; nil for any other scheme.
    static func start(_ bytes: Span<UInt8>, inAbsolute target: ByteRange) -> Int? {
        var colon = target.start
        while colon < target.end, bytes[colon] != ByteClass.colon { colon &+= 1 }
        guard target.end &- colon >= 3, bytes[colon &+ 1] == ByteClass.slash,
            bytes[colon &+ 2] == ByteClass.slash
        else { return nil }
        switch Keyword(bytes, ByteRange(target.start, colon)) {
        case .http, .https: return colon &+ 3
        default: return nil
        }
    }

    /// Whether an authority ends before this byte.
    static func ends(at byte: UInt8) -> Bool {
        byte == ByteClass.slash || byte == UInt8(ascii: "?")
    }

    /// The offset behind `]`; nil unless an IPv6 address stands between the brackets.
    private static func endOfAddress(_ bytes: Span<UInt8>, _ range: ByteRange) -> Int? {
        var at = range.start &+ 1
        while at < range.end, bytes[at] != UInt8(ascii: "]") { at &+= 1 }
        guard at < range.end, IPv6Literal.isValid(bytes, ByteRange(range.start &+ 1, at)) else {
            return nil
        }
        return at &+ 1
    }

    private static func isEscape(_ bytes: Span<UInt8>, _ at: Int, _ end: Int) -> Bool {
        end &- at > 2 && bytes[at] == UInt8(ascii: "%")
            && ByteClass.hexadecimal(bytes[at &+ 1]) != nil
            && ByteClass.hexadecimal(bytes[at &+ 2]) != nil
    }
}
