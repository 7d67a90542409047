internal import Judging
internal import Splitting
import Yams

/// Plans of rollouts.
extension SettingsDocument {
    /// The plan that the bytes describe; nil when `faults` has errors.
    mutating func readPlan(
        _ bytes: [UInt8], for snapshot: Snapshot?, acknowledgements: [String],
        afterwards: [String]
    ) -> RolloutPlan? {
        let document = YAMLDocument(bytes, emptyMeans: "splits and steps", faults: &faults)
        guard let document, let fields = fields(of: document.root, keys: .plan) else {
            return nil
        }
        let splits = readPlanSplits(
            required(
                "splits", of: fields, owner: "a plan", at: document.root,
                expected: Self.expectedSplits), for: snapshot)
        let steps = readPlanSteps(
            required(
                "steps", of: fields, owner: "a plan", at: document.root,
                expected: Self.expectedSteps))
        var plan = RolloutPlan(splits: splits ?? [], steps: steps ?? [])
        readPlanJudge(fields["judge"], into: &plan)
        readPlanGuards(fields["guards"], into: &plan, snapshot)
        readPlanActions(fields["on_breach"], into: &plan)
        readPlanRequirement(fields["require"], into: &plan)
        plan.checklist = readPlanChecklist(fields["checklist"], acknowledgements, afterwards)
        plan.smoke = list(
            fields["smoke"], of: 0...Limits.smokeRequests,
            expected: "a list of requests, such as [{path: /}]"
        ).compactMap { readSmoke($0) }
        if snapshot != nil || !afterwards.isEmpty { checkPlanSense(fields, plan, snapshot) }
        guard faults.errors.isEmpty, splits != nil, steps != nil else { return nil }
        return plan
    }

    private static let expectedSplits = "a list of splits, such as [kong]"
    private static let expectedSteps = "a list of steps, such as [{weight: 10, hold: 10m}]"

    private mutating func readPlanSplits(
        _ field: Field?, for snapshot: Snapshot?
    ) -> [String]? {
        guard let field else { return nil }
        let expected = Self.expectedSplits
        let nodes = list(field, of: 0...Limits.splits, expected: expected)
        if case .sequence(let all) = field.value, all.isEmpty {
            faults.add("`splits` is empty; expected \(expected)", at: field.value)
        }
        var names: [String] = []
        for node in nodes {
            guard let name = text(of: node, expected: "the name of a split") else { continue }
            guard !names.contains(name) else {
                faults.add("\(quoted(name)) is named more than once; expected it once", at: node)
                continue
            }
            names.append(name)
            if let snapshot { checkPlanSplit(name, snapshot, at: node) }
        }
        return names.isEmpty ? nil : names
    }

    private mutating func checkPlanSplit(_ name: String, _ snapshot: Snapshot, at node: Node) {
        guard let split = snapshot.split(named: name) else {
            let known = snapshot.splits.map(\.name)
            faults.add(
                "there is no split \(quoted(name)) in the configuration; "
                    + NearestWord.advice(name, among: known), at: node)
            return
        }
        guard let candidate = split.candidate, candidate != split.stable else {
            faults.add(
                "the split \(quoted(name)) has no candidate; expected a split with a stable "
                    + "member and a candidate", at: node)
            return
        }
        if split.members.count != 2 {
            faults.add(
                "the split \(quoted(name)) has \(split.members.count) members; expected two, of "
                    + "which one gets what the other does not", at: node)
        }
    }

    private mutating func readPlanSteps(_ field: Field?) -> [RolloutPlan.Step]? {
        guard let field else { return nil }
        let expected = Self.expectedSteps
        let nodes = list(field, of: 0...Limits.planSteps, expected: expected)
        if case .sequence(let all) = field.value, all.isEmpty {
            faults.add("`steps` is empty; expected \(expected)", at: field.value)
        }
        var steps: [RolloutPlan.Step] = []
        for node in nodes {
            guard let step = readPlanStep(node) else { continue }
            if let last = steps.last, step.weight <= last.weight {
                faults.add(
                    "the weight \(step.weight) comes after \(last.weight); expected each step "
                        + "above the one before", at: node)
            }
            steps.append(step)
        }
        return steps.isEmpty ? nil : steps
    }

