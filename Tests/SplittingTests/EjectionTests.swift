import Splitting
import Testing

/// What traffic alone does to a target.
@Suite struct EjectionTests {
    private static func upstream(
        _ count: Int, base: Int64 = 1_000, share: Int = 50, slowStart: Int64 = 0,
        checks: HealthRules.Checks? = nil
    ) -> UpstreamHealth {
        let rules = HealthRules(
            checks: checks, ejection: .init(base: base, maxSharePercent: share),
            slowStart: slowStart)
        var upstream = UpstreamHealth(rules)
        _ = upstream.run(rules, targets: names(count), now: 0)
        return upstream
    }

    private static func names(_ count: Int) -> [String] { (0..<count).map { "t\($0)" } }

    private static func ejected(_ upstream: UpstreamHealth) -> Int {
        upstream.names.count { upstream[$0]?.state == .ejected }
    }

    @Test func `an ejection ends by itself`() {
        var upstream = Self.upstream(2)
        let change = upstream.fail("t0", "5 failures", now: 10)
        #expect(
            change == [
                HealthChange(
                    target: "t0", from: .sound, to: .ejected, reason: "5 failures; for 1 s")
            ])
        #expect(upstream.standing(of: "t0", now: 10)?.health == .ejected)
        #expect(upstream.nextChange(after: 10) == 1_010)
        #expect(upstream.advance(to: 1_009).isEmpty)
        #expect(upstream.advance(to: 1_010).map(\.reason) == ["the ejection is over"])
        #expect(upstream.nextChange(after: 1_010) == nil)
    }

    /// So many milliseconds between the end of an ejection and the next failures; how long each
    /// ejection lasts.
    @Test(
        arguments: [
            ([0, 0, 0, 0], [1_000, 2_000, 4_000, 8_000]),
            // Having done well for as long as the last one lasted forgets one.
            ([0, 0, 1_999], [1_000, 2_000, 4_000]), ([0, 0, 2_000], [1_000, 2_000, 2_000]),
            ([0, 0, 2_999], [1_000, 2_000, 2_000]), ([0, 0, 3_000], [1_000, 2_000, 1_000]),
            ([0, 1_000], [1_000, 1_000]),
            ([0, 999], [1_000, 2_000]), ([0, 0, 0, 100_000], [1_000, 2_000, 4_000, 1_000]),
        ] as [([Int64], [Int64])])
    func `ejections double, and are forgotten when the target does well`(
        gaps: [Int64], durations: [Int64]
    ) throws {
        var upstream = Self.upstream(2)
        var now: Int64 = 0
        var seen: [Int64] = []
        for gap in gaps {
            now += gap
            _ = upstream.fail("t0", "x", now: now)
            let until = try #require(upstream["t0"]?.ejectedUntil)
            seen.append(until - now)
            now = until
            _ = upstream.advance(to: now)
        }
        #expect(seen == durations)
    }

    @Test(
        arguments: [
            (1_000, 1, 1_000), (1_000, 9, 256_000), (1_000, 10, 300_000), (1_000, 60, 300_000),
            (30_000, 4, 240_000), (30_000, 5, 300_000), (400_000, 1, 400_000),
            (400_000, 7, 400_000), (1, 70, 300_000),
        ] as [(Int64, Int, Int64)])
    func `an ejection is never longer than five minutes, unless the first one is`(
        base: Int64, number: Int, duration: Int64
    ) {
        let ejection = HealthRules.Ejection(base: base, maxSharePercent: 50)
        #expect(ejection.duration(of: number) == duration)
    }

    @Test(
        arguments: [
            (1, 100, 0), (2, 50, 1), (2, 100, 1), (3, 10, 1), (3, 50, 1), (4, 50, 2),
            (10, 30, 3), (10, 100, 9), (4, 0, 0),
        ])
    func `only a share of the targets is ejected, and never the last one`(
        count: Int, share: Int, most: Int
    ) {
        var upstream = Self.upstream(count, share: share)
        for name in Self.names(count) { _ = upstream.fail(name, "x", now: 1) }
        #expect(Self.ejected(upstream) == most)
        #expect(upstream.isUsable)
    }

    @Test func `a target that is drained or down leaves nobody else to eject`() {
        var upstream = Self.upstream(2, share: 100, checks: .init(rise: 1, fall: 1))
        _ = upstream.setDrained(["t1"], now: 1)
        #expect(upstream.fail("t0", "x", now: 2).isEmpty)
        _ = upstream.setDrained([], now: 3)
        _ = upstream.take(.failed("x"), of: "t1", now: 4)
        #expect(upstream.fail("t0", "x", now: 5).isEmpty)
        // Nor is what is not in service ejected.
        #expect(upstream.fail("t1", "x", now: 6).isEmpty)
        #expect(upstream["t0"]?.lastTrouble == TargetHealth.Trouble(text: "x", at: 5))
    }

    @Test func `an ejected target comes back when no other is left`() {
        var upstream = Self.upstream(3, share: 100, checks: .init(rise: 1, fall: 1))
        _ = upstream.fail("t0", "x", now: 100)
        _ = upstream.fail("t1", "x", now: 50)
        let changes = upstream.take(.failed("gone"), of: "t2", now: 200)
        #expect(changes.map(\.target) == ["t2", "t1"])
        #expect(changes.map(\.reason) == ["gone", "no other target is usable"])
        #expect(upstream.isUsable)
        let drained = upstream.setDrained(["t1"], now: 300)
        #expect(drained.map(\.target) == ["t0"])
    }

    @Test func `a target that is down takes up no share of the ejected ones`() {
        var upstream = Self.upstream(4, share: 25, checks: .init(rise: 1, fall: 1))
        _ = upstream.fail("t0", "x", now: 1)
        #expect(upstream.fail("t1", "x", now: 2).isEmpty)
        _ = upstream.take(.failed("x"), of: "t0", now: 3)
        #expect(upstream["t0"]?.state == .down)
        #expect(upstream.fail("t1", "x", now: 4).map(\.to) == [.ejected])
        // The checks have shown that it is well: the rest of its ejection is not waited for.
        _ = upstream.take(.sound, of: "t0", now: 5)
        #expect(upstream["t0"]?.state == .sound)
    }

    @Test func `without the setting no failure ejects, and who was ejected comes back`() {
        var upstream = Self.upstream(2)
        _ = upstream.fail("t0", "x", now: 1)
        let changes = upstream.run(HealthRules(), targets: Self.names(2), now: 2)
        #expect(changes.map(\.to) == [.sound])
        #expect(upstream.fail("t0", "x", now: 3).isEmpty)
    }

    @Test func `a target that comes back gets its weight bit by bit`() throws {
        var upstream = Self.upstream(2, slowStart: 10_000)
        _ = upstream.fail("t0", "x", now: 0)
        _ = upstream.advance(to: 1_000)
        var seen: [UInt32] = []
        var now: Int64 = 1_000
        while let next = upstream.nextChange(after: now) {
            let weight = try #require(upstream.standing(of: "t0", now: now)?.weightPercent)
            seen.append(weight)
            // Half-way to the next step nothing has changed.
            #expect(
                upstream.standing(of: "t0", now: (now + next) / 2)?.weightPercent == weight)
            #expect(next > now)
            now = next
            _ = upstream.advance(to: now)
        }
        #expect(now == 11_000)
        #expect(seen == (1..<20).map { UInt32($0 * 5) })
        #expect(upstream.standing(of: "t0", now: now)?.weightPercent == 100)
        #expect(upstream.standing(of: "t1", now: 1_000)?.weightPercent == 100)
    }

    @Test func `a slow start that is broken off begins anew`() {
        var upstream = Self.upstream(2, slowStart: 10_000, checks: .init(rise: 1, fall: 1))
        _ = upstream.take(.failed("x"), of: "t0", now: 0)
        _ = upstream.take(.sound, of: "t0", now: 1_000)
        #expect(upstream.standing(of: "t0", now: 6_000)?.weightPercent == 50)
        _ = upstream.take(.failed("x"), of: "t0", now: 6_000)
        #expect(upstream.standing(of: "t0", now: 6_000)?.weightPercent == 100)
        _ = upstream.take(.sound, of: "t0", now: 7_000)
        #expect(upstream.standing(of: "t0", now: 7_000)?.weightPercent == 5)
        // At the start nobody comes back.
        #expect(upstream.standing(of: "t1", now: 0)?.weightPercent == 100)
    }

    @Test func `degraded is in service: it is no way back`() {
        var upstream = Self.upstream(2, slowStart: 10_000, checks: .init(rise: 1, fall: 1))
        _ = upstream.take(.degraded("x"), of: "t0", now: 0)
        _ = upstream.take(.sound, of: "t0", now: 1_000)
        #expect(upstream.standing(of: "t0", now: 1_000)?.weightPercent == 100)
    }
}
