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
        var first: UInt128 = 0
        var second: UInt128 = 0
        for offset in 0..<count {
            let byte = bytes[range.start &+ offset]
            guard Self.isPart(byte) else { return }
            if offset < 16 {
                first = first &<< 8 | UInt128(byte)
            } else {
                second = second &<< 8 | UInt128(byte)
            }
        }
        high = count < 16 ? first &<< UInt128(8 &* (16 &- count)) : first
        // Shifted by all of its width, a number would stay what it is.
        low = count > 16 ? second &<< UInt128(8 &* (32 &- count)) : 0
    }

    /// Whether there is none.
    package var isEmpty: Bool { high == 0 }

    @inline(__always)
    private static func isPart(_ byte: UInt8) -> Bool {
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return ByteClass.isDigit(byte) || letter < 26 || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    }
}
