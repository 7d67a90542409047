/// What only a log asks of a head.
extension RequestHead {
    /// Where the values of User-Agent and Referer stand, the first of each; empty for none.
    package func agentAndReferer(
        _ bytes: Span<UInt8>
    ) -> (agent: ByteRange, referer: ByteRange) {
        var agent = ByteRange.empty
        var referer = ByteRange.empty
        for index in 0..<fields.count {
            let line = fields[index]
            switch line.name.count {
            case 10 where agent.isEmpty && Self.word(bytes, line.name) == Self.userAgent:
                agent = line.value
            case 7 where referer.isEmpty && Self.word(bytes, line.name) == Self.referer:
                referer = line.value
            default:
                continue
            }
        }
        return (agent, referer)
    }

    /// The method and the target that a request seems to have that was refused. Where no request
    /// line begins, all of the first line counts as the target.
    package static func guessRequestLine(
        _ bytes: Span<UInt8>
    ) -> (method: ByteRange, target: ByteRange) {
        var start = 0
        while start < bytes.count, isLineEnd(bytes[start]) { start &+= 1 }
        var at = start
        while at < bytes.count, at &- start < mostMethodBytes, ByteClass.isToken(bytes[at]) {
            at &+= 1
        }
        guard at > start, at < bytes.count, bytes[at] == ByteClass.space else {
            while at < bytes.count, !isLineEnd(bytes[at]) { at &+= 1 }
            return (.empty, ByteRange(start, at))
        }
        let method = ByteRange(start, at)
        at &+= 1
        start = at
        while at < bytes.count, bytes[at] != ByteClass.space, !isLineEnd(bytes[at]) { at &+= 1 }
        return (method, ByteRange(start, at))
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool {
        byte == ByteClass.carriageReturn || byte == ByteClass.lineFeed
    }

    /// The names in lower case, packed into 16 bytes.
    private static var userAgent: UInt128 { 0x7573_6572_2d61_6765_6e74 }
    private static var referer: UInt128 { 0x72_6566_6572_6572 }

    private static func word(_ bytes: Span<UInt8>, _ name: ByteRange) -> UInt128 {
        var word: UInt128 = 0
        for index in name.start..<name.end { word = word &<< 8 | UInt128(bytes[index] | 0x20) }
        return word
    }
}
