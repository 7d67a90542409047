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
    /// What waits for its answer, by side, and the answers of the last seconds.
    private var candidatePending = Pending()
    private var stableAnswers = SideWindow()
    private var candidateAnswers = SideWindow()
    /// The part of what waits at the stable side, when there was last enough to tell.
    private var usualSlowShare: Double?

    /// Takes in what went on since the last call.
    mutating func take(_ both: EvidenceReport.Both, nowSeconds: Double) {
        stable.take(
            answered: both.stable.answered, unanswered: Self.unanswered(both.stable),
            nowSeconds: nowSeconds)
        candidate.take(
            answered: both.candidate.answered, unanswered: Self.unanswered(both.candidate),
            nowSeconds: nowSeconds)
        stableWindow.take(
            .init(
                ended: both.stable.ended, failed: both.stable.failed + both.stable.givenUp), nil,
            nowSeconds: nowSeconds)
        stableOverdue = both.stable.overdue
        let stablePending = Self.pending(both.stable, &stableAnswers, nowSeconds)
        usualSlowShare = stablePending.slowShare ?? usualSlowShare
        candidatePending = Self.pending(both.candidate, &candidateAnswers, nowSeconds)
    }

    private static func pending(
        _ traffic: EvidenceReport.Traffic, _ answers: inout SideWindow, _ nowSeconds: Double
    ) -> Pending {
        answers.take(.init(ended: traffic.answered), nil, nowSeconds: nowSeconds)
        let answered = answers.sum(ofLast: StableHealth.seconds, nowSeconds: nowSeconds).ended
        return Pending(all: traffic.waiting, slow: traffic.slow, answered: answered)
    }

    /// Why a step must not end now: what the candidate got waits. nil when nothing is the matter.
    var waitObjection: String? { candidatePending.objection(usual: usualSlowShare) }

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
