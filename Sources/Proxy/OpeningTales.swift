package import Kernel

/// What a worker has told of openings that failed: a scanner must not fill the log.
package struct OpeningTales: Sendable {
    private struct Key: Hashable {
        let place: OpeningPlace
        let fault: OpeningFault
    }

    private struct Tale {
        let quietUntil: Instant
        var untold = 0
    }

    /// There are few places and few kinds, whatever clients do.
    private var tales: [Key: Tale] = [:]

    package init() {}

    /// How many of such a fault were not told of before it; nil: neither is this one.
    package mutating func untold(
        before fault: OpeningFault, at place: OpeningPlace, now: Instant
    ) -> Int? {
        let key = Key(place: place, fault: fault)
        if let quietUntil = tales[key]?.quietUntil, now < quietUntil {
            tales[key]?.untold += 1
            return nil
        }
        let untold = tales[key]?.untold ?? 0
        let end = now.advanced(byMilliseconds: Limits.openingPauseMilliseconds)
        tales[key] = Tale(quietUntil: end)
        return untold
    }
}
