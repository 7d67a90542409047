/// The health of one upstream's targets: verdicts, failures and the time go in, changes of state
/// come out. Nothing else decides which target is chosen for its health.
///
/// Ejection is a guess from traffic. It never takes out more than its share of the targets, and it
/// never leaves an upstream without a usable one: only checks and drain can do that.
package struct UpstreamHealth: Sendable {
    /// By what the targets are judged.
    package private(set) var rules: HealthRules
    /// The targets in use, in their order.
    package private(set) var names: [String] = []
    private var targets: [String: TargetHealth] = [:]

    /// An upstream without targets.
    package init(_ rules: HealthRules) { self.rules = rules }

    /// What is known of a target; nil for one that is not in use.
    package subscript(target: String) -> TargetHealth? { targets[target] }

    /// How a target in use stands for its health.
    package func standing(of target: String, now: Int64) -> TargetStanding? {
        targets[target].map { known in
            TargetStanding(
                health: known.state.health,
                weightPercent: known.weightPercent(rules, now: now))
        }
    }

    /// Takes on the rules and the targets in use. What is known of those that stay is kept; a
    /// target that comes back after it was gone is a new one.
    package mutating func run(
        _ next: HealthRules, targets used: [String], now: Int64
    ) -> [HealthChange] {
        let before = rules
        rules = next
        names = used
        var kept: [String: TargetHealth] = [:]
        for name in used {
            kept[name] = targets[name] ?? TargetHealth(isChecked: rules.checks != nil, now: now)
            kept[name]?.adapt(to: rules, from: before)
        }
        targets = kept
        return conclude(now) { _ in "the settings changed" }
    }

    /// Takes on which targets are drained.
    package mutating func setDrained(_ drained: Set<String>, now: Int64) -> [HealthChange] {
        for name in names { targets[name]?.isDrained = drained.contains(name) }
        return advance(to: now)
    }

    /// The checks are others now: a row of them begins anew.
    package mutating func forgetStreaks() {
        for name in names { targets[name]?.forgetStreaks() }
    }

    /// Takes on how a check of a target ended; nothing for a target that is gone.
    package mutating func take(
        _ verdict: CheckVerdict, of target: String, now: Int64
    ) -> [HealthChange] {
        guard let checks = rules.checks, targets[target] != nil else { return [] }
        targets[target]?.take(verdict, checks, now: now)
        return conclude(now) { name in
            if name == target {
                return verdict.reason
                    ?? (checks.rise == 1 ? "a check passed" : "\(checks.rise) checks passed")
            }
            return Self.isOver
        }
    }

    /// The traffic of a target failed so often in a row that it is to be ejected.
    package mutating func fail(
        _ target: String, _ reason: String, now: Int64
    ) -> [HealthChange] {
        guard targets[target] != nil else { return [] }
        targets[target]?.note(reason, now: now)
        guard let ejection = rules.ejection, mayEject(target, ejection) else { return [] }
        let duration = targets[target]?.eject(ejection, now: now) ?? 0
        return conclude(now) { _ in "\(reason); for \(Self.text(duration))" }
    }

    /// Lets the time pass.
    package mutating func advance(to now: Int64) -> [HealthChange] {
        conclude(now) { _ in Self.isOver }
    }

    /// When something changes by itself: an ejection ends, or a weight grows.
    package func nextChange(after now: Int64) -> Int64? {
        names.compactMap { targets[$0]?.nextChange(rules, after: now) }.min()
    }

    /// Whether a target is left that may be chosen without ignoring health.
    package var isUsable: Bool {
        targets.values.contains { $0.state.isUsable && !$0.isDrained }
    }

    /// Whether a target may be ejected: it is in service, not too many others are ejected, and
    /// another one is left to choose.
    private func mayEject(_ target: String, _ ejection: HealthRules.Ejection) -> Bool {
        guard let known = targets[target], known.state.isUsable, !known.isDrained else {
            return false
        }
        let ejected = targets.values.count { $0.state == .ejected }
        let hasOther = targets.contains { name, other in
            name != target && other.state.isUsable && !other.isDrained
        }
        return hasOther && ejected < ejection.most(of: targets.count)
    }

    /// Settles every target's state and tells which have become others.
    private mutating func conclude(
        _ now: Int64, _ reason: (String) -> String
    ) -> [HealthChange] {
        for name in names {
            if let until = targets[name]?.ejectedUntil, until <= now {
                targets[name]?.endEjection()
            }
        }
        var changes = settle(now, reason)
        if let relieved = targetToRelieve() {
            targets[relieved]?.endEjection()
            changes += settle(now) { _ in "no other target is usable" }
        }
        return changes
    }

    private mutating func settle(
        _ now: Int64, _ reason: (String) -> String
    ) -> [HealthChange] {
        var changes: [HealthChange] = []
        for name in names {
            guard let before = targets[name]?.settle(rules, now: now), let known = targets[name]
            else { continue }
            changes.append(
                HealthChange(
                    target: name, from: before, to: known.state, reason: reason(name)))
        }
        return changes
    }

    /// The ejected target that comes back first, when no target is usable any more.
    private func targetToRelieve() -> String? {
        if isUsable { return nil }
        return names.filter { targets[$0]?.state == .ejected && targets[$0]?.isDrained == false }
            .min { targets[$0]?.ejectedUntil ?? 0 < targets[$1]?.ejectedUntil ?? 0 }
    }

    private static let isOver = "the ejection is over"

    private static func text(_ milliseconds: Int64) -> String {
        milliseconds < 1_000 ? "\(milliseconds) ms" : "\(milliseconds / 1_000) s"
    }
}
