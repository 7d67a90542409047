/// SipHash-2-4 with an answer of 64 bits (Aumasson and Bernstein, 2012): whoever does not know the
/// key can neither tell nor choose what a text hashes to.
package struct SipHash: Sendable {
    private var state0: UInt64
    private var state1: UInt64
    private var state2: UInt64
    private var state3: UInt64

    /// The hash of no words yet; the key as two words, its first byte lowest in `low`.
    package init(low: UInt64, high: UInt64) {
        state0 = low ^ 0x736f_6d65_7073_6575
        state1 = high ^ 0x646f_7261_6e64_6f6d
        state2 = low ^ 0x6c79_6765_6e65_7261
        state3 = high ^ 0x7465_6462_7974_6573
    }

    /// The hash of the bytes `[start, end)`.
    package static func hash(
        low: UInt64, high: UInt64, _ bytes: Span<UInt8>, from start: Int, to end: Int
    ) -> UInt64 {
        precondition(start >= 0 && start <= end && end <= bytes.count, "not within the bytes")
        var hash = SipHash(low: low, high: high)
        var at = start
        while end &- at >= 8 {
            hash.add(word(bytes, from: at, count: 8))
            at &+= 8
        }
        return hash.finished(with: word(bytes, from: at, count: end &- at), count: end &- start)
    }

    /// Takes in eight bytes, the first one lowest.
    package mutating func add(_ word: UInt64) {
        state3 ^= word
        turn()
        turn()
        state0 ^= word
    }

    /// The hash, given the bytes behind the last whole word (seven at most, the first one lowest)
    /// and how many bytes there were in all.
    package consuming func finished(with rest: UInt64, count: Int) -> UInt64 {
        var hash = self
        hash.add(UInt64(truncatingIfNeeded: count) &<< 56 | rest)
        hash.state2 ^= 0xff
        for _ in 0..<4 { hash.turn() }
        return hash.state0 ^ hash.state1 ^ hash.state2 ^ hash.state3
    }

    private static func word(_ bytes: Span<UInt8>, from start: Int, count: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = count
        while index > 0 {
            index &-= 1
            word = word &<< 8 | UInt64(bytes[start &+ index])
        }
        return word
    }

    private mutating func turn() {
        state0 &+= state1
        state1 = rotated(state1, by: 13) ^ state0
        state0 = rotated(state0, by: 32)
        state2 &+= state3
        state3 = rotated(state3, by: 16) ^ state2
        state0 &+= state3
        state3 = rotated(state3, by: 21) ^ state0
        state2 &+= state1
        state1 = rotated(state1, by: 17) ^ state2
        state2 = rotated(state2, by: 32)
    }
}

private func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 {
    word &<< bits | word &>> (64 &- bits)
}
