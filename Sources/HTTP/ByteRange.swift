/// A range of offsets `[start, end)` into the bytes of a message.
package struct ByteRange: Equatable, Sendable {
    /// The offset of the first byte.
    package var start: Int
    /// The offset behind the last byte.
    package var end: Int

    package init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = end
    }

    /// A range without bytes.
    package static var empty: ByteRange { ByteRange(0, 0) }

    /// How many bytes there are.
    package var count: Int { end &- start }

    /// Whether there are no bytes.
    package var isEmpty: Bool { start == end }
}
