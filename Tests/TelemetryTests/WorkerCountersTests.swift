import Testing

@testable import Telemetry

@Suite struct WorkerCountersTests {
    @Test func `an exchange's way is counted where it belongs`() {
        var counters = counters()
        counters.exchangeBegan(lane: 1)
        counters.routed(lane: 1, by: .sequence)
        counters.attemptFailed(lane: 1, kind: .reset)
        counters.retried(lane: 1)
        counters.exchangeMoved(from: 1, to: 2)
        counters.routed(lane: 2, by: .shift)
        counters.firstByte(lane: 2, nanoseconds: 1_000_000)
        #expect(counters.inflightCount(lane: 1) == 0)
        #expect(counters.inflightCount(lane: 2) == 1)
        counters.exchangeEnded(lane: 2, code: 200, durationNanoseconds: 2_000_000)

        #expect(counters.inflightCount(lane: 2) == 0)
        #expect(counters.routedCount(lane: 1, by: .sequence) == 1)
        #expect(counters.routedCount(lane: 2, by: .shift) == 1)
        #expect(counters.failureCount(lane: 1, kind: .reset) == 1)
        #expect(counters.retryCount(lane: 1) == 1)
        #expect(counters.requestCount(lane: 1) == 0)
        #expect(counters.requestCount(lane: 2, code: 200) == 1)
        #expect(counters.durationHistogram(lane: 2).sumSeconds == 0.002)
        #expect(counters.firstByteHistogram(lane: 2).sumSeconds == 0.001)
        #expect(counters.durationHistogram(lane: 1).count == 0)
    }

    @Test func `a tunnel counts as a request without a duration`() {
        var counters = counters()
        counters.exchangeBegan(lane: 0)
        counters.exchangeEnded(lane: 0, code: 101, durationNanoseconds: nil)
        #expect(counters.requestCount(lane: 0, code: 101) == 1)
        #expect(counters.durationHistogram(lane: 0).count == 0)
    }

    @Test(arguments: [(0, 0), (100, 100), (404, 404), (999, 999), (1_000, 0), (99, 0), (-1, 0)])
    func `a status code is exact, and what is none counts as 0`(code: Int, counted: Int) {
        var counters = counters()
        counters.exchangeEnded(lane: 2, code: code, durationNanoseconds: nil)
        counters.downstreamRequest(listener: 1, code: code)
        #expect(counters.requestCount(lane: 2, code: counted) == 1)
        #expect(counters.requestCount(lane: 2) == 1)
        #expect(counters.downstreamRequestCount(listener: 1, code: counted) == 1)
        #expect(counters.downstreamRequestCount(listener: 1) == 1)
        #expect(counters.requestCount(lane: 1) == 0)
    }

    @Test func `connections and bytes are counted for each upstream and listener`() {
        var counters = counters()
        counters.connectEnded(upstream: 1, result: .ok)
        counters.connectEnded(upstream: 0, result: .refused)
        counters.upstreamConnection(upstream: 1, idleBy: 0, activeBy: 1)
        counters.upstreamConnection(upstream: 1, idleBy: 1, activeBy: -1)
        counters.received(upstream: 1, bytes: 10)
        counters.sent(upstream: 1, bytes: 5)
        counters.downstreamOpened(listener: 0)
        counters.downstreamOpened(listener: 0)
        counters.downstreamClosed(listener: 0)
        #expect(counters.connectCount(upstream: 1, result: .ok) == 1)
        #expect(counters.connectCount(upstream: 0, result: .refused) == 1)
        #expect(counters.connectionCounts(upstream: 1) == (1, 0))
        #expect(counters.connectionCounts(upstream: 0) == (0, 0))
        #expect(counters.byteCounts(upstream: 1) == (10, 5))
        #expect(counters.downstreamConnectionCount(listener: 0) == 1)
    }

    @Test func `growing keeps every count and never shrinks`() {
        var counters = busyCounters()
        let before = summary(counters, rows: 3)
        counters.grow(listeners: 5, upstreams: 6, lanes: 7)
        #expect(summary(counters, rows: 3) == before)
        #expect(counters.requestCount(lane: 6) == 0)
        counters.grow(listeners: 1, upstreams: 1, lanes: 1)
        #expect((counters.listenerCount, counters.upstreamCount, counters.laneCount) == (5, 6, 7))
        #expect(summary(counters, rows: 3) == before)
        counters.routed(lane: 6, by: .pin)
        #expect(counters.routedCount(lane: 6, by: .pin) == 1)
    }

