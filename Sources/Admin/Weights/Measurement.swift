internal import Kernel
package import Settings
package import Telemetry

/// How requests were routed since the weights of each split changed.
package struct Measurement: Sendable {
    /// What was counted for one split.
    package struct Share: Sendable, Equatable {
        /// In milliseconds since 1970.
        package let sinceMilliseconds: Int64
        /// One count for each member, in its order, for each kind of choice.
        package let choices: [ChoiceKind: [Int]]

        /// What the weights have chosen, by sequence or by the client's key: one count for each
        /// member. What was pinned, or shifted for want of a usable target, says nothing of them.
        package var counts: [Int] {
            zip(choices[.sequence] ?? [], choices[.sticky] ?? []).map { $0 + $1 }
        }
    }

    private struct Beginning {
        let atMilliseconds: Int64
        let counts: [ChoiceKind: [String: Int]]
    }

    private var beginnings: [String: Beginning] = [:]

    /// Measurements of nothing yet.
    package init() {}

    /// Forgets what was counted for a split so far.
    package mutating func begin(
        _ split: SplitSettings, _ counters: WorkerCounters, _ registry: Registry
    ) {
        let counts = ChoiceKind.allCases.map { kind in
            let members = split.members.map { member in
                (member, Self.count(split.name, member, by: kind, counters, registry))
            }
            return (kind, Dictionary(members) { first, _ in first })
        }
        beginnings[split.name] = Beginning(
            atMilliseconds: WallClock.nanoseconds() / 1_000_000,
            counts: Dictionary(uniqueKeysWithValues: counts))
    }

    /// What was counted since.
    package func share(
        of split: SplitSettings, _ counters: WorkerCounters, _ registry: Registry
    ) -> Share {
        let beginning = beginnings[split.name]
        let choices = ChoiceKind.allCases.map { kind in
            let counts = split.members.map { member in
                let count = Self.count(split.name, member, by: kind, counters, registry)
                return max(0, count - (beginning?.counts[kind]?[member] ?? 0))
            }
            return (kind, counts)
        }
        return Share(
            sinceMilliseconds: beginning?.atMilliseconds ?? 0,
            choices: Dictionary(uniqueKeysWithValues: choices))
    }

    private static func count(
        _ split: String, _ member: String, by kind: ChoiceKind, _ counters: WorkerCounters,
        _ registry: Registry
    ) -> Int {
        registry.knownLane(split: split, upstream: member).map {
            counters.routedCount(lane: $0, by: kind)
        } ?? 0
    }
}
