extension RequestHead {
    enum LineProgress {
        case incomplete
        /// The offset behind the line.
        case complete(Int)
        case refused(RequestFault)
    }

    /// Reads `method SP target SP version CRLF` (RFC 9112, 3).
    mutating func parseRequestLine(
        _ bytes: Span<UInt8>, limits: HeadLimits
    ) -> LineProgress {
        var at = 0
        method = .other
        if let fault = skipEmptyLines(bytes, from: &at) { return .refused(fault) }
        parseMethod(bytes, from: &at)
        guard at < bytes.count else { return .incomplete }
        guard bytes[at] == ByteClass.space, !methodRange.isEmpty else {
            return .refused(faultInLine(bytes[at]))
        }
        at &+= 1
        let targetStart = at
        at = grammar.endOfTarget(bytes, from: at)
        targetRange = ByteRange(targetStart, at)
        if targetRange.count > limits.targetBytes { return .refused(.targetTooLong) }
        guard at < bytes.count else { return .incomplete }
        guard bytes[at] == ByteClass.space, !targetRange.isEmpty else {
            let isFragment = bytes[at] == UInt8(ascii: "#")
            return .refused(isFragment ? .badTarget : faultInLine(bytes[at]))
        }
        at &+= 1
        if let fault = parseVersion(bytes, from: &at) { return .refused(fault) }
        guard at < bytes.count else { return .incomplete }
        if method == .connect { return .refused(.connectNotSupported) }
        return classifyTarget(bytes).map { .refused($0) } ?? .complete(at)
    }

    private func skipEmptyLines(
        _ bytes: Span<UInt8>, from at: inout Int
    ) -> RequestFault? {
        while at < bytes.count, bytes[at] == ByteClass.carriageReturn {
            guard at < 2 &* mostEmptyLines else { return .badRequestLine }
            guard at &+ 1 < bytes.count else {
                at = bytes.count
                return nil
            }
            guard bytes[at &+ 1] == ByteClass.lineFeed else {
                return .field(.bareCarriageReturn)
            }
            at &+= 2
        }
        return nil
    }

    private mutating func parseMethod(_ bytes: Span<UInt8>, from at: inout Int) {
        let start = at
        let stop = min(bytes.count, start &+ mostMethodBytes)
        var word: UInt64 = 0
        while at < stop, ByteClass.isToken(bytes[at]) {
            word = word &<< 8 | UInt64(bytes[at])
            at &+= 1
        }
        methodRange = ByteRange(start, at)
        method = methodRange.count < 8 ? Method(rawValue: word) ?? .other : .other
    }

    /// Reads `HTTP/1.1 CRLF`; `at` stops at their end when bytes are missing.
    private mutating func parseVersion(
        _ bytes: Span<UInt8>, from at: inout Int
    ) -> RequestFault? {
        let start = at
        at &+= HTTPVersion.lengthOfUsual(bytes, at: start)
        while at < bytes.count, at &- start < 8 {
            guard Self.isVersion(bytes[at], at: at &- start) else { return faultInLine(bytes[at]) }
            at &+= 1
        }
        guard at < bytes.count else { return nil }
        guard bytes[at] == ByteClass.carriageReturn else { return faultInLine(bytes[at]) }
        at &+= 1
        guard at < bytes.count else { return nil }
        guard bytes[at] == ByteClass.lineFeed else { return .field(.bareCarriageReturn) }
        at &+= 1
        guard let known = HTTPVersion(major: bytes[start &+ 5], minor: bytes[start &+ 7]) else {
            return .unsupportedVersion
        }
        version = known
        return nil
    }

    /// Whether a byte may stand at an offset of `HTTP/d.d`.
    private static func isVersion(_ byte: UInt8, at offset: Int) -> Bool {
        switch offset {
        case 0: byte == UInt8(ascii: "H")
        case 1, 2: byte == UInt8(ascii: "T")
        case 3: byte == UInt8(ascii: "P")
        case 4: byte == ByteClass.slash
        case 6: byte == UInt8(ascii: ".")
        default: ByteClass.isDigit(byte)
        }
    }

    private func faultInLine(_ byte: UInt8) -> RequestFault {
        byte == ByteClass.lineFeed ? .field(.bareLineFeed) : .badRequestLine
    }

    /// Tells the target's form, and finds path and authority in it.
    private mutating func classifyTarget(_ bytes: Span<UInt8>) -> RequestFault? {
        let target = targetRange
        form = .origin
        pathRange = target
        if bytes[target.start] == ByteClass.slash { return nil }
        if bytes[target.start] == UInt8(ascii: "*"), target.count == 1, method == .options {
            form = .asterisk
            return nil
        }
        form = .absolute
        guard let start = Authority.start(bytes, inAbsolute: target) else { return .badTarget }
        var end = start
        while end < target.end, !Authority.ends(at: bytes[end]) { end &+= 1 }
        hostRange = ByteRange(start, end)
        pathRange = ByteRange(end, target.end)
        return Authority.isValid(bytes, hostRange, grammar) ? nil : .badTarget
    }
}
