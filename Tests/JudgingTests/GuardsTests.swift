import Judging
import Telemetry
import Testing

struct GuardsTests {
    private func window(_ ended: Int, _ failed: Int, milliseconds: UInt64 = 10) -> SideWindow {
        var times = LatencyHistogram()
        for _ in 0..<ended { times.record(nanoseconds: milliseconds * 1_000_000) }
        var window = SideWindow()
        window.take(.init(ended: ended, failed: failed), times, nowSeconds: 100)
        return window
    }

    private func standing(
        _ guards: AbsoluteGuards, _ window: SideWindow, at now: Double = 100,
        usable: Int = 2, unusableSince: Double? = nil
    ) -> AbsoluteGuards.Standing? {
        guards.standings(
            window, .init(targets: 2, usable: usable), unusableSince: unusableSince,
            nowSeconds: now
        ).first?.standing
    }

    @Test func `an error share holds, breaches or knows nothing`() {
        let guards = AbsoluteGuards(
            errorShare: .init(above: 0.05), noUsableTargetSeconds: nil)
        #expect(standing(guards, window(100, 5)) == .holds)
        #expect(standing(guards, window(100, 6)) == .breached("6 of 100 exchanges failed"))
        #expect(standing(guards, window(99, 99)) == .noData("99 exchanges, needs 100"))
        #expect(standing(guards, window(0, 0)) == .noData("0 exchanges, needs 100"))
        // What is older than the guard looks back is forgotten.
        #expect(
            standing(guards, window(100, 100), at: 161) == .noData("0 exchanges, needs 100"))
    }

    @Test func `a latency holds, breaches or knows nothing`() {
        let guards = AbsoluteGuards(
            latency: .init(quantile: 0.95, aboveSeconds: 0.05), noUsableTargetSeconds: nil)
        #expect(standing(guards, window(100, 0)) == .holds)
        let slow = standing(guards, window(100, 0, milliseconds: 80))
        #expect(slow == .breached("the 0.95 quantile is 80 ms"), "\(String(describing: slow))")
        #expect(standing(guards, window(99, 0)) == .noData("fewer than 100 answers"))
    }

    @Test func `a candidate without a usable target breaches after its time`() {
        let guards = AbsoluteGuards()
        #expect(standing(guards, SideWindow()) == .holds)
        #expect(
            standing(guards, SideWindow(), usable: 0, unusableSince: 91)
                == .noData("no usable target for 9 s"))
        #expect(
            standing(guards, SideWindow(), usable: 0, unusableSince: 90)
                == .breached("no usable target for 10 s"))
        let off = AbsoluteGuards(noUsableTargetSeconds: nil)
        #expect(standing(off, SideWindow(), usable: 0, unusableSince: 0) == nil)
    }

    @Test func `a minimum of targets is kept`() {
        let guards = AbsoluteGuards(noUsableTargetSeconds: nil, minHealthy: 2)
        #expect(standing(guards, SideWindow()) == .holds)
        #expect(
            standing(guards, SideWindow(), usable: 1)
                == .breached("1 of 2 targets usable, expected 2"))
    }

    @Test func `nothing goes back to a stable side that is worse off`() {
        typealias Sum = SideWindow.Sum
        let objection = { (isUsable: Bool, ended: Int, failed: Int, overdue: Int) in
            StableHealth.objection(
                hasUsableTarget: isUsable, Sum(ended: ended, failed: failed), overdue: overdue)
        }
        #expect(objection(true, 0, 0, 0) == nil)
        #expect(objection(true, 100, 50, 0) == nil)
        #expect(objection(true, 100, 51, 0) != nil)
        #expect(objection(true, 40, 0, 41) != nil)
        #expect(objection(false, 100, 0, 0) == "the stable side has no usable target")
    }
}
