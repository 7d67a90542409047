internal import Telemetry

/// How long answers took in the last five minutes.
struct RecentTimes: Sendable {
    private static let sliceSeconds = 10.0
    private static let mostSlices = 30

    private var slices: [(began: Double, histogram: LatencyHistogram)] = []
    /// What the slices hold together.
    private var sum = LatencyHistogram()

    /// Takes in how long answers took since the last call.
    mutating func take(_ answers: LatencyHistogram, nowSeconds: Double) {
        if let last = slices.last, nowSeconds < last.began + Self.sliceSeconds {
            slices[slices.count - 1].histogram.merge(answers)
        } else {
            slices.append((nowSeconds, answers))
        }
        sum.merge(answers)
        let oldest = nowSeconds - Self.sliceSeconds * Double(Self.mostSlices)
        while let first = slices.first, first.began < oldest {
            sum.subtract(first.histogram)
            slices.removeFirst()
        }
    }

    /// A quantile of them; nil with fewer answers than so many.
    func quantileSeconds(_ quantile: Double, fewest: Int) -> Double? {
        sum.count >= UInt64(fewest) ? sum.quantileSeconds(quantile) : nil
    }
}
