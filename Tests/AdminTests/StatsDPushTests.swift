import Addressing
import Kernel
import Logging
import Settings
import Telemetry
import Testing

@testable import Admin

/// Metrics on their way over UDP: what cannot be sent is dropped, counted, and told once.
struct StatsDPushTests {
    /// So many lines, each with a name of its own.
    private func samples(_ count: Int) -> [MetricSample] {
        var registry = Registry()
        for number in 0..<count { _ = registry.lane(split: "kong", upstream: "x\(number)") }
        var counters = WorkerCounters()
        counters.grow(listeners: 0, upstreams: count, lanes: count)
        return Exposition(
            counters: counters, registry: registry, window: MinuteWindow(),
            gauges: ControlGauges()
        ).samples()
    }

    private func settings(_ host: AddressSetting.Host, datagram: Int = 1_432) -> StatsDSettings {
        var settings = StatsDSettings(address: AddressSetting(host: host, port: 9))
        settings.datagramBytes = datagram
        return settings
    }

    private func push(
        _ settings: StatsDSettings, times: Int, of samples: [MetricSample]
    ) async -> (counts: StatsDCounts, log: [String]) {
        let (tally, log) = (StatsDTally(), Lock<[String]>([]))
        let logger = LogLine.logger(
            LogControl(level: .notice) { line in log.withLock { $0.append(line) } })
        let push = StatsDPush(settings, tally: tally, logger: logger)
        for _ in 0..<times { await push.run(samples) }
        return (tally.counts, log.withLock { $0 })
    }

    private func lines(_ settings: StatsDSettings, _ samples: [MetricSample]) -> Int {
        var text = StatsDText(settings)
        return text.batch(samples).datagrams.reduce(0) { $0 + $1.lines }
    }

    @Test func `lines to an address that cannot be had are dropped and counted`() async {
        // Nobody may send to all without asking for that.
        let settings = settings(.ip(IPAddress(ipv4: 0xffff_ffff)))
        let samples = samples(2)
        let (counts, log) = await push(settings, times: 3, of: samples)
        #expect(counts.datagrams == 0 && counts.errors == 3)
        #expect(counts.droppedLines == 3 * lines(settings, samples))
        #expect(log.count == 1 && log.first?.contains("statsd: 255.255.255.255:9: ") == true)
    }

    @Test func `a datagram that no network carries is dropped, and those before it are sent`()
        async
    {
        // A datagram has 65,507 bytes at most.
        let settings = settings(.ip(IPAddress(ipv4: 0x7f00_0001)), datagram: 66_000)
        let samples = samples(1_000)
        var text = StatsDText(settings)
        let sizes = text.batch(samples).datagrams
        let large = sizes.filter { $0.bytes.count > 65_507 }
        #expect(!large.isEmpty && large.count < sizes.count)
        let (counts, _) = await push(settings, times: 1, of: samples)
        #expect(counts.droppedLines == large.reduce(0) { $0 + $1.lines })
        #expect(counts.datagrams == sizes.count - large.count)
        #expect(counts.errors >= large.count)
    }

    @Test func `lines that no datagram holds are counted too`() async {
        let settings = settings(.ip(IPAddress(ipv4: 0x7f00_0001)), datagram: 30)
        let samples = samples(4)
        var text = StatsDText(settings)
        let tooLong = text.batch(samples).tooLong
        #expect(tooLong > 4)
        let (counts, _) = await push(settings, times: 1, of: samples)
        #expect(counts.droppedLines == tooLong)
    }
}
