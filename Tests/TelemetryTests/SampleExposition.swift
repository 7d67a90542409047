import Telemetry

/// A page with something in every family: lanes x (idle) and y (busy) of the split kong.
enum SampleExposition {
    static func make() -> Exposition {
        var registry = Registry()
        for upstream in ["x", "y"] {
            _ = registry.lane(split: "kong", upstream: upstream)
            _ = registry.upstream(upstream)
        }
        _ = registry.listener("api")
        var counters = WorkerCounters()
        counters.grow(listeners: 1, upstreams: 2, lanes: 2)
        counters.growKong(upstreams: 2, lanes: 2)
        var window = MinuteWindow()
        window.tick(counters, nowSeconds: 0)
        count(&counters)
        window.tick(counters, nowSeconds: 1)
        return Exposition(
            counters: counters, registry: registry, window: window, gauges: smallGauges())
    }

    private static func count(_ counters: inout WorkerCounters) {
        counters.downstreamOpened(listener: 0)
        counters.downstreamRequest(listener: 0, code: 200)
        for _ in 0..<2 { counters.refused(listener: 0, by: .connectionsPerClient) }
        for _ in 0..<3 { counters.exchangeBegan(lane: 1) }
        for kind in [.sequence, .sequence, .shift] as [ChoiceKind] {
            counters.routed(lane: 1, by: kind)
        }
        counters.firstByte(lane: 1, nanoseconds: 1_000_000)
        counters.exchangeEnded(lane: 1, code: 200, durationNanoseconds: 4_000_000)
        counters.exchangeEnded(lane: 1, code: 0, durationNanoseconds: nil)
        counters.attemptFailed(lane: 1, kind: .protocol)
        counters.retried(lane: 1)
        counters.retryRefused(lane: 1)
        counters.queued(lane: 1, by: 2)
        counters.queueRefused(lane: 1, .timeout)
        counters.connectEnded(upstream: 1, result: .unreachable)
        counters.received(upstream: 1, bytes: 1_000)
        counters.sent(upstream: 1, bytes: 200)
        counters.upstreamConnection(upstream: 1, idleBy: 4, activeBy: 3)
        counters.loopTurn(nanoseconds: 50_000)
        counters.kongResponded(lane: 1, by: .serviceFailed, code: 502)
        counters.kongTook(lane: 1, nanoseconds: 3_000_000)
        counters.kongServiceTook(lane: 1, nanoseconds: 40_000_000)
    }

    private static func smallGauges() -> ControlGauges {
        var gauges = ControlGauges()
        gauges.shares = [.init(split: "kong", upstream: "x", setRatio: 0.9, effectiveRatio: 1)]
        gauges.health.states = ["sound", "down"]
        gauges.health.targets = [
            .init(
                upstream: "y", address: "127.0.0.1:9002", state: "down", isDrained: true,
                isHealthy: false)
        ]
        gauges.health.changes = [.init(upstream: "y", kind: "down", count: 2)]
        gauges.health.checks = [.init(upstream: "y", kind: "failed", count: 5)]
        var kong = KongStanding(upstream: "y")
        kong.versions = [.init(version: "3.4.2", secondsAgo: 1, target: 0)]
        kong.alarms = [.twoVersions]
        gauges.kongs = [kong]
        gauges.drains = [.init(upstream: "y", target: "127.0.0.1:9002", isDrained: true)]
        gauges.oldestInflight = [.init(upstream: "y", requestSeconds: 0.5, tunnelSeconds: 60)]
        gauges.weightChanges = [.init(split: "kong", source: "file", result: "done", count: 3)]
        gauges.generation = 7
        gauges.isWeightsFileValid = true
        gauges.isWeightsFileDrifted = false
        gauges.droppedLogLines = 2
        gauges.traces = TraceCounts(exported: 9, dropped: 2, failed: 1)
        gauges.version = "1.2.3"
        gauges.process.openFDs = 20
        gauges.process.maximumFDs = 1_024
        gauges.process.residentBytes = 4_096
        gauges.process.virtualBytes = 8_192
        gauges.process.cpuSeconds = 1.5
        gauges.process.startedAtSeconds = 1.7e9
        return gauges
    }
}
