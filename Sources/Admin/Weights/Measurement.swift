internal import Kernel
package import Settings
package import Telemetry

/// How requests were routed by sequence since the weights of each split changed.
package struct Measurement: Sendable {
    /// What was counted for one split.
    package struct Share: Sendable, Equatable {
        /// In milliseconds since 1970.
        package let sinceMilliseconds: Int64
        /// One count for each member, in its order.
        package let counts: [Int]
    }

    private struct Beginning {
        let atMilliseconds: Int64
        let counts: [String: Int]
    }

    private var beginnings: [String: Beginning] = [:]

    /// Measurements of nothing yet.
    package init() {}

    /// Forgets what was counted for a split so far.
    package mutating func begin(
        _ split: SplitSettings, _ counters: WorkerCounters, _ registry: Registry
    ) {
        let counts = split.members.map { member in
            (member, Self.count(split.name, member, counters, registry))
        }
        beginnings[split.name] = Beginning(
            atMilliseconds: WallClock.nanoseconds() / 1_000_000,
            counts: Dictionary(counts) { first, _ in first })
    }

    /// What was counted since.
    package func share(
        of split: SplitSettings, _ counters: WorkerCounters, _ registry: Registry
    ) -> Share {
        let beginning = beginnings[split.name]
        return Share(
            sinceMilliseconds: beginning?.atMilliseconds ?? 0,
            counts: split.members.map { member in
                let count = Self.count(split.name, member, counters, registry)
                return max(0, count - (beginning?.counts[member] ?? 0))
            })
    }

    private static func count(
        _ split: String, _ member: String, _ counters: WorkerCounters, _ registry: Registry
    ) -> Int {
        registry.knownLane(split: split, upstream: member).map {
            counters.routedCount(lane: $0, by: .sequence)
        } ?? 0
    }
}
