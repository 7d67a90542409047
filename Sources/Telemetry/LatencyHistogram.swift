/// How long things took, to better than 1 %, from 1 µs to 1,000 s.
package struct LatencyHistogram: Sendable, Equatable {
    private var buckets: [UInt64]
    private var totalNanoseconds: UInt128

    /// An empty histogram; later nothing is allocated any more.
    package init() {
        buckets = Array(repeating: 0, count: LatencyBuckets.count)
        totalNanoseconds = 0
    }

    init(buckets: ArraySlice<UInt64>, totalNanoseconds: UInt128) {
        self.buckets = Array(buckets)
        self.totalNanoseconds = totalNanoseconds
    }

    /// Counts one duration.
    package mutating func record(nanoseconds: UInt64) {
        buckets[LatencyBuckets.bucket(ofNanoseconds: nanoseconds)] &+= 1
        totalNanoseconds &+= UInt128(nanoseconds)
    }

    /// Adds what another histogram counted.
    package mutating func merge(_ other: LatencyHistogram) {
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        totalNanoseconds &+= other.totalNanoseconds
    }

    /// Takes away an earlier state of this histogram, which leaves what was counted since.
    package mutating func subtract(_ earlier: LatencyHistogram) {
        for index in buckets.indices { buckets[index] &-= earlier.buckets[index] }
        totalNanoseconds &-= earlier.totalNanoseconds
    }

    /// How many durations were counted.
    package var count: UInt64 { buckets.reduce(0, &+) }

    /// The sum of all durations, exact but for the rounding to a Double.
    package var sumSeconds: Double { Double(totalNanoseconds) / 1e9 }

    /// The duration that the share `quantile` (0 to 1) of all does not exceed; NaN when empty.
    package func quantileSeconds(_ quantile: Double) -> Double {
        let count = count
        guard count > 0 else { return .nan }
        // Rounded up by hand: `rounded` needs the mathematics library.
        let exactRank = min(max(quantile, 0), 1) * Double(count)
        let wholeRank = UInt64(exactRank)
        let rank = max(1, Double(wholeRank) < exactRank ? wholeRank + 1 : wholeRank)
        var counted: UInt64 = 0
        for (bucket, times) in buckets.enumerated() {
            counted += times
            if counted >= rank { return LatencyBuckets.middleSeconds(of: bucket) }
        }
        return LatencyBuckets.middleSeconds(of: buckets.count - 1)
    }

    /// How many durations were at most `bound` seconds long; at most 1 % beside it is off.
    package func count(atOrBelowSeconds bound: Double) -> UInt64 {
        counts(atOrBelowSeconds: [bound])[0]
    }

    /// The same for several ascending bounds, in one pass.
    package func counts(atOrBelowSeconds bounds: [Double]) -> [UInt64] {
        var bucket = 0
        var counted: UInt64 = 0
        return bounds.map { bound in
            while bucket < buckets.count, LatencyBuckets.middleSeconds(of: bucket) <= bound {
                counted += buckets[bucket]
                bucket += 1
            }
            return counted
        }
    }
}
