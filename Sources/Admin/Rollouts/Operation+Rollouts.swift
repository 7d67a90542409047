internal import Logging
internal import Settings

/// How a rollout begins: what it needs is looked at first.
extension Operation {
    /// Begins a rollout by the text of a plan.
    package func startRollout(
        _ text: String, file: String, reason: String
    ) async throws(RolloutFault) {
        guard let rollouts else { throw .none }
        let plan: RolloutPlan
        do throws(SettingsErrors) {
            let found = try RolloutPlan.readWithWarnings(
                Array(text.utf8), file: file, environment: configuration?.environment ?? [:],
                for: snapshot, acknowledgements: UpgradeStep.allCases.map(\.rawValue),
                afterwards: UpgradeStep.sinceShift.map(\.rawValue))
            plan = found.plan
            for warning in found.warnings { logger.warning("\(warning)") }
        } catch {
            throw .plan(error)
        }
        let missing = await missingSteps(plan)
        guard missing.isEmpty else { throw .missing(missing) }
        let differences = await smokeDifferences(plan)
        guard differences.isEmpty else { throw .smoke(differences) }
        try await rollouts.start(plan, file: file, text: text, reason: reason)
    }

    /// The steps of the upgrade's list that the plan needs and that are not done in any of its
    /// splits.
    private func missingSteps(_ plan: RolloutPlan) async -> [String] {
        var missing = Set(plan.checklist)
        for name in plan.splits where !missing.isEmpty {
            guard let list = try? await upgrades.list(of: name) else { continue }
            let facts = await upgradeFacts(of: list)
            for step in UpgradeStep.allCases
            where list.state(of: step, facts) == .done {
                missing.remove(step.rawValue)
            }
        }
        return plan.checklist.filter { missing.contains($0) }
    }

    /// How the answers of both sides to the plan's smoke requests differ.
    private func smokeDifferences(_ plan: RolloutPlan) async -> [String] {
        guard !plan.smoke.isEmpty else { return [] }
        var found: [String] = []
        for name in plan.splits {
            guard let split = snapshot.split(named: name), let candidate = split.candidate,
                !snapshot.carriesConnections(name)
            else { continue }
            guard let x = await smokeAddress(of: split.stable) else {
                return ["\(split.stable) has no usable target"]
            }
            guard let y = await smokeAddress(of: candidate) else {
                return ["\(candidate) has no usable target"]
            }
            let results = await SmokeRun.run(
                plan.smoke, x: (split.stable, x), y: (candidate, y))
            for result in results where !result.differences.isEmpty {
                found.append(
                    "\(result.request): \(result.differences.joined(separator: ", "))")
            }
        }
        return found
    }
}
