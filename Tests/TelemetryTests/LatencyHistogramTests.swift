import Testing

@testable import Telemetry

@Suite struct LatencyHistogramTests {
    private static let samples: [UInt64] = [
        1_000, 1_023, 2_047, 2_048, 2_049, 4_095, 4_096, 65_537, 1_000_000, 7_777_777,
        999_999_999, 1_000_000_000, 60_000_000_000, 1_000_000_000_000,
    ]

    @Test(arguments: samples)
    func `one duration is known to 1 percent`(nanoseconds: UInt64) {
        let histogram = histogram(of: [nanoseconds])
        let exact = Double(nanoseconds) / 1e9
        for quantile in [0, 0.5, 0.999, 1] {
            #expect(abs(histogram.quantileSeconds(quantile) / exact - 1) < 0.01)
        }
        #expect(histogram.sumSeconds == exact)
        #expect(histogram.count == 1)
        #expect(histogram.count(atOrBelowSeconds: exact * 1.01) == 1)
        #expect(histogram.count(atOrBelowSeconds: exact * 0.99) == 0)
    }

    @Test(arguments: [0, 1, 15, 16, 500, 999] as [UInt64])
    func `below a microsecond a duration is known to 8 nanoseconds`(nanoseconds: UInt64) {
        let seconds = histogram(of: [nanoseconds]).quantileSeconds(0.5)
        #expect(abs(seconds * 1e9 - Double(nanoseconds)) <= 8.1)
    }

    @Test func `every duration from 1 microsecond to 1,000 seconds is known to 1 percent`() {
        var random = Generator(state: 7)
        for _ in 0..<20_000 {
            let shift = UInt64.random(in: 0..<30, using: &random)
            let nanoseconds = UInt64.random(in: 1_000...1_999, using: &random) << shift
            let bucket = LatencyBuckets.bucket(ofNanoseconds: min(nanoseconds, 1_000_000_000_000))
            let middle = LatencyBuckets.middleSeconds(of: bucket) * 1e9
            let exact = Double(min(nanoseconds, 1_000_000_000_000))
            #expect(abs(middle / exact - 1) < 0.008, "\(nanoseconds) ns")
        }
    }

    @Test func `the buckets follow each other without gap or overlap`() {
        var middle = -1.0
        for bucket in 0..<LatencyBuckets.count {
            let next = LatencyBuckets.middleSeconds(of: bucket)
            #expect(next > middle)
            #expect(LatencyBuckets.bucket(ofNanoseconds: UInt64(next * 1e9 + 0.5)) == bucket)
            middle = next
        }
    }

    @Test(arguments: [1_099_511_627_776, 10_000_000_000_000, UInt64.max])
    func `what takes longer counts in the last bucket`(nanoseconds: UInt64) {
        let bucket = LatencyBuckets.bucket(ofNanoseconds: nanoseconds)
        #expect(bucket == LatencyBuckets.count - 1)
        #expect(histogram(of: [nanoseconds, nanoseconds]).sumSeconds == Double(nanoseconds) / 5e8)
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `quantiles of many durations are right to 1 percent`(seed: UInt64) {
        var random = Generator(state: seed)
        let durations = (0..<5_000).map { _ in
            UInt64.random(in: 1_000...2_000, using: &random)
                << UInt64.random(in: 0..<20, using: &random)
        }
        let histogram = histogram(of: durations)
        let sorted = durations.sorted()
        for quantile in [0.01, 0.25, 0.5, 0.9, 0.99, 0.999] {
            let exact = Double(sorted[Int(quantile * 5_000) - 1]) / 1e9
            #expect(abs(histogram.quantileSeconds(quantile) / exact - 1) < 0.01, "\(quantile)")
        }
    }

    @Test func `an empty histogram has no quantile and a sum of 0`() {
        let empty = LatencyHistogram()
        #expect(empty.quantileSeconds(0.5).isNaN)
        #expect(empty.count == 0)
        #expect(empty.sumSeconds == 0)
    }

    @Test func `merging equals recording everything in one`() {
        var merged = histogram(of: Array(Self.samples.prefix(7)))
        merged.merge(histogram(of: Array(Self.samples.dropFirst(7))))
        #expect(merged == histogram(of: Self.samples))
    }

    @Test func `subtracting an earlier state leaves what came since`() {
        var difference = histogram(of: Self.samples)
        difference.subtract(histogram(of: Array(Self.samples.prefix(7))))
        #expect(difference == histogram(of: Array(Self.samples.dropFirst(7))))
    }

    @Test func `counts below several bounds are those below each`() {
        let histogram = histogram(of: Self.samples)
        let bounds = Exposition.latencyBounds
        let counts = histogram.counts(atOrBelowSeconds: bounds)
        #expect(counts == bounds.map { histogram.count(atOrBelowSeconds: $0) })
        #expect(counts.first == 8 && counts.last == 13)
    }

    private func histogram(of durations: [UInt64]) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for nanoseconds in durations { histogram.record(nanoseconds: nanoseconds) }
        return histogram
    }
}

/// A repeatable source of random numbers (xorshift64).
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
