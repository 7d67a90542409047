/// A small, seeded source of random numbers for choices that need speed, not secrecy.
///
/// One addition and one mix per number (SplitMix64); never use it where an attacker may guess.
package struct FastRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts the sequence that belongs to `seed`; any value will do.
    package init(seed: UInt64) {
        state = seed
    }

    /// The next 64 random bits.
    package mutating func next() -> UInt64 {
        state &+= goldenStride
        return mixed(state)
    }
}
