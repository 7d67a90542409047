extension ControlGauges {
    /// How a rollout stands.
    package struct Rollout: Sendable {
        /// The name of its plan, and what it does: `running`, `paused`...
        package var name: String
        package var state: String
        /// Its step, from 1 on, and how many there are; the candidate's share, 0 to 1.
        package var step = 0
        package var steps = 0
        package var share = 0.0
        /// The mean of the judge's processes by its limit, as logarithms, by class.
        package var evidence = 0.0
        package var limit = 0.0
        package var classes: [(label: String, log: Double)] = []
        /// The upper 99 % bound of the candidate's error share.
        package var errorShareBound = 1.0
        /// Whether a person must look.
        package var isAlarm = false
        /// Whether the disk does not take what happened.
        package var isUnwritten = false

        /// A rollout of a name.
        package init(name: String, state: String) {
            self.name = name
            self.state = state
        }
    }
}

extension Exposition {
    func writeRollout(to writer: inout MetricWriter) {
        guard let rollout = gauges.rollout else { return }
        let labels = Labels(["rollout": rollout.name])
        writer.family("sluice_rollout_state", .gauge, "1 at what the rollout does.")
        let states = [
            "running", "awaiting_approval", "paused", "rolled_back", "aborted", "completed",
        ]
        for state in states {
            writer.sample(labels.adding("state", state), rollout.state == state)
        }
        writer.family("sluice_rollout_step", .gauge, "The step that it is at, from 1 on.")
        writer.sample(labels, rollout.step)
        writer.family("sluice_rollout_steps", .gauge, "How many steps it has.")
        writer.sample(labels, rollout.steps)
        writer.family(
            "sluice_rollout_share_ratio", .gauge, "The candidate's share, 0 after it went back.")
        writer.sample(labels, rollout.share)
        writer.family(
            "sluice_rollout_evidence", .gauge,
            "ln of the evidence that the candidate is worse; at the limit it breaches.")
        writer.sample(labels, rollout.evidence)
        writer.family("sluice_rollout_evidence_limit", .gauge, "ln of 1 / alpha.")
        writer.sample(labels, rollout.limit)
        writer.family(
            "sluice_rollout_class_evidence", .gauge, "ln of the evidence of one class in total.")
        for (label, log) in rollout.classes { writer.sample(labels.adding("class", label), log) }
        writer.family(
            "sluice_rollout_error_share_bound", .gauge,
            "The upper 99 % bound of the candidate's error share.")
        writer.sample(labels, rollout.errorShareBound)
        writer.family(
            "sluice_rollout_alarm", .gauge, "1 when it could not go back and somebody must look.")
        writer.sample(labels, rollout.isAlarm)
        writer.family(
            "sluice_rollout_unwritten", .gauge,
            "1 while its journal or history cannot be written; that is tried again.")
        writer.sample(labels, rollout.isUnwritten)
    }
}
