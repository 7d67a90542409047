extension Exposition {
    func writeDrains(to writer: inout MetricWriter) {
        writer.family("sluice_target_drained", .gauge, "1 if the target gets nothing new.")
        for target in gauges.drains {
            let labels = Labels(["upstream": target.upstream, "target": target.target])
            writer.sample(labels, target.isDrained)
        }
        writer.family(
            "sluice_upstream_oldest_inflight_seconds", .gauge,
            "How long the oldest exchange has run since its request's first byte; 0: none does.")
        for oldest in gauges.oldestInflight {
            let labels = Labels(["upstream": oldest.upstream])
            writer.sample(labels.adding("kind", "request"), oldest.requestSeconds)
            writer.sample(labels.adding("kind", "tunnel"), oldest.tunnelSeconds)
        }
    }
}
