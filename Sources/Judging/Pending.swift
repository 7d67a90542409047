/// Requests of one side that have been said in full and wait for their answer at this moment.
package struct Pending: Sendable, Equatable {
    /// From so many on, and from such a part of all on, those that wait hold a step.
    static let fewest = 3
    static let mostShare = 0.05
    /// Where nothing is known of stable, as requests may wait there as long.
    static let mostShareAlone = 0.5
    static let enough = 20

    /// All of them, and those that have waited for more than a second.
    package var all = 0
    package var slow = 0
    /// How many have got an answer in the last ten seconds.
    package var answered = 0

    /// None, unless said.
    package init(all: Int = 0, slow: Int = 0, answered: Int = 0) {
        self.all = all
        self.slow = slow
        self.answered = answered
    }

    /// The part of the slow ones among them and those that were answered; nil with too few to
    /// tell.
    package var slowShare: Double? {
        slow + answered >= Self.enough ? Double(slow) / Double(slow + answered) : nil
    }

    /// Why a step must not end now, as what its candidate got hangs; nil when it does not, or no
    /// more than twice as much as `usual`: stable's share, nil where that is not known. Nothing
    /// goes back for this alone.
    package func objection(usual: Double?) -> String? {
        if answered == 0, all > 0 {
            return "\(all) wait for an answer, and none came in the last 10 s"
        }
        let most = usual.map { max(Self.mostShare, 2 * $0) } ?? Self.mostShareAlone
        guard slow >= Self.fewest, Double(slow) > most * Double(slow + answered) else {
            return nil
        }
        return "\(slow) have waited for more than a second, against \(answered) answers in the "
            + "last 10 s"
    }
}
