/// Tells when an incomplete head is worth parsing again, so that a sender of single bytes costs
/// linear time. Kept per connection while a head is incomplete; begin each head with a new one.
package struct HeadScan: Sendable {
    /// How many bytes there were at the last parse.
    private var parsed: UInt32 = 0
    /// How many bytes were searched for the empty line.
    private var searched: UInt32 = 0

    package init() {}

    /// Whether to parse `bytes`, the head's from its first: the first time, when an empty line
    /// has arrived, at the limit, and each time the bytes have doubled, which bounds how late a
    /// fault is found.
    package mutating func isWorthParsing(_ bytes: Span<UInt8>, limits: HeadLimits) -> Bool {
        let count = UInt32(truncatingIfNeeded: bytes.count)
        let isDue = count >= 2 &* parsed || bytes.count >= limits.headBytes
        guard isDue || hasEmptyLine(bytes) else {
            searched = count
            return false
        }
        parsed = count
        searched = count
        return true
    }

    /// Whether a line feed after a line feed (a carriage return between them apart) ends in the
    /// bytes that were not searched yet.
    private func hasEmptyLine(_ bytes: Span<UInt8>) -> Bool {
        for index in max(2, Int(searched))..<max(2, bytes.count)
        where bytes[index] == ByteClass.lineFeed {
            let before = bytes[index &- 1] == ByteClass.carriageReturn ? index &- 2 : index &- 1
            if bytes[before] == ByteClass.lineFeed { return true }
        }
        return false
    }
}
