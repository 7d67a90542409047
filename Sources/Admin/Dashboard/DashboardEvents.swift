/// What happened in the last hour, told from one look to the next: weights, targets, freezes and
/// the rollout. It asks nobody to report anything, so it cannot miss what another writer changed.
package struct DashboardEvents: Sendable {
    /// How many are kept at most, and for how long.
    package static let mostEvents = 500
    package static let keptMilliseconds: Int64 = 3_600_000

    /// One of them.
    package struct Event: Sendable, Equatable {
        /// Its number, from 0 on, and when it was seen, in milliseconds since 1970.
        package let number: Int
        package let atMilliseconds: Int64
        /// `start`, `weights`, `target`, `freeze` or `rollout`, and what belongs to it.
        package let kind: String
        package let facts: [JSONValue.Member]

        var json: JSONValue {
            .object(
                [
                    .init(name: "number", value: .number(number)),
                    .init(name: "at", value: .number(atMilliseconds)),
                    .init(name: "kind", value: .string(kind)),
                ] + facts)
        }
    }

    /// How things are at one moment.
    package struct Look: Sendable {
        /// A split's weights: the change that set them, and what they are.
        package struct Weights: Sendable {
            /// The number of the change, the weights by member, who set them, and why.
            package let generation: UInt64
            package let weights: JSONValue
            package let source: String
            package let reason: String

            package init(generation: UInt64, weights: JSONValue, source: String, reason: String) {
                self.generation = generation
                self.weights = weights
                self.source = source
                self.reason = reason
            }
        }

        /// By the names of the splits.
        package var weights: [(split: String, weights: Weights)] = []
        /// The states of the targets, by upstream and address; `drained` is one, and then the
        /// text is its reason.
        package var targets: [(upstream: String, address: String, state: String, error: String)] =
            []
        /// The modes of the freezes, `off` where there is none.
        package var freezes: [(split: String, mode: String, reason: String)] = []
        /// The rollout: its plan, state, step and reason; nil: there is none.
        package var rollout: (plan: String, state: String, step: Int, reason: String)?

        package init() {}
    }

    /// From the oldest to the newest.
    package private(set) var events: [Event] = []
    private var next = 0
    private var last: Look?

    /// Of nothing yet.
    package init() {}

    /// Sees how things are; what has changed since the last look is kept.
    package mutating func look(_ look: Look, atMilliseconds now: Int64) {
        defer { last = look }
        guard let last else { return add("start", [], now) }
        for (split, new) in look.weights {
            let old = last.weights.first { $0.split == split }?.weights
            guard let old, old.generation != new.generation, old.weights != new.weights else {
                continue
            }
            add(
                "weights",
                [
                    .init(name: "split", value: .string(split)),
                    .init(name: "from", value: old.weights), .init(name: "to", value: new.weights),
                    .init(name: "source", value: .string(new.source)),
                    .init(name: "reason", value: .string(new.reason)),
                ], now)
        }
        lookAtTargets(look, last, now)
        for (split, mode, reason) in look.freezes {
            let old = last.freezes.first { $0.split == split }?.mode ?? "off"
            if old != mode { add("freeze", Self.facts(split, old, mode, reason), now) }
        }
        for (split, mode, _) in last.freezes
        where mode != "off" && !look.freezes.contains(where: { $0.split == split }) {
            add("freeze", Self.facts(split, mode, "off", ""), now)
        }
        lookAtRollout(look, last, now)
    }

    private mutating func lookAtTargets(_ look: Look, _ last: Look, _ now: Int64) {
        for target in look.targets {
            let old = last.targets.first {
                $0.upstream == target.upstream && $0.address == target.address
            }
            // What is not known yet says nothing, and what follows on it only how it begins.
            guard let old, old.state != target.state,
                !(old.state == "unknown" && target.state == "sound")
            else { continue }
            add(
                "target",
                [
                    .init(name: "upstream", value: .string(target.upstream)),
                    .init(name: "target", value: .string(target.address)),
                    .init(name: "from", value: .string(old.state)),
                    .init(name: "to", value: .string(target.state)),
                    .init(
                        name: "reason",
                        value: .string(Self.reason(of: target.state, target.error))),
                ], now)
        }
    }

    /// What went wrong last is no reason for being well again.
    private static func reason(of state: String, _ error: String) -> String {
        ["sound", "unknown"].contains(state) ? "" : error
    }

    private mutating func lookAtRollout(_ look: Look, _ last: Look, _ now: Int64) {
        guard let new = look.rollout else { return }
        let old = last.rollout
        guard old?.plan != new.plan || old?.state != new.state || old?.step != new.step else {
            return
        }
        add(
            "rollout",
            [
                .init(name: "plan", value: .string(new.plan)),
                .init(name: "from", value: .string(old?.state ?? "none")),
                .init(name: "to", value: .string(new.state)),
                .init(name: "step", value: .number(new.step)),
                .init(name: "reason", value: .string(new.reason)),
            ], now)
    }

    private static func facts(
        _ split: String, _ from: String, _ to: String, _ reason: String
    ) -> [JSONValue.Member] {
        [
            .init(name: "split", value: .string(split)),
            .init(name: "from", value: .string(from)), .init(name: "to", value: .string(to)),
            .init(name: "reason", value: .string(reason)),
        ]
    }

    private mutating func add(_ kind: String, _ facts: [JSONValue.Member], _ now: Int64) {
        events.append(Event(number: next, atMilliseconds: now, kind: kind, facts: facts))
        next += 1
        let begin = now - Self.keptMilliseconds
        events.removeAll { $0.atMilliseconds < begin }
        if events.count > Self.mostEvents {
            events.removeFirst(events.count - Self.mostEvents)
        }
    }
}
