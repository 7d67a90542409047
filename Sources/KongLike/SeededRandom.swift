/// SplitMix64: the same numbers for the same seed.
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        let nanoseconds = Int64.random(
            in: range.lowerBound.nanoseconds...range.upperBound.nanoseconds, using: &self)
        return .nanoseconds(nanoseconds)
    }

    /// As a version 4 UUID is written.
    mutating func identifier() -> String {
        var digits = Array(hex(next()) + hex(next()))
        digits[12] = "4"
        digits[16] = "a"
        for place in [8, 13, 18, 23] { digits.insert("-", at: place) }
        return String(digits)
    }

    /// As `X-Kong-Request-Id` is written: 32 digits.
    mutating func requestID() -> String { hex(next()) + hex(next()) }

    private func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Duration {
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }

    var milliseconds: Int { Int(nanoseconds / 1_000_000) }
}
