/// Walks through a comma-separated list (RFC 9110, 5.6.1), empty elements included.
struct ListElements {
    private var at: Int
    private let end: Int

    init(of value: ByteRange) {
        at = value.start
        end = value.end
    }

    /// The next element without the white space around it, nil behind the last one. A list
    /// without bytes has one empty element.
    mutating func next(_ bytes: Span<UInt8>) -> ByteRange? {
        guard at <= end else { return nil }
        var start = at
        while at < end, bytes[at] != ByteClass.comma { at &+= 1 }
        var stop = at
        at &+= 1
        while start < stop, ByteClass.isBlank(bytes[start]) { start &+= 1 }
        while stop > start, ByteClass.isBlank(bytes[stop &- 1]) { stop &-= 1 }
        return ByteRange(start, stop)
    }
}
