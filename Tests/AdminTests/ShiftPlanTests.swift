import Splitting
import Testing

@testable import Admin
@testable import Proxy

/// Which long-lived connections are made anew.
struct ShiftPlanTests {
    /// Weight, live and old of each member, and how many of it are closed.
    static let plans: [([(Int, Int, Int)], [Int])] = [
        // Nothing lives, or all is in proportion to less than one connection.
        ([(90, 0, 0), (10, 0, 0)], [0, 0]),
        ([(90, 9, 9), (10, 1, 1)], [0, 0]),
        ([(75, 76, 76), (25, 25, 25)], [0, 0]),
        // Everybody has to choose anew: the new upstream has nothing yet.
        ([(75, 100, 100), (25, 0, 0)], [100, 0]),
        // What is kept is in proportion: 30 and 10.
        ([(75, 90, 90), (25, 10, 10)], [60, 0]),
        ([(50, 10, 10), (50, 90, 90)], [0, 80]),
        // A member at 0 keeps nothing.
        ([(0, 40, 40), (100, 60, 60)], [40, 0]),
        ([(0, 40, 15), (100, 60, 60)], [15, 0]),
        // Only what is old is closed.
        ([(75, 100, 20), (25, 0, 0)], [20, 0]),
        ([(75, 100, 0), (25, 0, 0)], [0, 0]),
        // Three members; no weights.
        ([(1, 30, 30), (1, 30, 30), (1, 0, 0)], [30, 30, 0]),
        ([(1, 30, 30), (1, 20, 20), (2, 20, 20)], [20, 10, 0]),
        ([(0, 5, 5), (0, 5, 5)], [0, 0]),
    ]

    @Test(arguments: plans)
    func `what is kept has the proportion of the weights`(
        members: [(Int, Int, Int)], closed: [Int]
    ) {
        let plan = ShiftPlan.closings(
            members.map { ShiftPlan.Member(weight: $0.0, live: $0.1, old: $0.2) })
        #expect(plan == closed)
    }

    private func entry(
        _ upstream: String, _ seconds: UInt64, _ bond: Roster.Entry.Bond = .free
    ) -> Roster.Entry {
        Roster.Entry(
            upstream: upstream, bond: bond, ageNanoseconds: seconds * 1_000_000_000,
            token: seconds)
    }

    private func picked(_ entries: [Roster.Entry], olderThan seconds: UInt64) -> [UInt64] {
        let weights = [try? Weight.parse("50"), try? Weight.parse("50")].compactMap(\.self)
        let picked = ShiftKeeper.picked(
            entries, olderThan: seconds * 1_000_000_000, members: ["x", "y"], weights: weights)
        return picked.entries.map { $0.ageNanoseconds / 1_000_000_000 }
    }

    @Test func `the oldest are closed first, and none that is young`() {
        let entries = [5, 50, 10, 40, 20, 30].map { entry("x", $0) }
        #expect(picked(entries, olderThan: 20) == [50, 40, 30, 20])
        #expect(picked(entries, olderThan: 60) == [])
    }

    @Test func `whose key is at home stays, and whose key is elsewhere goes`() {
        let entries = [
            entry("x", 50, .home), entry("x", 40, .away), entry("y", 30, .away),
            entry("x", 10, .away),
        ]
        #expect(picked(entries, olderThan: 20) == [40, 30])
    }

    @Test func `what lives at an upstream that the split has no more goes`() {
        #expect(picked([entry("z", 50), entry("z", 60, .home)], olderThan: 20) == [50])
    }

    @Test(arguments: [(0, 1), (50, 1), (1_000, 10), (30_000, 30), (600_000, 600)])
    func `a shift takes its time in steps`(over: Int, steps: Int) {
        #expect(ShiftKeeper.steps(overMilliseconds: over) == steps)
    }
}
