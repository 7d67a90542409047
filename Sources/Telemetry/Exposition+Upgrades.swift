extension ControlGauges {
    /// A step of an upgrade that is under way.
    package struct UpgradeStep: Sendable {
        /// The split's name, the step's, and how it stands.
        package let split: String
        package let step: String
        package let state: String

        /// A step.
        package init(split: String, step: String, state: String) {
            self.split = split
            self.step = step
            self.state = state
        }
    }
}

extension Exposition {
    func writeUpgrades(to writer: inout MetricWriter) {
        guard !gauges.upgradeSteps.isEmpty else { return }
        writer.family(
            "sluice_upgrade_step", .gauge,
            "1 at how the step of the upgrade under way stands: open, held, done or violated.")
        for step in gauges.upgradeSteps {
            let labels = Labels(["split": step.split, "step": step.step])
            for state in ["open", "held", "done", "violated"] {
                writer.sample(labels.adding("state", state), step.state == state)
            }
        }
    }
}
