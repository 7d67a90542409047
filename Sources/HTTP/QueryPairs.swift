/// Walks through the parameters of a query: `name=value` between `&`, as they were sent. One
/// without `=` has an empty value.
struct QueryPairs {
    private var at: Int
    private let end: Int

    /// `path` is path and query, which begins behind the first `?`.
    init(of path: ByteRange, _ bytes: Span<UInt8>) {
        at = min(RequestHead.endOfPath(path, bytes) &+ 1, path.end)
        end = path.end
    }

    /// The next one that has a name, nil behind the last one.
    mutating func next(_ bytes: Span<UInt8>) -> (name: ByteRange, value: ByteRange)? {
        while at < end {
            let start = at
            while at < end, bytes[at] != UInt8(ascii: "&") { at &+= 1 }
            let stop = at
            at &+= 1
            var equals = start
            while equals < stop, bytes[equals] != UInt8(ascii: "=") { equals &+= 1 }
            guard equals > start else { continue }
            return (ByteRange(start, equals), ByteRange(min(equals &+ 1, stop), stop))
        }
        return nil
    }

    /// Whether a piece of a query means a text: `+` is a space, `%xx` a byte.
    static func means(
        _ bytes: Span<UInt8>, _ range: ByteRange, _ text: Span<UInt8>, _ wanted: ByteRange
    ) -> Bool {
        var at = range.start
        var expected = wanted.start
        while at < range.end {
            guard expected < wanted.end else { return false }
            var byte = bytes[at]
            at &+= 1
            if byte == UInt8(ascii: "+") {
                byte = ByteClass.space
            } else if byte == UInt8(ascii: "%"), range.end &- at >= 2,
                let high = ByteClass.hexadecimal(bytes[at]),
                let low = ByteClass.hexadecimal(bytes[at &+ 1])
            {
                byte = high &<< 4 | low
                at &+= 2
            }
            guard byte == text[expected] else { return false }
            expected &+= 1
        }
        return expected == wanted.end
    }
}
