internal import CLinux

/// A moment of the monotonic clock, in nanoseconds (clock_gettime(2), CLOCK_MONOTONIC).
package struct Instant: Comparable, Hashable, Sendable {
    /// Since a moment that the system chose, the same for all instants of a machine's run.
    package let nanoseconds: Int64

    @inline(__always)
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Reads the clock; about 25 ns, no system call.
    package static func now() -> Instant { Instant(nanoseconds: sluice_monotonic()) }

    /// Later than any other.
    @inline(__always)
    package static var never: Instant { Instant(nanoseconds: .max) }

    /// Orders moments by time.
    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Nanoseconds since `earlier`; 0 when that is not earlier.
    package func since(_ earlier: Instant) -> UInt64 {
        UInt64(max(0, nanoseconds - earlier.nanoseconds))
    }

    /// The moment so many milliseconds later, or earlier when the number is negative.
    package func advanced(byMilliseconds milliseconds: Int) -> Instant {
        Instant(nanoseconds: nanoseconds &+ Int64(milliseconds) &* 1_000_000)
    }
}

/// The wall clock, for what people and other programs read.
package enum WallClock {
    /// Nanoseconds since 1970 (CLOCK_REALTIME).
    package static func nanoseconds() -> Int64 { sluice_wall_clock() }
}
