/// The buckets that all latency histograms share, so that histograms can be added up.
///
/// Time is counted in ticks of 16 ns. Each of the first 128 ticks has a bucket of its own; above,
/// every doubling is cut into 64 buckets. The middle of a bucket is thus at most 0.8 % away from
/// any time in it, from 1 µs to 1,099 s; what takes longer counts in the last bucket.
enum LatencyBuckets {
    /// Buckets in one histogram.
    static let count = 1_984

    private static let longestTick: UInt64 = 0xF_FFFF_FFFF
    private static let nanosecondsPerTick = 16.0

    /// The bucket of a time.
    static func bucket(ofNanoseconds nanoseconds: UInt64) -> Int {
        let tick = min(nanoseconds >> 4, longestTick)
        // Bit 6 set keeps the ticks below 64 in the first, linear part without a test.
        let doubling = UInt64(truncatingIfNeeded: 57 - (tick | 0x40).leadingZeroBitCount)
        return Int(truncatingIfNeeded: (doubling << 6) &+ (tick >> doubling))
    }

    /// The middle of a bucket: what every time in it is taken for.
    static func middleSeconds(of bucket: Int) -> Double {
        let doubling = max(0, (bucket >> 6) - 1)
        let width = Double(1 << doubling)
        let middleTick = (Double(bucket - (doubling << 6)) + 0.5) * width
        return middleTick * nanosecondsPerTick / 1e9
    }
}