    private mutating func readPlanStep(_ node: Node) -> RolloutPlan.Step? {
        if case .sequence = node {
            faults.add(
                "a step is a list; expected one dash in front of a step, and in it a mapping such "
                    + "as {weight: 10, hold: 10m}", at: node)
            return nil
        }
        guard let fields = fields(of: node, keys: .planStep) else { return nil }
        let beside = "; a dash begins a step"
        let weight = value(
            required(
                "weight", of: fields, owner: "a step", at: node,
                expected: "it beside `hold`, such as `weight: 10`\(beside)"),
            expected: "the candidate's weight of 100, such as 10 or 0.5: above 0, at most 100, "
                + "with at most two decimals"
        ) { text -> Weight? in
            guard let weight = try? Weight.parse(text), weight > .zero,
                weight.hundredths <= 10_000
            else { return nil }
            return weight
        }
        let hold = planDuration(
            required(
                "hold", of: fields, owner: "a step", at: node,
                expected: "it beside `weight`, such as `hold: 10m`\(beside)"),
            .init(least: 1_000, text: "from 1s to 24h, such as 30s, 10m or 2h"))
        let count = integer(fields["min_requests"], in: Limits.planRequests)
        let approve = flag(fields["approve"])
        guard let weight, let hold else { return nil }
        return RolloutPlan.Step(
            weight: weight, holdMilliseconds: hold, minRequests: count ?? 0,
            needsApproval: approve ?? false)
    }

    private mutating func readPlanJudge(_ field: Field?, into plan: inout RolloutPlan) {
        guard let field, let fields = fields(of: field.value, keys: .planJudge) else { return }
        replace(&plan.alpha, with: number(fields["alpha"], in: 0.000_001...0.05))
        guard let latency = fields["latency"],
            let parts = self.fields(of: latency.value, keys: .planAllowance)
        else { return }
        replace(&plan.allowance.factor, with: number(parts["factor"], in: 1...100))
        let plus = planDuration(
            parts["plus"], .init(least: 0, text: "up to 24h, such as 2ms or 1s")
        ).map { UInt64($0) * 1_000_000 }
        replace(&plan.allowance.plusNanoseconds, with: plus)
    }

    private mutating func readPlanGuards(
        _ field: Field?, into plan: inout RolloutPlan, _ snapshot: Snapshot?
    ) {
        guard let field, let fields = fields(of: field.value, keys: .planGuards) else { return }
        if let share = fields["error_share"] { plan.guards.errorShare = readErrorShare(share) }
        if let latency = fields["latency"] { plan.guards.latency = readLatency(latency) }
        if let target = fields["no_usable_target"] {
            if target.value.scalar?.string == "off" {
                plan.guards.noUsableTargetSeconds = nil
            } else if let time = planDuration(
                target, .init(least: 1_000, text: "from 1s to 24h, such as 10s; or off"))
            {
                plan.guards.noUsableTargetSeconds = Double(time) / 1_000
            }
        }
        guard let least = fields["min_healthy"],
            let count = integer(least, in: 1...Limits.targetsOfUpstream)
        else { return }
        plan.guards.minHealthy = count
        guard let snapshot else { return }
        for name in plan.splits {
            let upstream = snapshot.split(named: name)?.candidate.flatMap {
                snapshot.upstream(named: $0)
            }
            guard let upstream else { continue }
            if upstream.health == nil {
                faults.add(
                    "`min_healthy` has no data: the upstream \(quoted(upstream.name)) has no "
                        + "`health`; expected checks there, or no such guard", at: least.value)
            } else if upstream.targets.count < count {
                faults.add(
                    "`min_healthy` can never hold: the upstream \(quoted(upstream.name)) has "
                        + "\(upstream.targets.count) targets", at: least.value)
            }
        }
    }

