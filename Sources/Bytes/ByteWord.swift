/// Eight bytes of text as a number, the first one lowest, and what is asked of all eight at once.
package enum ByteWord {
    /// Letters in lower case.
    @inlinable
    @inline(__always)
    package static func lowered(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // Sums of two numbers below 0x80 carry nothing into the next byte.
        let low = word & (ones &* 0x7f)
        let upper = (low &+ ones &* 0x3f) & ~(low &+ ones &* 0x25) & ~word & (ones &* 0x80)
        return word | upper &>> 2
    }

    /// The highest bit of each byte that is neither a letter nor a hyphen.
    @inlinable
    @inline(__always)
    package static func strays(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let low = ones &* 0x7f
        let lowered = (word | ones &* 0x20) & low
        let letters = (lowered &+ ones &* 0x1f) & ~(lowered &+ ones &* 0x05)
        let distance = word ^ (ones &* 0x2d)
        let hyphens = ~((distance & low) &+ low | distance)
        return ~(letters & ~word | hyphens) & (ones &* 0x80)
    }

    /// The highest bit of each byte that is below 0x20 or 0x7f. Only the lowest bit that is set
    /// is certain: a borrow may set those above it.
    @inlinable
    @inline(__always)
    package static func controls(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let low = (word &- ones &* 0x20) & ~word
        let delete = word ^ (ones &* 0x7f)
        return (low | ((delete &- ones) & ~delete)) & (ones &* 0x80)
    }
}
