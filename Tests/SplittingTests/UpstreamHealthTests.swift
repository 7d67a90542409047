import Splitting
import Testing

/// Verdicts, failures and time go in, states come out.
@Suite struct UpstreamHealthTests {
    private static let checks = HealthRules.Checks(rise: 2, fall: 3)

    private static func upstream(
        _ targets: [String] = ["a", "b"], checks: HealthRules.Checks? = Self.checks,
        ejection: HealthRules.Ejection? = nil, slowStart: Int64 = 0
    ) -> UpstreamHealth {
        let rules = HealthRules(checks: checks, ejection: ejection, slowStart: slowStart)
        var upstream = UpstreamHealth(rules)
        #expect(upstream.run(rules, targets: targets, now: 0).isEmpty)
        return upstream
    }

    /// s: sound, g: degraded, f: failed. The states that follow each: u, s, g, d.
    @Test(
        arguments: [
            // The first check decides alone.
            ("s", "s"), ("f", "d"), ("g", "g"),
            // Fall: three in a row; any other in between begins anew.
            ("sff", "sss"), ("sfff", "sssd"), ("sffsff", "ssssss"), ("sffsfff", "ssssssd"),
            // Rise: two in a row.
            ("fs", "dd"), ("fss", "dds"), ("fsfss", "dddds"),
            // Degraded: neither sound nor down, whatever it comes from.
            ("sgg", "sss"), ("sggg", "sssg"), ("sgfg", "sssg"), ("sffg", "sssg"),
            ("sfgfgfgf", "sssggggg"), ("sgggfff", "sssgggd"),
            ("gs", "gg"), ("gss", "ggs"), ("gsgss", "ggggs"),
            // What answers somehow is not down any more; what answers well is sound.
            ("fgg", "ddg"), ("fgs", "ddg"), ("fgss", "ddgs"), ("fsg", "ddg"), ("fgfg", "dddd"),
        ])
    func `checks move a target by their rows`(verdicts: String, states: String) {
        var upstream = Self.upstream()
        var seen = ""
        for (index, letter) in verdicts.enumerated() {
            _ = upstream.take(Self.verdict(letter), of: "a", now: Int64(index))
            seen += Self.letter(upstream["a"]?.state)
        }
        #expect(seen == states)
        #expect(upstream["b"]?.state == .unknown)
    }

    private static func verdict(_ letter: Character) -> CheckVerdict {
        switch letter {
        case "s": .sound
        case "g": .degraded("no database")
        default: .failed("refused")
        }
    }

    private static func letter(_ state: HealthState?) -> String {
        switch state {
        case .unknown: "u"
        case .sound: "s"
        case .degraded: "g"
        case .ejected: "e"
        case .down: "d"
        case nil: "-"
        }
    }

    @Test func `a target of which nothing is known is chosen like a sound one`() {
        let upstream = Self.upstream()
        #expect(upstream["a"]?.state == .unknown)
        #expect(upstream.standing(of: "a", now: 0) == TargetStanding())
        #expect(Self.upstream(checks: nil)["a"]?.state == .sound)
    }

    @Test func `a change tells what was, what is and why, and is told once`() {
        var upstream = Self.upstream()
        #expect(
            upstream.take(.failed("refused"), of: "a", now: 5) == [
                HealthChange(target: "a", from: .unknown, to: .down, reason: "refused")
            ])
        #expect(upstream.take(.failed("late"), of: "a", now: 6).isEmpty)
        #expect(upstream["a"]?.since == 5)
        #expect(upstream["a"]?.lastTrouble == TargetHealth.Trouble(text: "late", at: 6))
        _ = upstream.take(.sound, of: "a", now: 7)
        #expect(
            upstream.take(.sound, of: "a", now: 8) == [
                HealthChange(target: "a", from: .down, to: .sound, reason: "2 checks passed")
            ])
        #expect(upstream["a"]?.lastTrouble?.text == "late")
        #expect(upstream["a"]?.tally.failed == 2)
    }

    @Test func `what is said of a target that is gone changes nothing`() {
        var upstream = Self.upstream(ejection: .init(base: 10, maxSharePercent: 100))
        #expect(upstream.take(.failed("x"), of: "c", now: 1).isEmpty)
        #expect(upstream.fail("c", "x", now: 1).isEmpty)
        #expect(upstream["c"] == nil && upstream.standing(of: "c", now: 1) == nil)
    }

    @Test func `a reload keeps what is known of the targets that stay`() {
        var upstream = Self.upstream()
        _ = upstream.take(.failed("x"), of: "a", now: 1)
        #expect(upstream.run(upstream.rules, targets: ["a", "c"], now: 2).isEmpty)
        #expect(upstream["a"]?.state == .down && upstream["c"]?.state == .unknown)
        // One that comes back is a new one.
        _ = upstream.run(upstream.rules, targets: ["c"], now: 3)
        _ = upstream.run(upstream.rules, targets: ["a", "c"], now: 4)
        #expect(upstream["a"]?.state == .unknown)
    }

    @Test func `with the checks goes what they said, and it comes back as nothing known`() {
        var upstream = Self.upstream()
        _ = upstream.take(.failed("x"), of: "a", now: 1)
        let gone = upstream.run(HealthRules(), targets: ["a", "b"], now: 2)
        #expect(gone.map(\.to) == [.sound, .sound])
        #expect(upstream.take(.failed("x"), of: "a", now: 3).isEmpty)
        let back = upstream.run(HealthRules(checks: Self.checks), targets: ["a", "b"], now: 4)
        #expect(back.map(\.to) == [.unknown, .unknown])
    }

    @Test func `other checks keep the state but begin their rows anew`() {
        var upstream = Self.upstream()
        for _ in 0..<2 { _ = upstream.take(.sound, of: "a", now: 1) }
        for _ in 0..<2 { _ = upstream.take(.failed("x"), of: "a", now: 2) }
        upstream.forgetStreaks()
        #expect(upstream.take(.failed("x"), of: "a", now: 3).isEmpty)
        #expect(upstream["a"]?.state == .sound)
    }
}
