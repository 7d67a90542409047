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

extension ControlGauges {
    /// What was counted while an upgrade is under way.
    package struct UpgradeRequests: Sendable {
        /// The split's name, and the prefixes that only the old side has answered.
        package let split: String
        package let unseenCount: Int
        /// Requests that found no row of their own.
        package let overflowCount: Int
        /// Answers of 429 by upstream.
        package let limited: [(upstream: String, count: Int)]

        /// Of one split.
        package init(
            split: String, unseenCount: Int, overflowCount: Int,
            limited: [(upstream: String, count: Int)]
        ) {
            self.split = split
            self.unseenCount = unseenCount
            self.overflowCount = overflowCount
            self.limited = limited
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
        writer.family(
            "sluice_upgrade_unseen_prefixes", .gauge,
            "Methods with path prefixes that the old side has answered and the new one has not.")
        for requests in gauges.upgradeRequests {
            writer.sample(Labels(["split": requests.split]), requests.unseenCount)
        }
        writer.family(
            "sluice_upgrade_unsorted_requests_total", .counter,
            "Requests of the upgrade under way whose prefix found no room.")
        for requests in gauges.upgradeRequests {
            writer.sample(Labels(["split": requests.split]), requests.overflowCount)
        }
        writer.family(
            "sluice_upgrade_limited_total", .counter,
            "Answers of 429 since the upgrade under way began, over restarts.")
        for requests in gauges.upgradeRequests {
            for (upstream, count) in requests.limited {
                writer.sample(Labels(["split": requests.split, "upstream": upstream]), count)
            }
        }
    }
}
