package import Telemetry

/// What one side has come to in the last minutes, second by second.
package struct SideWindow: Sendable {
    /// What came to an end in a stretch of time, and what of it failed.
    package struct Sum: Sendable, Equatable {
        /// Exchanges that ended, and those that failed.
        package var ended = 0
        package var failed = 0

        package init(ended: Int = 0, failed: Int = 0) {
            self.ended = ended
            self.failed = failed
        }
    }

    private struct Slice {
        let at: Double
        var sum: Sum
        var times: LatencyHistogram?
    }

    /// As far back as any guard may look.
    package static let longestSeconds = 600.0
    private var slices: [Slice] = []

    /// Nothing yet.
    package init() {}

    /// Takes in what ended since the last call.
    package mutating func take(_ sum: Sum, _ times: LatencyHistogram?, nowSeconds: Double) {
        slices.append(Slice(at: nowSeconds, sum: sum, times: times))
        let oldest = nowSeconds - Self.longestSeconds
        let first = slices.firstIndex { $0.at >= oldest } ?? slices.count
        if first > 0 { slices.removeFirst(first) }
    }

    /// What ended in the last so many seconds.
    package func sum(ofLast seconds: Double, nowSeconds: Double) -> Sum {
        var sum = Sum()
        for slice in slices.reversed() {
            guard slice.at > nowSeconds - seconds else { break }
            sum.ended += slice.sum.ended
            sum.failed += slice.sum.failed
        }
        return sum
    }

    /// A quantile of how long answers took in the last so many seconds, in seconds; nil with
    /// fewer answers than so many.
    package func quantile(
        _ quantile: Double, ofLast seconds: Double, nowSeconds: Double, fewest: Int
    ) -> Double? {
        var times = LatencyHistogram()
        for slice in slices.reversed() {
            guard slice.at > nowSeconds - seconds else { break }
            if let more = slice.times { times.merge(more) }
        }
        guard times.count >= UInt64(max(fewest, 1)) else { return nil }
        return times.quantileSeconds(quantile)
    }
}