    private mutating func readErrorShare(_ field: Field) -> AbsoluteGuards.ErrorShare? {
        guard let fields = fields(of: field.value, keys: .planErrorShare) else { return nil }
        let above = share(
            required(
                "above", of: fields, owner: "`error_share`", at: field.value,
                expected: "a percentage, such as `above: 5%`"))
        let over = planWindow(fields["over"])
        let fewest = integer(fields["min_requests"], in: 1...Limits.planRequests.upperBound)
        return above.map {
            AbsoluteGuards.ErrorShare(
                above: $0, overSeconds: over ?? 60, fewest: fewest ?? 100)
        }
    }

    private mutating func readLatency(_ field: Field) -> AbsoluteGuards.Latency? {
        guard let fields = fields(of: field.value, keys: .planLatency) else { return nil }
        let quantile = number(fields["quantile"], in: 0.01...0.999)
        let above = planDuration(
            required(
                "above", of: fields, owner: "`latency`", at: field.value,
                expected: "a duration, such as `above: 250ms`"),
            .init(least: 1, text: "from 1ms to 24h, such as 250ms or 2s"))
        let over = planWindow(fields["over"])
        let fewest = integer(fields["min_requests"], in: 1...Limits.planRequests.upperBound)
        return above.map {
            AbsoluteGuards.Latency(
                quantile: quantile ?? 0.95, aboveSeconds: Double($0) / 1_000,
                overSeconds: over ?? 60, fewest: fewest ?? 100)
        }
    }

    private mutating func readPlanActions(_ field: Field?, into plan: inout RolloutPlan) {
        guard let field, let fields = fields(of: field.value, keys: .planActions) else { return }
        for kind in JudgedClass.allCases {
            let action = value(fields[kind.label], expected: "rollback, pause or warn") {
                BreachAction(rawValue: $0)
            }
            if let action { plan.actions[kind] = action }
        }
    }

    private mutating func readPlanRequirement(_ field: Field?, into plan: inout RolloutPlan) {
        guard let field, let fields = fields(of: field.value, keys: .planRequirement) else {
            return
        }
        plan.requirement.errorShareBelow = share(fields["error_share_below"])
        plan.requirement.atMostWorse = number(fields["at_most_worse"], in: 1.1...100)
        replace(&plan.requirement.alpha, with: number(fields["alpha"], in: 0.000_001...0.5))
        if let alpha = fields["alpha"], fields["at_most_worse"] == nil {
            faults.add("`alpha` is for `at_most_worse`; expected both", at: alpha.key)
        }
    }

    private mutating func readPlanChecklist(
        _ field: Field?, _ known: [String], _ afterwards: [String]
    ) -> [String] {
        let early = known.filter { !afterwards.contains($0) }
        let nodes = list(
            field, of: 0...known.count,
            expected: "a list of steps of `sluice upgrade`, such as [backup, migrations]")
        var names: [String] = []
        for node in nodes {
            guard let name = text(of: node, expected: "a step of `sluice upgrade`") else {
                continue
            }
            guard known.contains(name) else {
                faults.add(
                    "there is no step \(quoted(name)) in the list of an upgrade; "
                        + NearestWord.advice(name, among: early), at: node)
                continue
            }
            if afterwards.contains(name) {
                faults.add(
                    "\(quoted(name)) comes with the rollout or after it, and can never be done "
                        + "before it starts; expected \(listed(early))", at: node)
            } else if !afterwards.isEmpty, names.contains(name) {
                faults.add(
                    "\(quoted(name)) is named more than once; expected it once", at: node)
            }
            names.append(name)
        }
        return names
    }
}
