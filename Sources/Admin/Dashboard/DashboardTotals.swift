internal import Telemetry

/// What a lane has counted since the start, as far as the dashboard shows it.
struct DashboardTotals: Sendable {
    let routed: Int
    let requests: Int
    /// Answers with 5xx, in the order of `ResponseOrigin`; connections that came to nothing are
    /// of unknown origin.
    let errors: [Int]
    let attempts: Int
    private let durations: LatencyHistogram

    /// Of a lane; `isKong`: whether who made an answer is known.
    init(_ counters: WorkerCounters, lane: Int, isKong: Bool) {
        routed = ChoiceKind.allCases.reduce(0) { $0 + counters.routedCount(lane: lane, by: $1) }
        let ends = TCPEnd.allCases.map { ($0, counters.tcpEndCount(lane: lane, $0)) }
        requests = counters.requestCount(lane: lane) + ends.reduce(0) { $0 + $1.1 }
        attempts = AttemptFailure.allCases.reduce(0) {
            $0 + counters.failureCount(lane: lane, kind: $1)
        }
        var errors = ResponseOrigin.allCases.map { _ in 0 }
        for code in 500...599 {
            if isKong {
                for origin in ResponseOrigin.allCases {
                    errors[origin.rawValue] += counters.kongResponseCount(
                        lane: lane, by: origin, code: code)
                }
            } else {
                errors[ResponseOrigin.unknown.rawValue] += counters.requestCount(
                    lane: lane, code: code)
            }
        }
        for (end, count) in ends where end.isFault && end != .clientReset {
            errors[ResponseOrigin.unknown.rawValue] += count
        }
        self.errors = errors
        durations = counters.durationHistogram(lane: lane)
    }

    /// What has been added since an earlier state, and the shares of this moment.
    func row(since earlier: DashboardTotals, set: Double, effective: Double)
        -> DashboardHistory.Row
    {
        var fresh = durations
        fresh.subtract(earlier.durations)
        let times = [0.5, 0.95, 0.99].map { Self.microseconds(fresh.quantileSeconds($0)) }
        let errors = zip(errors, earlier.errors).map { Self.count($0 - $1) }
        return [Self.count(routed - earlier.routed), Self.count(requests - earlier.requests)]
            + errors + [Self.count(attempts - earlier.attempts)] + times
            + [Self.millionths(set), Self.millionths(effective)]
    }

    private static func count(_ value: Int) -> Int32 { Int32(clamping: max(0, value)) }

    private static func microseconds(_ seconds: Double) -> Int32 {
        seconds.isFinite ? Int32(clamping: Int((seconds * 1e6).rounded())) : -1
    }

    private static func millionths(_ share: Double) -> Int32 {
        share.isFinite ? Int32(clamping: Int((share * 1e6).rounded())) : -1
    }
}
