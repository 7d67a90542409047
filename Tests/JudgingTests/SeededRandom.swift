/// Random numbers that are the same for the same seed (SplitMix64), and draws from them.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// 0 to below 1.
    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

    /// How many of so many tries succeed: by the gaps between successes, so that it costs as
    /// many draws as there are successes.
    mutating func binomial(_ tries: Int, _ chance: Double) -> Int {
        if tries <= 0 || chance <= 0 { return 0 }
        if chance >= 1 { return tries }
        if chance > 0.5 { return tries - binomial(tries, 1 - chance) }
        if tries < 12 {
            var found = 0
            for _ in 0..<tries where unit() < chance { found += 1 }
            return found
        }
        // By inversion: the chance of 0, then each from the one before.
        if Double(tries) * chance > 60 {
            return binomial(tries / 2, chance) + binomial(tries - tries / 2, chance)
        }
        let odds = chance / (1 - chance)
        var term = power(1 - chance, tries)
        var rest = unit()
        var found = 0
        while rest > term, found < tries {
            rest -= term
            found += 1
            term *= odds * Double(tries - found + 1) / Double(found)
        }
        return found
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var square = base
        var left = exponent
        while left > 0 {
            if left & 1 == 1 { result *= square }
            square *= square
            left >>= 1
        }
        return result
    }
}
