extension ResponseHead {
    enum LineProgress {
        case incomplete
        /// The offset behind the line.
        case complete(Int)
        case refused(ResponseFault)
    }

    /// Reads `version SP status [SP [reason]] CRLF` (RFC 9112, 4).
    /// The space before an empty reason may be missing: many servers leave it out, and it is
    /// written when the line is passed on.
    mutating func parseStatusLine(_ bytes: Span<UInt8>) -> LineProgress {
        var at = HTTPVersion.lengthOfUsual(bytes, at: 0)
        while at < bytes.count, at < 12 {
            guard Self.isStatusLine(bytes[at], at: at) else { return .refused(.badStatusLine) }
            at &+= 1
        }
        guard at < bytes.count else { return .incomplete }
        guard let known = HTTPVersion(major: bytes[5], minor: bytes[7]) else {
            return .refused(.unsupportedVersion)
        }
        version = known
        status =
            Int(bytes[9] &- 0x30) &* 100 &+ Int(bytes[10] &- 0x30) &* 10 &+ Int(bytes[11] &- 0x30)
        guard status >= 100 else { return .refused(.badStatusLine) }
        if bytes[at] == ByteClass.space {
            at &+= 1
        } else if bytes[at] != ByteClass.carriageReturn {
            return .refused(faultInLine(bytes[at]))
        }
        let start = at
        at = ByteScan.endOfValue(bytes, from: at)
        reasonRange = ByteRange(start, at)
        guard at < bytes.count else { return .incomplete }
        guard bytes[at] == ByteClass.carriageReturn else {
            return .refused(faultInLine(bytes[at]))
        }
        guard at &+ 1 < bytes.count else { return .incomplete }
        guard bytes[at &+ 1] == ByteClass.lineFeed else {
            return .refused(.field(.bareCarriageReturn))
        }
        return .complete(at &+ 2)
    }

    private func faultInLine(_ byte: UInt8) -> ResponseFault {
        byte == ByteClass.lineFeed ? .field(.bareLineFeed) : .badStatusLine
    }

    /// Whether a byte may stand at an offset of `HTTP/d.d ddd`.
    private static func isStatusLine(_ byte: UInt8, at offset: Int) -> Bool {
        switch offset {
        case 0: byte == UInt8(ascii: "H")
        case 1, 2: byte == UInt8(ascii: "T")
        case 3: byte == UInt8(ascii: "P")
        case 4: byte == ByteClass.slash
        case 6: byte == UInt8(ascii: ".")
        case 8: byte == ByteClass.space
        default: ByteClass.isDigit(byte)
        }
    }
}
