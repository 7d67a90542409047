/// A range of offsets `[start, end)` into the bytes of a message.
package struct ByteRange: Equatable, Sendable {
    package var start: Int
    package var end: Int

    package init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = end
    }

    /// A range without bytes.
    package static var empty: ByteRange { ByteRange(0, 0) }

    package var count: Int { end &- start }

    package var isEmpty: Bool { start == end }
}
