internal import Judging
internal import Proxy

/// What the traffic of one split of a rollout shows.
struct SplitSight {
    /// Whether either side gives answers.
    private(set) var stable = Reach()
    private(set) var candidate = Reach()
    /// What came to an end at the stable side, and what waits there for too long.
    private(set) var stableWindow = SideWindow()
    private(set) var stableOverdue = 0

    /// Takes in what went on since the last call.
    mutating func take(_ both: EvidenceReport.Both, nowSeconds: Double) {
        stable.take(
            answered: both.stable.answered, unanswered: both.stable.unanswered,
            nowSeconds: nowSeconds)
        candidate.take(
            answered: both.candidate.answered, unanswered: both.candidate.unanswered,
            nowSeconds: nowSeconds)
        stableWindow.take(
            .init(ended: both.stable.ended, failed: both.stable.failed), nil,
            nowSeconds: nowSeconds)
        stableOverdue = both.stable.overdue
    }
}
