/// The text of a version, such as `3.4.1` or `3.4.1.0-enterprise-edition`, in 32 bytes: the first
/// one highest, zeros behind the last one. All zeros: none.
package struct KongVersionText: Equatable, Sendable {
    /// The first and the second 16 bytes.
    package private(set) var high: UInt128 = 0
    package private(set) var low: UInt128 = 0

    /// None.
    package init() {}

    /// A digit, then letters, digits, `.`, `-` and `+`, at most 32 in all: anything else is none,
    /// since it becomes a label, and who sends it may be anybody.
    init(_ bytes: Span<UInt8>, _ range: ByteRange) {
        let count = range.count
        guard count > 0, count <= 32, ByteClass.isDigit(bytes[range.start]) else { return }
        guard let first = Self.word(bytes, range, 0), let second = Self.word(bytes, range, 8),
            let third = Self.word(bytes, range, 16), let fourth = Self.word(bytes, range, 24)
        else { return }
        high = UInt128(first) &<< 64 | UInt128(second)
        low = UInt128(third) &<< 64 | UInt128(fourth)
    }

    /// Eight bytes from an offset on, zeros behind the end; nil if one of them cannot be a part.
    /// Numbers of 64 bits are shifted much faster than those of 128.
    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, _ range: ByteRange, _ offset: Int) -> UInt64? {
        let start = range.start &+ offset
        let count = min(8, range.end &- start)
        if count <= 0 { return 0 }
        var word: UInt64 = 0
        for index in start..<start &+ count {
            let byte = bytes[index]
            guard isPart(byte) else { return nil }
            word = word &<< 8 | UInt64(byte)
        }
        return word &<< UInt64(8 &* (8 &- count))
    }

    /// Whether there is none.
    package var isEmpty: Bool { high == 0 }

    @inline(__always)
    private static func isPart(_ byte: UInt8) -> Bool {
        if ByteClass.isDigit(byte) || byte == UInt8(ascii: ".") { return true }
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    }
}
