/// The first two segments of a request's path: where evidence of a broken route is looked for.
///
/// A segment that looks like the id of something (a number, or long with a digit in it) counts as
/// `*`, so that the orders of all customers are one prefix.
package struct PathPrefix: Sendable {
    private static let longestSegment = 48

    /// Tells prefixes apart; never 0.
    package let hash: UInt64
    private let first: ByteRange
    private let second: ByteRange

    /// Of a path, a query behind it or not. What is no path, such as `*`, is one segment.
    package init(_ bytes: Span<UInt8>, _ path: ByteRange) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var at = path.start
        let slash = UInt8(ascii: "/")
        if at < path.end, bytes[at] == slash { at &+= 1 }
        first = Self.segment(bytes, at, path.end, &hash)
        let isNext =
            first.end &+ 1 < path.end && bytes[first.end] == slash
            && bytes[first.end &+ 1] != UInt8(ascii: "?")
        second =
            isNext
            ? Self.segment(bytes, first.end &+ 1, path.end, &hash) : ByteRange(first.end, first.end)
        self.hash = hash | 1
    }

    /// As people read it: `/orders/*`.
    package func text(_ bytes: Span<UInt8>) -> String {
        var text: [UInt8] = []
        for range in second.isEmpty ? [first] : [first, second] {
            text.append(UInt8(ascii: "/"))
            if Self.isID(bytes, range) {
                text.append(UInt8(ascii: "*"))
            } else {
                for at in range.start..<range.end { text.append(bytes[at]) }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    @inline(__always)
    private static func segment(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ hash: inout UInt64
    ) -> ByteRange {
        let before = hash
        var at = start
        var hasDigit: UInt8 = 0
        var hasOther: UInt8 = 0
        hash = (hash ^ UInt64(UInt8(ascii: "/"))) &* 0x0000_0100_0000_01b3
        while at < end {
            let byte = bytes[at]
            if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") { break }
            let isDigit: UInt8 = byte &- 0x30 < 10 ? 1 : 0
            hasDigit |= isDigit
            hasOther |= isDigit ^ 1
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            at &+= 1
        }
        let range = ByteRange(start, at)
        if isID(range.count, hasDigit: hasDigit == 1, hasOther: hasOther == 1) {
            hash = (before ^ 0x2f2a) &* 0x0000_0100_0000_01b3
        }
        return range
    }

    private static func isID(_ bytes: Span<UInt8>, _ range: ByteRange) -> Bool {
        var hasDigit = false
        var hasOther = false
        for at in range.start..<range.end {
            let isDigit = bytes[at] &- 0x30 < 10
            hasDigit = hasDigit || isDigit
            hasOther = hasOther || !isDigit
        }
        return isID(range.count, hasDigit: hasDigit, hasOther: hasOther)
    }

    @inline(__always)
    private static func isID(_ count: Int, hasDigit: Bool, hasOther: Bool) -> Bool {
        count > longestSegment || hasDigit && (!hasOther || count >= 16)
    }
}
