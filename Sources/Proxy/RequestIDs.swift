internal import HTTP
internal import Splitting

/// Where a worker takes the identifiers of requests from.
///
/// Two sequences with seeds of their own: two workers, of this process or any other, would have to
/// draw alike in both to name two requests alike.
struct RequestIDs {
    private var high: FastRandom
    private var low: FastRandom

    init(seeds high: UInt64, _ low: UInt64) {
        self.high = FastRandom(seed: high)
        self.low = FastRandom(seed: low)
    }

    mutating func next() -> RequestID { RequestID(high: high.next(), low: low.next()) }
}
