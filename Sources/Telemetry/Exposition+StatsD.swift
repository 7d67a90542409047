/// What became of the metrics that were pushed.
package struct StatsDCounts: Sendable, Equatable {
    /// Datagrams that were sent, and lines that were not: they found no room, or nobody to go to.
    package var datagrams = 0
    package var droppedLines = 0
    /// Names that could not be looked up, and datagrams that could not be sent.
    package var errors = 0

    package init() {}
}

extension Exposition {
    func writeStatsD(to writer: inout MetricWriter) {
        guard let counts = gauges.statsD else { return }
        writer.family("sluice_statsd_datagrams_total", .counter, "Datagrams of metrics sent.")
        writer.sample(.none, counts.datagrams)
        writer.family(
            "sluice_statsd_dropped_total", .counter, "Lines of metrics that were not sent.")
        writer.sample(.none, counts.droppedLines)
        writer.family(
            "sluice_statsd_errors_total", .counter,
            "Pushes of metrics that failed: no address, or a datagram that could not be sent.")
        writer.sample(.none, counts.errors)
    }
}
