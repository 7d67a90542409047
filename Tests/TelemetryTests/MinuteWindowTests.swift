import Telemetry
import Testing

@Suite struct MinuteWindowTests {
    @Test func `an empty window knows nothing`() {
        let window = MinuteWindow()
        #expect(window.durations(lane: 0).count == 0)
        #expect(window.requestsPerSecond(lane: 0) == 0)
    }

    @Test func `what is older than a minute is forgotten`() {
        var counters = counters(lanes: 1)
        var window = MinuteWindow()
        window.tick(counters, nowSeconds: 0)
        for second in 1...300 {
            // Slow for two minutes, then fast.
            end(&counters, lane: 0, nanoseconds: second <= 120 ? 1_000_000_000 : 1_000_000)
            window.tick(counters, nowSeconds: Double(second))
            if second == 60 { #expect(window.durations(lane: 0).count == 60) }
            if second == 120 { #expect(window.durations(lane: 0).quantileSeconds(0.5) > 0.9) }
        }
        let durations = window.durations(lane: 0)
        #expect((55...65).contains(durations.count))
        #expect(durations.quantileSeconds(1) < 0.002)
        #expect(window.firstBytes(lane: 0).quantileSeconds(1) < 0.001)
        #expect(counters.durationHistogram(lane: 0).count == 300)
    }

    @Test func `requests per second follow within seconds`() {
        var counters = counters(lanes: 1)
        var window = MinuteWindow()
        window.tick(counters, nowSeconds: 100)
        for second in 1...60 {
            let requests = second <= 50 ? 10 : 40
            for _ in 0..<requests { end(&counters, lane: 0, nanoseconds: 1_000) }
            window.tick(counters, nowSeconds: 100 + Double(second))
        }
        #expect(window.requestsPerSecond(lane: 0, overSeconds: 5) == 40)
        #expect(window.requestsPerSecond(lane: 0) == 15)
    }

    @Test func `a new lane counts from its beginning`() {
        var counters = counters(lanes: 1)
        var window = MinuteWindow()
        window.tick(counters, nowSeconds: 0)
        counters.grow(listeners: 0, upstreams: 0, lanes: 2)
        end(&counters, lane: 1, nanoseconds: 5_000)
        window.tick(counters, nowSeconds: 10)
        #expect(window.durations(lane: 1).count == 1)
        #expect(window.requestsPerSecond(lane: 1) == 0.1)
        #expect(window.durations(lane: 0).count == 0)
        #expect(window.durations(lane: 2).count == 0)
    }

    @Test func `long pauses between ticks do no harm`() {
        var counters = counters(lanes: 1)
        var window = MinuteWindow()
        window.tick(counters, nowSeconds: 0)
        end(&counters, lane: 0, nanoseconds: 5_000)
        window.tick(counters, nowSeconds: 1_000)
        #expect(window.durations(lane: 0).count == 1)
        window.tick(counters, nowSeconds: 2_000)
        #expect(window.durations(lane: 0).count == 0)
        window.tick(counters, nowSeconds: 2_000)
        #expect(window.requestsPerSecond(lane: 0) == 0)
    }

    private func counters(lanes: Int) -> WorkerCounters {
        var counters = WorkerCounters()
        counters.grow(listeners: 0, upstreams: 0, lanes: lanes)
        return counters
    }

    private func end(_ counters: inout WorkerCounters, lane: Int, nanoseconds: UInt64) {
        counters.firstByte(lane: lane, nanoseconds: nanoseconds / 2)
        counters.exchangeEnded(lane: lane, code: 200, durationNanoseconds: nanoseconds)
    }
}
