internal import Addressing
internal import Judging
internal import Splitting
import Yams

/// Plans that are well written and can never end, or test less than they seem to. A plan that has
/// started is not looked at like this: it goes on.
extension SettingsDocument {
    /// No proxy ends more exchanges in a second.
    private static let mostPerSecond = 100_000.0
    /// More exchanges than anybody waits for.
    private static let mostExchanges = 100_000_000

    mutating func checkPlanSense(
        _ fields: [String: Field], _ plan: RolloutPlan, _ snapshot: Snapshot?
    ) {
        checkCounts(fields, plan)
        checkRequirement(fields["require"], plan)
        guard let snapshot, !plan.splits.isEmpty else { return }
        checkPlanTraffic(fields, plan.splits, snapshot)
        if case .sequence(let nodes) = fields["splits"]?.value {
            for node in nodes {
                guard let name = node.scalar?.string else { continue }
                checkTraffic(of: name, snapshot, at: node)
            }
        }
    }

    /// The keys of a mapping.
    func parts(of field: Field?) -> [Field] {
        guard case .mapping(let mapping) = field?.value else { return [] }
        return mapping.compactMap { key, value in
            key.scalar.map { Field(name: $0.string, key: key, value: value) }
        }
    }

    private func part(_ name: String, of field: Field?) -> Field? {
        parts(of: field).first { $0.name == name }
    }

    private mutating func checkCounts(_ fields: [String: Field], _ plan: RolloutPlan) {
        if case .sequence(let nodes) = fields["steps"]?.value {
            for (node, step) in zip(nodes, plan.steps) where step.minRequests > Self.mostExchanges {
                faults.add(
                    "`min_requests` is \(step.minRequests), and the step would never end; "
                        + "expected at most \(Self.mostExchanges)", at: node)
            }
        }
        let share = part("error_share", of: fields["guards"])
        if let limit = plan.guards.errorShare {
            checkWindow(share, limit.fewest, limit.overSeconds)
            if limit.above >= 1, let above = part("above", of: share) {
                faults.add(
                    "`above` is 100%, and no share of failures is above that; expected a "
                        + "percentage below 100%", at: above.value)
            }
        }
        if let limit = plan.guards.latency {
            checkWindow(
                part("latency", of: fields["guards"]), limit.fewest, limit.overSeconds)
        }
    }

    /// A guard that never knows enough lets no step end.
    private mutating func checkWindow(_ guarding: Field?, _ fewest: Int, _ seconds: Double) {
        let most = Int(seconds * Self.mostPerSecond)
        guard fewest > most, let field = part("min_requests", of: guarding) else { return }
        faults.add(
            "`min_requests` is \(fewest), and so many do not end in \(Int(seconds)) s: the guard "
                + "would never know anything, and no step end; expected at most \(most)",
            at: field.value)
    }

    private mutating func checkRequirement(_ field: Field?, _ plan: RolloutPlan) {
        if let limit = plan.requirement.errorShareBelow,
            let place = part("error_share_below", of: field)
        {
            let left = Confidence.exchangesLeft(failures: 0, of: 0, below: limit) ?? .max
            if left > Self.mostExchanges {
                faults.add(
                    "`error_share_below` asks for more than \(Self.mostExchanges) exchanges "
                        + "without a failure, and no step would end; expected at least 0.00001%",
                    at: place.value)
            }
        }
        guard let place = part("at_most_worse", of: field) else { return }
        if !plan.steps.isEmpty, plan.steps.allSatisfy({ $0.weight.hundredths >= 10_000 }) {
            faults.add(
                "`at_most_worse` can never be sure: the only step has 100 %, where there is "
                    + "nothing to compare with; expected a step below that, or no `at_most_worse`",
                at: place.key)
        } else {
            faults.warn(
                "`at_most_worse` is refuted by failures of the stable side alone: where nothing "
                    + "fails there no step ends", at: place.key)
        }
    }

    /// Whether anything comes to the split, and both sides may get it.
    private mutating func checkTraffic(of name: String, _ snapshot: Snapshot, at node: Node) {
        guard let split = snapshot.split(named: name) else { return }
        if !snapshot.listeners.isEmpty, snapshot.listeners(of: name).isEmpty {
            faults.add(
                "no listener uses the split \(quoted(name)), and nothing would be tested; expected "
                    + "a split that a listener or one of its routes names", at: node)
        }
        guard let pin = split.pins.first(where: \.takesAll) else { return }
        faults.add(
            "a pin of the split \(quoted(name)) sends every request to \(quoted(pin.upstream)), "
                + "and no weight changes anything; expected pins for some requests", at: node)
    }
}

extension PinSettings {
    /// Whether every request meets it.
    fileprivate var takesAll: Bool {
        when.exceptions.isEmpty
            && when.conditions.allSatisfy { condition in
                switch condition {
                case .pathPrefix(let prefixes): prefixes.contains("/")
                case .client(let ranges): ranges.contains { $0.prefix == 0 }
                case .header, .cookie, .query, .method, .host, .serverName: false
                }
            }
    }
}
