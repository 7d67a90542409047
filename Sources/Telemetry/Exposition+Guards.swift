extension Exposition {
    func writeGuards(to writer: inout MetricWriter) {
        writer.family(
            "sluice_freeze", .gauge, "1 at the mode in which the split's Admin APIs are frozen.")
        for freeze in gauges.freezes {
            for mode in ControlGauges.Freeze.modes {
                writer.sample(
                    Labels(["split": freeze.split, "mode": mode]), freeze.mode == mode)
            }
        }
        writer.family(
            "sluice_guard_refused_total", .counter,
            "Requests that a guard refused, by what it saw a write in.")
        for listener in listeners {
            for sign in GuardRefusal.allCases {
                let count = counters.guardRefusalCount(listener: listener.id, for: sign)
                let isShown = gauges.guardedListeners.contains(listener.id)
                guard count > 0 || isShown else { continue }
                writer.sample(listener.labels.adding("reason", sign.rawValue), count)
            }
        }
        writer.family(
            "sluice_latched", .gauge, "1 for a member of a split that is kept at weight 0.")
        for latch in gauges.latches {
            writer.sample(Labels(["split": latch.split, "upstream": latch.upstream]), 1)
        }
        writer.family(
            "sluice_audit_lost_total", .counter,
            "Entries of the audit that could not be written and were dropped.")
        writer.sample(.none, gauges.auditLost)
        writer.family(
            "sluice_audit_waiting", .gauge,
            "Entries of the audit that could not be written yet.")
        writer.sample(.none, gauges.auditWaiting)
        writer.family(
            "sluice_admin_tokens_refused_total", .counter,
            "Requests refused at the admin address for want of a right token.")
        writer.sample(.none, gauges.refusedTokens)
    }
}

extension ControlGauges {
    /// How a split's Admin APIs are frozen.
    package struct Freeze: Sendable {
        static let modes = ["off", "both", "candidate"]

        /// The split's name and the mode: off, both or candidate.
        package let split: String
        package let mode: String

        package init(split: String, mode: String) {
            self.split = split
            self.mode = mode
        }
    }
}
