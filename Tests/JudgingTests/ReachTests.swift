import Judging
import Testing

struct ReachTests {
    /// Plays seconds, each `+` for an answer and `-` for an exchange without one.
    private func reach(_ play: String, from start: Double = 0) -> (Reach, Double) {
        var reach = Reach()
        var now = start
        for mark in play {
            now += 1
            reach.take(
                answered: mark == "+" ? 2 : 0, unanswered: mark == "-" ? 1 : 0, nowSeconds: now)
        }
        return (reach, now)
    }

    @Test func `who answers nobody for ten seconds is gone, and who answers one is not`() {
        for (play, isGone) in [
            ("", false), ("++++", false), ("+----------", false), ("+-----------", true),
            ("-----------", true), ("-----+-----", false), ("-  -  -     ", true),
            // A burst that is over says nothing of the time since.
            ("---         ", false), ("-          -", false),
        ] {
            let (reach, now) = reach(play)
            #expect(reach.isSilent(forSeconds: 10, nowSeconds: now) == isGone, "\(play)")
        }
    }

    @Test func `what was long ago is no news`() {
        let (answering, now) = reach("+")
        #expect(answering.isAnswering(nowSeconds: now + 60))
        #expect(!answering.isAnswering(nowSeconds: now + 61))
        #expect(!Reach().isAnswering(nowSeconds: 0))
        let (silent, later) = reach("-------------")
        #expect(silent.silentSeconds(nowSeconds: later + 600) != nil)
        #expect(silent.silentSeconds(nowSeconds: later + 601) == nil)
        var again = silent
        again.take(answered: 0, unanswered: 1, nowSeconds: later + 700)
        #expect(again.inARow == 1)
    }

    @Test func `an answer in the same second outweighs those without one`() {
        var reach = Reach()
        for second in 1...20 {
            reach.take(answered: 1, unanswered: 50, nowSeconds: Double(second))
        }
        #expect(reach.inARow == 0)
        #expect(reach.isAnswering(nowSeconds: 20))
    }

    private func standing(
        _ reaches: [Reach], at now: Double, isChecked: Bool, usable: Int = 2,
        unusableSince: Double? = nil
    ) -> AbsoluteGuards.Standing? {
        AbsoluteGuards().standings(
            SideWindow(),
            .init(targets: 2, usable: usable, isChecked: isChecked, reaches: reaches),
            unusableSince: unusableSince, nowSeconds: now
        ).first?.standing
    }

    @Test func `without checks the guard knows what traffic shows, and no more`() {
        let (silent, now) = reach("+-----------")
        let (answering, _) = reach("++++++++++++")
        let nothing = "no `health`, and no answer of its traffic in the last 60 s"
        #expect(standing([answering], at: now, isChecked: false) == .holds)
        #expect(standing([Reach()], at: now, isChecked: false) == .noData(nothing))
        #expect(standing([answering, Reach()], at: now, isChecked: false) == .noData(nothing))
        #expect(
            standing([answering, silent], at: now, isChecked: false)
                == .breached("11 in a row got no answer, for 10 s"))
        #expect(
            standing([silent], at: now - 1, isChecked: false)
                == .noData("11 in a row got no answer"))
    }

    @Test func `checks that are content do not outweigh traffic without an answer`() {
        let (silent, now) = reach("+-----------")
        #expect(standing([Reach()], at: now, isChecked: true) == .holds)
        #expect(
            standing([silent], at: now, isChecked: true)
                == .breached("11 in a row got no answer, for 10 s"))
        #expect(
            standing([Reach()], at: now, isChecked: true, usable: 0, unusableSince: now - 10)
                == .breached("no usable target for 10 s"))
    }
}
