import Foundation
import Kernel

/// Random numbers that a seed repeats (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

extension SeededRandom {
    /// The seed of a search, which is printed so that a failure can be repeated: with `SLUICE_SEED`
    /// set to it, it comes again. The same one each time, so that a change is judged by itself;
    /// `SLUICE_SEED=any` looks where nobody has looked yet.
    static func announcedSeed(_ what: String) -> UInt64 {
        let seed = wanted ?? (wish == "any" ? UInt64(bitPattern: WallClock.nanoseconds()) : 1)
        print("\(what): seed \(seed)")
        return seed
    }

    static var isRepeating: Bool { wanted != nil }

    private static var wish: String? { ProcessInfo.processInfo.environment["SLUICE_SEED"] }
    private static var wanted: UInt64? { wish.flatMap { UInt64($0) } }
}
