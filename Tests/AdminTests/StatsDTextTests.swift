import Settings
import Telemetry
import Testing

@testable import Admin

/// Metrics as StatsD and DogStatsD read them.
struct StatsDTextTests {
    private let settings = StatsDSettings(
        address: AddressSetting(host: .name("m"), port: 8125), prefix: "edge",
        tags: [.init(name: "env", value: "prod")])

    /// A lane from `kong` to `x:1` that has served so many requests, each in 10 ms.
    private func samples(_ requests: Int, certificateSeconds: Double? = nil) -> [MetricSample] {
        var registry = Registry()
        let lane = registry.lane(split: "kong", upstream: "x:1")
        var counters = WorkerCounters()
        counters.grow(
            listeners: 0, upstreams: registry.upstreams.count, lanes: registry.lanes.count)
        for _ in 0..<requests {
            counters.exchangeBegan(lane: lane)
            counters.exchangeEnded(lane: lane, code: 200, durationNanoseconds: 10_000_000)
        }
        var gauges = ControlGauges()
        gauges.generation = 7
        if let certificateSeconds {
            gauges.certificates = [
                .init(side: "listener", owner: "a", path: "c", secondsLeft: certificateSeconds)
            ]
        }
        return Exposition(
            counters: counters, registry: registry, window: MinuteWindow(), gauges: gauges
        ).samples()
    }

    private func lines(_ batch: StatsDText.Batch) -> [String] {
        batch.datagrams.flatMap { datagram in
            String(decoding: datagram.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    @Test func `counters are told as what they have grown by, times as percentiles of it`() {
        var text = StatsDText(settings)
        let first = lines(text.batch(samples(5)))
        #expect(first.contains("edge.prod.generation:7|g"))
        #expect(!first.contains { $0.hasSuffix("|c") })
        let second = lines(text.batch(samples(12)))
        #expect(second.contains("edge.prod.upstream_requests_total.kong.x_1.200:7|c"))
        #expect(
            second.contains(
                "edge.prod.upstream_request_duration_seconds.kong.x_1.count:7|c"))
        let median = second.first {
            $0.hasPrefix("edge.prod.upstream_request_duration_seconds.kong.x_1.p50:0.0")
        }
        #expect(median?.hasSuffix("|g") == true, "\(second)")
        #expect(!second.contains { $0.contains("quantile_seconds") })
        let third = lines(text.batch(samples(12)))
        #expect(!third.contains { $0.hasSuffix("|c") })
    }

    @Test func `gauges of the last minute are left out`() {
        var registry = Registry()
        let lane = registry.lane(split: "kong", upstream: "x")
        var counters = WorkerCounters()
        counters.grow(listeners: 0, upstreams: 1, lanes: 1)
        var window = MinuteWindow()
        window.tick(counters, nowSeconds: 0)
        counters.exchangeBegan(lane: lane)
        counters.exchangeEnded(lane: lane, code: 200, durationNanoseconds: 10_000_000)
        window.tick(counters, nowSeconds: 1)
        let samples = Exposition(
            counters: counters, registry: registry, window: window, gauges: ControlGauges()
        ).samples()
        let isOfMinute = { (sample: MetricSample) in
            guard case .level(let value) = sample.value else { return false }
            return sample.name.hasSuffix("_quantile_seconds") && value.isFinite
        }
        #expect(samples.contains(where: isOfMinute))
        var text = StatsDText(settings)
        let lines = lines(text.batch(samples))
        #expect(!lines.contains { $0.contains("quantile_seconds") }, "\(lines)")
    }

    @Test func `labels are tags where DogStatsD is spoken`() {
        var dog = settings
        dog.format = .dogstatsd
        var text = StatsDText(dog)
        _ = text.batch(samples(0))
        let lines = lines(text.batch(samples(3)))
        #expect(
            lines.contains(
                "edge.upstream_requests_total:3|c|#env:prod,split:kong,upstream:x:1,code:200"))
        #expect(lines.contains("edge.generation:7|g|#env:prod"))
    }

    @Test func `a gauge below 0 is set by way of 0 where a sign means a change`() throws {
        var text = StatsDText(settings)
        let plain = lines(text.batch(samples(0, certificateSeconds: -5)))
        let index = try #require(plain.firstIndex { $0.hasSuffix(":-5|g") })
        #expect(plain[index - 1] == plain[index].replacing(":-5|g", with: ":0|g"))
        var dog = settings
        dog.format = .dogstatsd
        var other = StatsDText(dog)
        let tagged = lines(other.batch(samples(0, certificateSeconds: -5)))
        #expect(tagged.count { $0.contains("certificate") && $0.contains(":-5|g") } == 1)
        #expect(!tagged.contains { $0.contains("certificate") && $0.contains(":0|g") })
    }

    @Test(arguments: [512, 1_432, 65_507] + Array(600..<650))
    func `no datagram is too large, none ends in a line end, and none is much too small`(
        most: Int
    ) {
        var small = settings
        small.datagramBytes = most
        var text = StatsDText(small)
        _ = text.batch(samples(0))
        let batch = text.batch(samples(9))
        #expect(batch.tooLong == 0)
        #expect(batch.datagrams.allSatisfy { $0.bytes.count <= most && $0.bytes.last != 0x0a })
        #expect(batch.datagrams.dropLast().allSatisfy { $0.bytes.count > most / 2 })
        #expect(batch.datagrams.reduce(0) { $0 + $1.lines } == lines(batch).count)
    }

    @Test func `what fits into no datagram is left out and counted`() {
        var tagged = settings
        tagged.format = .dogstatsd
        tagged.datagramBytes = 512
        tagged.tags = (0..<3).map {
            .init(name: "t\($0)", value: String(repeating: "v", count: 200))
        }
        var text = StatsDText(tagged)
        let batch = text.batch(samples(0))
        #expect(batch.datagrams.isEmpty)
        #expect(batch.tooLong > 10)
    }

    @Test func `what ends a name or a tag is replaced in labels`() {
        var registry = Registry()
        _ = registry.lane(split: "a,b|c#d e\n\"é.f", upstream: "")
        var counters = WorkerCounters()
        counters.grow(listeners: 0, upstreams: 1, lanes: 1)
        let samples = Exposition(
            counters: counters, registry: registry, window: MinuteWindow(),
            gauges: ControlGauges()
        ).samples()
        var text = StatsDText(settings)
        #expect(
            lines(text.batch(samples)).contains(
                "edge.prod.upstream_inflight.a_b_c_d_e_____f._:0|g"))
        // The same holds for what the settings put in front.
        var odd = settings
        odd.tags = [.init(name: "env", value: "eu 1.a|b")]
        var prefixed = StatsDText(odd)
        let begin = "edge.eu_1_a_b.generation:"
        #expect(lines(prefixed.batch(samples)).contains { $0.hasPrefix(begin) })
        var dog = settings
        dog.format = .dogstatsd
        var other = StatsDText(dog)
        #expect(
            lines(other.batch(samples)).contains(
                "edge.upstream_inflight:0|g|#env:prod,split:a_b_c_d_e_\"é.f,upstream:"))
    }
}
