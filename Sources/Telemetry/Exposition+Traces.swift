/// What became of spans.
package struct TraceCounts: Sendable, Equatable {
    /// Spans that a collector has taken.
    package var exported = 0
    /// Spans that were not sent: too many waited.
    package var dropped = 0
    /// Spans that were sent and not taken.
    package var failed = 0

    package init(exported: Int = 0, dropped: Int = 0, failed: Int = 0) {
        self.exported = exported
        self.dropped = dropped
        self.failed = failed
    }
}

extension Exposition {
    func writeTraces(to writer: inout MetricWriter) {
        guard let counts = gauges.traces else { return }
        writer.family(
            "sluice_otlp_spans_total", .counter,
            "Spans: taken by the collector, dropped for want of room, or not taken.")
        writer.sample(Labels(["result": "exported"]), counts.exported)
        writer.sample(Labels(["result": "dropped"]), counts.dropped)
        writer.sample(Labels(["result": "failed"]), counts.failed)
    }
}