    @Test func `merging adds up, also with a worker that has more rows`() {
        var merged = busyCounters()
        var larger = busyCounters()
        larger.grow(listeners: 3, upstreams: 4, lanes: 5)
        larger.routed(lane: 4, by: .sticky)
        merged.merge(larger)
        merged.merge(WorkerCounters())
        #expect(summary(merged, rows: 3) == summary(busyCounters(), rows: 3).map { 2 * $0 })
        #expect(merged.routedCount(lane: 4, by: .sticky) == 1)
        #expect(merged.loopTurns.count == 2)
    }

    @Test func `a copy has storage of its own`() {
        var counters = busyCounters()
        let copy = counters.copy()
        let before = summary(copy, rows: 3)
        counters.routed(lane: 0, by: .sequence)
        #expect(summary(copy, rows: 3) == before)
    }

    @Test func `what has no row yet reads as 0`() {
        let counters = WorkerCounters()
        #expect(summary(counters, rows: 3).allSatisfy { $0 == 0 })
    }

    private func counters() -> WorkerCounters {
        var counters = WorkerCounters()
        counters.grow(listeners: 2, upstreams: 2, lanes: 3)
        return counters
    }

    /// Counters with something different in every table.
    private func busyCounters() -> WorkerCounters {
        var counters = counters()
        for lane in 0..<3 {
            for _ in 0...lane { counters.routed(lane: lane, by: .sequence) }
            for _ in 0..<3 + lane { counters.exchangeBegan(lane: lane) }
            counters.exchangeEnded(lane: lane, code: 200 + lane, durationNanoseconds: 1_000)
            counters.firstByte(lane: lane, nanoseconds: 500)
            counters.attemptFailed(lane: lane, kind: .timeout)
            counters.retried(lane: lane)
            counters.retryRefused(lane: lane)
            counters.queued(lane: lane, by: 5 - lane)
            counters.queueRefused(lane: lane, .full)
        }
        for row in 0..<2 {
            counters.connectEnded(upstream: row, result: .timeout)
            counters.received(upstream: row, bytes: 100 + row)
            counters.sent(upstream: row, bytes: 200 + row)
            counters.upstreamConnection(upstream: row, idleBy: 3, activeBy: 4)
            counters.downstreamOpened(listener: row)
            counters.downstreamRequest(listener: row, code: 503)
            for _ in 0...row { counters.refused(listener: row, by: .connections) }
            counters.refused(listener: row, by: .connectionsPerClient)
        }
        counters.loopTurn(nanoseconds: 10_000)
        return counters
    }

    private func summary(_ counters: WorkerCounters, rows: Int) -> [Int] {
        (0..<rows).flatMap { row in
            let connections = counters.connectionCounts(upstream: row)
            let bytes = counters.byteCounts(upstream: row)
            return [
                counters.routedCount(lane: row, by: .sequence), counters.requestCount(lane: row),
                counters.requestCount(lane: row, code: 200 + row), counters.retryCount(lane: row),
                counters.retryRefusalCount(lane: row), counters.queuedCount(lane: row),
                counters.queueRefusalCount(lane: row, .full),
                counters.queueRefusalCount(lane: row, .timeout),
                counters.inflightCount(lane: row), counters.failureCount(lane: row, kind: .timeout),
                Int(counters.durationHistogram(lane: row).count),
                Int(counters.firstByteHistogram(lane: row).count),
                counters.connectCount(upstream: row, result: .timeout),
                connections.idle, connections.active, bytes.received, bytes.sent,
                counters.downstreamConnectionCount(listener: row),
                counters.downstreamRequestCount(listener: row),
                counters.downstreamRequestCount(listener: row, code: 503),
                counters.refusalCount(listener: row, by: .connections),
                counters.refusalCount(listener: row, by: .connectionsPerClient),
            ]
        }
    }
}
