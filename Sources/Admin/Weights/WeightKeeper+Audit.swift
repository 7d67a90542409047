internal import Settings
internal import Splitting

/// What the audit is told of weights, when they are in force.
extension WeightKeeper {
    func writeDown(_ changes: [SplitWeights], _ plan: ChangePlan) async {
        guard let audit else { return }
        for change in changes {
            let kind: String
            if case .rollback = plan.request.wish { kind = "rollback" } else { kind = "weights" }
            await audit.append(
                AuditEvent(
                    kind, split: change.name,
                    from: Self.json(change.members, plan.before[change.name] ?? []),
                    to: Self.json(change.members, change.weights), reason: change.reason,
                    metrics: await TrafficNote.json(of: change.name, splits, plane),
                    facts: facts(change, plan.request),
                    caller: plan.request.source == .file ? .file : .current))
        }
    }

    /// What start or SIGHUP has found written in another way than it was kept.
    func writeDownStart(_ now: [SplitWeights], before: WeightsState?) async {
        guard let audit else { return }
        for set in now {
            let old = before?.split(named: set.name)
            guard old?.weights != set.weights || old?.members != set.members else { continue }
            await audit.append(
                AuditEvent(
                    "weights", split: set.name,
                    from: old.map { Self.json($0.members, $0.weights) } ?? .null,
                    to: Self.json(set.members, set.weights), reason: set.reason,
                    facts: [.init(name: "generation", value: .number(set.generation))],
                    caller: set.source == .file ? .file : .current))
        }
    }

    private func facts(_ change: SplitWeights, _ request: WeightRequest) -> [JSONValue.Member] {
        var facts: [JSONValue.Member] = [
            .init(name: "generation", value: .number(change.generation)),
            .init(name: "source", value: .string(change.source.rawValue)),
        ]
        if request.isForced { facts.append(.init(name: "forced", value: .bool(true))) }
        return facts
    }

    private static func json(_ members: [String], _ weights: [Weight]) -> JSONValue {
        .object(
            zip(members, weights).map { .init(name: $0, value: .number("\($1)")) })
    }
}
