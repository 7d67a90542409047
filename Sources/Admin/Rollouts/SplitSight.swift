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
            answered: both.stable.answered, unanswered: Self.unanswered(both.stable),
            nowSeconds: nowSeconds)
        candidate.take(
            answered: both.candidate.answered, unanswered: Self.unanswered(both.candidate),
            nowSeconds: nowSeconds)
        stableWindow.take(
            .init(ended: both.stable.ended, failed: both.stable.failed), nil,
            nowSeconds: nowSeconds)
        stableOverdue = both.stable.overdue
    }

    /// Those that still wait count as one in each second, however many they are.
    private static func unanswered(_ traffic: EvidenceReport.Traffic) -> Int {
        traffic.unanswered + (traffic.overdue >= Reach.fewest ? 1 : 0)
    }

    /// Why nothing goes back to the stable side where its last exchanges got no answer, though
    /// many of the last ten seconds did; nil when it answers.
    func stableSilence(_ nowSeconds: Double) -> String? {
        guard stable.silentSeconds(nowSeconds: nowSeconds) != nil else { return nil }
        return "at the stable side the last \(stable.inARow) got no answer"
    }
}
