internal import CLinux

/// The system's own random numbers (getrandom(2)).
package enum SystemRandom {
    /// 64 bits that nobody can guess.
    package static func bits() -> UInt64 {
        var bits: UInt64 = 0
        let count = unsafe sluice_random(&bits, MemoryLayout<UInt64>.size)
        precondition(count == MemoryLayout<UInt64>.size, "the system has no random numbers")
        return bits
    }
}
