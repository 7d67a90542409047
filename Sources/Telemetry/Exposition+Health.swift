extension Exposition {
    func writeHealth(to writer: inout MetricWriter) {
        let health = gauges.health
        writer.family(
            "sluice_target_healthy", .gauge, "0 if the target is down or ejected, else 1.")
        for target in health.targets { writer.sample(labels(of: target), target.isHealthy) }
        writer.family(
            "sluice_target_state", .gauge,
            "1 at the state that the target's health is in; drained may be 1 besides.")
        for target in health.targets {
            for state in health.states {
                writer.sample(
                    labels(of: target).adding("state", state), target.state == state)
            }
            writer.sample(labels(of: target).adding("state", "drained"), target.isDrained)
        }
        writer.family(
            "sluice_target_state_changes_total", .counter,
            "Changes of targets' health, by the state that followed.")
        for change in health.changes {
            let labels = Labels(["upstream": change.upstream, "state": change.kind])
            writer.sample(labels, change.count)
        }
        writer.family(
            "sluice_health_checks_total", .counter, "Checks of targets' health, by their result.")
        for check in health.checks {
            let labels = Labels(["upstream": check.upstream, "result": check.kind])
            writer.sample(labels, check.count)
        }
    }

    private func labels(of target: HealthGauges.Target) -> Labels {
        Labels(["upstream": target.upstream, "target": target.address])
    }
}
