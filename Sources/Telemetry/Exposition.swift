/// The metrics page: all workers' counters and the control plane's gauges as Prometheus text.
package struct Exposition: Sendable {
    /// The page's media type.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The quantiles of the last minute that are shown, as their labels.
    static let quantiles = ["0.5", "0.9", "0.99", "0.999"]

    /// Bounds of the latency histograms: 24 from 100 µs to 100 s, closest from 1 ms to 500 ms.
    static let latencyBounds = [
        0.0001, 0.0002, 0.0005,
        0.001, 0.002, 0.003, 0.005, 0.007,
        0.01, 0.02, 0.03, 0.05, 0.07,
        0.1, 0.2, 0.3, 0.5,
        1, 2, 5, 10, 20, 50, 100,
    ]

    /// Bounds for a turn of a worker's loop, which should stay below 1 ms.
    static let loopBounds = [
        0.000_01, 0.000_02, 0.000_05, 0.0001, 0.0002, 0.0005,
        0.001, 0.002, 0.005, 0.01, 0.1, 1,
    ]

    let counters: WorkerCounters
    let window: MinuteWindow
    let gauges: ControlGauges
    let lanes: [Series]
    /// The lanes that lead to a Kong, or have.
    let kongLanes: [Series]
    let upstreams: [Series]
    let listeners: [Series]

    /// A row of counters and the labels it is shown under.
    struct Series: Sendable {
        let id: Int
        let labels: Labels
    }

    /// Takes the merged counters, the names of their rows, and what else is shown.
    package init(
        counters: WorkerCounters, registry: Registry, window: MinuteWindow, gauges: ControlGauges
    ) {
        self.counters = counters
        self.window = window
        self.gauges = gauges
        lanes = registry.lanes.enumerated().map { id, lane in
            Series(id: id, labels: Labels(["split": lane.split, "upstream": lane.upstream]))
        }
        let kongs = Set(gauges.kongs.map(\.upstream))
        kongLanes = lanes.filter { lane in
            kongs.contains(registry.lanes[lane.id].upstream)
                || counters.kongResponseCounts(lane: lane.id).contains { $0 > 0 }
        }
        upstreams = registry.upstreams.enumerated().map { id, name in
            Series(id: id, labels: Labels(["upstream": name]))
        }
        listeners = registry.listeners.enumerated().map { id, name in
            Series(id: id, labels: Labels(["listener": name]))
        }
    }

    /// The whole page, in UTF-8.
    package func text() -> [UInt8] {
        var writer = MetricWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Every sample of the page, in its order.
    package func samples() -> [MetricSample] {
        var writer = MetricWriter(keepsSamples: true)
        write(to: &writer)
        return writer.samples ?? []
    }

    private func write(to writer: inout MetricWriter) {
        writeSplits(to: &writer)
        writeExchanges(to: &writer)
        writeQueues(to: &writer)
        writeLatencies(to: &writer)
        writeKong(to: &writer)
        writeUpstreams(to: &writer)
        writeListeners(to: &writer)
        writeHandshakes(to: &writer)
        writeHTTP2(to: &writer)
        writeGRPC(to: &writer)
        writeTCP(to: &writer)
        writeDrains(to: &writer)
        writeHealth(to: &writer)
        writeGuards(to: &writer)
        writeTripwire(to: &writer)
        writeUpgrades(to: &writer)
        writeRollout(to: &writer)
        writeControl(to: &writer)
        writeStatsD(to: &writer)
        writeTraces(to: &writer)
        writeProcess(to: &writer)
    }
}
