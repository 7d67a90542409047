import Testing

@testable import Telemetry

@Suite struct LatencyHistogramTests {
    @Test(
        arguments: [
            1_000, 1_023, 2_047, 2_048, 2_049, 4_095, 65_537, 1_000_000, 7_777_777, 999_999_999,
            1_000_000_000_000,
        ] as [UInt64])
    func `one duration is known to 1 percent`(nanoseconds: UInt64) {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: nanoseconds)
        let exact = Double(nanoseconds) / 1e9
        #expect(abs(histogram.quantileSeconds(0.5) / exact - 1) < 0.01)
        #expect(histogram.sumSeconds == exact)
        #expect(histogram.count == 1)
    }
}
