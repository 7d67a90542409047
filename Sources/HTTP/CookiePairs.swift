/// Walks through the cookies of one Cookie field (RFC 6265, 4.2.1): names as they are, values
/// without the white space and the one pair of double quotes around them.
struct CookiePairs {
    private var at: Int
    private let end: Int

    init(of value: ByteRange) {
        at = value.start
        end = value.end
    }

    /// The next one that has a name, nil behind the last one.
    mutating func next(_ bytes: Span<UInt8>) -> (name: ByteRange, value: ByteRange)? {
        while at < end {
            let start = at
            while at < end, bytes[at] != UInt8(ascii: ";") { at &+= 1 }
            let stop = at
            at &+= 1
            var equals = start
            while equals < stop, bytes[equals] != UInt8(ascii: "=") { equals &+= 1 }
            let name = Self.trimmed(bytes, ByteRange(start, equals))
            guard equals < stop, !name.isEmpty else { continue }
            let value = Self.trimmed(bytes, ByteRange(equals &+ 1, stop))
            return (name, Self.unquoted(bytes, value))
        }
        return nil
    }

    private static func trimmed(_ bytes: Span<UInt8>, _ range: ByteRange) -> ByteRange {
        var (start, end) = (range.start, range.end)
        while start < end, ByteClass.isBlank(bytes[start]) { start &+= 1 }
        while end > start, ByteClass.isBlank(bytes[end &- 1]) { end &-= 1 }
        return ByteRange(start, end)
    }

    private static func unquoted(_ bytes: Span<UInt8>, _ range: ByteRange) -> ByteRange {
        let quote = UInt8(ascii: "\"")
        guard range.count >= 2, bytes[range.start] == quote, bytes[range.end &- 1] == quote else {
            return range
        }
        return ByteRange(range.start &+ 1, range.end &- 1)
    }
}
