import Judging
import Telemetry
import Testing

/// From when on a request hangs, and when those that wait hold a step.
struct PatienceTests {
    private static func answers(_ count: Int, milliseconds: UInt64) -> LatencyHistogram {
        var times = LatencyHistogram()
        for _ in 0..<count { times.record(nanoseconds: milliseconds * 1_000_000) }
        return times
    }

    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }

    @Test func `stable's own time decides, and the candidate may take more`() {
        var patience = Patience(.init(factor: 2, plusNanoseconds: 0))
        #expect(Self.seconds(patience.limits.stable) == 10)
        #expect(Self.seconds(patience.limits.candidate) == 20)
        patience.take(Self.answers(99, milliseconds: 1_000), nowSeconds: 0)
        #expect(Self.seconds(patience.limits.stable) == 10)
        patience.take(Self.answers(1, milliseconds: 1_000), nowSeconds: 1)
        #expect(abs(Self.seconds(patience.limits.stable) - 4) < 0.05)
        #expect(abs(Self.seconds(patience.limits.candidate) - 8) < 0.1)
        // It is the slowest of a hundred, and never less than two seconds.
        patience.take(Self.answers(20_000, milliseconds: 10), nowSeconds: 2)
        #expect(Self.seconds(patience.limits.stable) == 2)
        patience.take(Self.answers(500, milliseconds: 30_000), nowSeconds: 3)
        #expect(abs(Self.seconds(patience.limits.stable) - 120) < 1.5)
        // After five minutes nothing is known any more.
        patience.take(LatencyHistogram(), nowSeconds: 304)
        #expect(Self.seconds(patience.limits.stable) == 10)
    }

    /// What waits, for more than a second, and what was answered at the candidate; stable's share;
    /// whether a step is held.
    static let cases: [(Int, Int, Int, Double?, Bool)] = [
        // Nothing has come, and nothing was asked.
        (0, 0, 0, 0, false),
        // Nobody has got an answer yet, however new that is, and whatever is usual.
        (1, 0, 0, 0, true), (1, 1, 0, 0.9, true), (1, 0, 0, nil, true),
        // Some wait, as ever.
        (5, 0, 100, 0, false), (2, 2, 1, 0, false), (5, 5, 95, 0, false), (6, 6, 94, 0, true),
        // Half of them hang while the others are well.
        (50, 50, 50, 0, true), (50, 50, 50, 0.24, true), (50, 50, 50, 0.3, false),
        // Nothing is known of stable.
        (50, 50, 50, nil, false), (51, 51, 49, nil, true),
    ]

    @Test(arguments: cases)
    func `what waits holds a step`(
        all: Int, slow: Int, answered: Int, usual: Double?, isHeld: Bool
    ) {
        let pending = Pending(all: all, slow: slow, answered: answered)
        #expect((pending.objection(usual: usual) != nil) == isHeld)
    }

    @Test func `a share of stable's needs enough to tell`() {
        #expect(Pending(slow: 2, answered: 17).slowShare == nil)
        #expect(Pending(slow: 2, answered: 18).slowShare == 0.1)
    }

    @Test func `hanging requests are judged like errors, by shares and with alpha kept`() {
        var judge = ErrorJudge()
        for _ in 0..<2_000 {
            judge.take(Evidence(.hanging, prefix: 1, share: 0.1, candidate: 1, stable: 9))
        }
        #expect(judge.breach == nil)
        judge.take(Evidence(.hanging, share: 0.5, candidate: 40, stable: 0))
        #expect(judge.breach?.kind == .hanging)
        #expect(JudgedClass.hanging.defaultAction == .rollback)
    }

    @Test func `what hangs has failed for the guard of errors as long as it does`() {
        let guards = AbsoluteGuards(
            errorShare: .init(above: 0.3, overSeconds: 60, fewest: 10), noUsableTargetSeconds: nil)
        var window = SideWindow()
        window.take(.init(ended: 10, failed: 0), nil, nowSeconds: 100)
        var sight = AbsoluteGuards.Sight(targets: 1, usable: 1)
        let standing = { (sight: AbsoluteGuards.Sight) in
            guards.standings(window, sight, unusableSince: nil, nowSeconds: 100).first?.standing
        }
        sight.hanging = 4
        #expect(standing(sight) == .holds)
        sight.hanging = 5
        #expect(standing(sight) == .breached("5 of 15 exchanges failed or hang"))
    }
}
