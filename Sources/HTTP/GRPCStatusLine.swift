/// The field that tells how a call of gRPC has ended, in its trailers or its only head.
package enum GRPCStatusLine {
    /// The status that a line tells; nil where it tells something else. What is no number, or a
    /// long one, is the highest one: none that gRPC knows.
    package static func status(_ bytes: Span<UInt8>, _ from: Int, _ to: Int) -> Int16? {
        // `grpc-status:` in two words, in lower case.
        let (head, tail): (UInt64, UInt32) = (0x6772_7063_2d73_7461, 0x7475_733a)
        guard to &- from > 12 else { return nil }
        var word: UInt128 = 0
        for at in from..<from &+ 12 { word = word &<< 8 | UInt128(bytes[at] | 0x20) }
        guard word == UInt128(head) &<< 32 | UInt128(tail) else { return nil }
        var (status, digits) = (0, 0)
        for at in from &+ 12..<to {
            let byte = bytes[at]
            if ByteClass.isBlank(byte) || byte == ByteClass.carriageReturn
                || byte == ByteClass.lineFeed
            {
                continue
            }
            guard 0x30...0x39 ~= byte, digits < 4 else { return .max }
            status = status &* 10 &+ Int(byte) &- 0x30
            digits &+= 1
        }
        return digits > 0 ? Int16(status) : .max
    }
}
