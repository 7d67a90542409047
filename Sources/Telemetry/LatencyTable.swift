/// Many latency histograms on one flat block: a row for each lane.
struct LatencyTable: Sendable {
    private var buckets: [UInt64] = []
    private var totalNanoseconds: [UInt128] = []

    var rows: Int { totalNanoseconds.count }

    /// Adds empty rows until there are `rows` of them; never takes one away.
    mutating func grow(rows: Int) {
        let added = rows - self.rows
        guard added > 0 else { return }
        buckets += repeatElement(0, count: added * LatencyBuckets.count)
        totalNanoseconds += repeatElement(0, count: added)
    }

    mutating func record(row: Int, nanoseconds: UInt64) {
        let bucket = LatencyBuckets.bucket(ofNanoseconds: nanoseconds)
        buckets[row &* LatencyBuckets.count &+ bucket] &+= 1
        totalNanoseconds[row] &+= UInt128(nanoseconds)
    }

    mutating func merge(_ other: LatencyTable) {
        grow(rows: other.rows)
        for index in other.buckets.indices { buckets[index] &+= other.buckets[index] }
        for row in 0..<other.rows { totalNanoseconds[row] &+= other.totalNanoseconds[row] }
    }

    func histogram(row: Int) -> LatencyHistogram {
        let begin = row * LatencyBuckets.count
        return LatencyHistogram(
            buckets: buckets[begin..<begin + LatencyBuckets.count],
            totalNanoseconds: totalNanoseconds[row])
    }
}
