/// Version 1: `PROXY TCP4 192.0.2.1 192.0.2.2 50000 443`, and a line end.
extension ProxyHeader {
    static func parseText(_ bytes: Span<UInt8>) -> ProxyHeaderProgress {
        for index in 0..<min(bytes.count, prefix.count) where bytes[index] != prefix[index] {
            return .refused(.missing)
        }
        var end = prefix.count
        while end < bytes.count, end < mostTextBytes - 1, bytes[end] != ByteClass.carriageReturn {
            if bytes[end] == ByteClass.lineFeed { return .refused(.malformed) }
            end &+= 1
        }
        if end >= mostTextBytes - 1 { return .refused(.tooLong) }
        if end + 1 >= bytes.count { return .incomplete }
        guard bytes[end + 1] == ByteClass.lineFeed else { return .refused(.malformed) }
        return parseLine(bytes, ByteRange(prefix.count, end))
    }

    private static let prefix: [6 of UInt8] = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20]

    private static func parseLine(_ bytes: Span<UInt8>, _ line: ByteRange) -> ProxyHeaderProgress {
        var words = SpacedWords(line)
        guard let family = words.next(bytes) else { return .refused(.malformed) }
        let length = line.end + 2
        if isUnknown(bytes, family) {
            return .complete(ProxyHeader(ends: nil, byteCount: length))
        }
        let version = versionOfTCP(bytes, family)
        guard version == 4 || version == 6 else { return .refused(.unsupported) }
        let isIPv4 = version == 4
        guard let source = address(bytes, words.next(bytes), isIPv4: isIPv4),
            let destination = address(bytes, words.next(bytes), isIPv4: isIPv4),
            let sourcePort = port(bytes, words.next(bytes)),
            let destinationPort = port(bytes, words.next(bytes)), words.isAtEnd
        else { return .refused(.malformed) }
        let ends = Ends(
            source: source, sourcePort: sourcePort, destination: destination,
            destinationPort: destinationPort)
        return .complete(ProxyHeader(ends: ends, byteCount: length))
    }

    private static let unknown: [7 of UInt8] = [0x55, 0x4e, 0x4b, 0x4e, 0x4f, 0x57, 0x4e]

    private static func isUnknown(_ bytes: Span<UInt8>, _ range: ByteRange) -> Bool {
        guard range.count == unknown.count else { return false }
        for index in 0..<unknown.count where bytes[range.start + index] != unknown[index] {
            return false
        }
        return true
    }

    /// The digit behind `TCP`; 0 for anything else.
    private static func versionOfTCP(_ bytes: Span<UInt8>, _ range: ByteRange) -> Int {
        guard range.count == 4, bytes[range.start] == UInt8(ascii: "T"),
            bytes[range.start + 1] == UInt8(ascii: "C"),
            bytes[range.start + 2] == UInt8(ascii: "P")
        else { return 0 }
        return Int(bytes[range.start + 3]) - 0x30
    }

    private static func address(
        _ bytes: Span<UInt8>, _ range: ByteRange?, isIPv4: Bool
    ) -> ClientAddress? {
        guard let range else { return nil }
        guard isIPv4 else { return AddressText.ipv6(bytes, range) }
        return AddressText.ipv4(bytes, range).map {
            ClientAddress(bits: 0xffff_0000_0000 | UInt128($0))
        }
    }

    /// A port has no leading zeros.
    private static func port(_ bytes: Span<UInt8>, _ range: ByteRange?) -> UInt16? {
        guard let range, range.count <= 5,
            let number = Decimal.parse(bytes, range), number <= 65_535,
            range.count == 1 || bytes[range.start] != UInt8(ascii: "0")
        else { return nil }
        return UInt16(number)
    }
}

/// The words of a line, with one blank between two.
private struct SpacedWords {
    private var at: Int
    private let end: Int
    private var isOver = false

    init(_ line: ByteRange) {
        at = line.start
        end = line.end
    }

    var isAtEnd: Bool { isOver }

    /// The next word; nil behind the last one and for one without a byte.
    mutating func next(_ bytes: Span<UInt8>) -> ByteRange? {
        guard !isOver else { return nil }
        let start = at
        while at < end, bytes[at] != UInt8(ascii: " ") { at &+= 1 }
        let word = ByteRange(start, at)
        if at == end { isOver = true } else { at &+= 1 }
        return word.isEmpty ? nil : word
    }
}
