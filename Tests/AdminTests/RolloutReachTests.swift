import Admin
import Judging
import Kernel
import Proxy
import Settings
import Testing

/// What a rollout makes of traffic that gets no answer, with checks and without.
struct RolloutReachTests {
    private static let plan = """
        splits: [kong, tls]
        steps: [{weight: 10, hold: 5s, min_requests: 20}, {weight: 50, hold: 1h}]
        """

    /// One second of both splits: at each side so many answered and so many not.
    private static func traffic(
        kong: (x: (Int, Int), y: (Int, Int)), tls: (x: (Int, Int), y: (Int, Int))
    ) -> EvidenceReport {
        var report = EvidenceReport()
        for (name, both) in [("kong", kong), ("tls", tls)] {
            let side = { (answered: Int, unanswered: Int) in
                EvidenceReport.Traffic(
                    ended: answered + unanswered, failed: unanswered, answered: answered,
                    unanswered: unanswered)
            }
            report.add(
                .init(stable: side(both.x.0, both.x.1), candidate: side(both.y.0, both.y.1)),
                of: name)
        }
        return report
    }

    private static let good = traffic(kong: ((90, 0), (10, 0)), tls: ((9, 0), (1, 0)))

    private func begun(isChecked: Bool, _ text: String = plan) async throws -> RolloutBench {
        let bench = try RolloutBench(isChecked: isChecked)
        try await bench.start()
        try await bench.begin(text)
        return bench
    }

    @Test(arguments: [false, true])
    func `a candidate that answers nobody for ten seconds goes back`(isChecked: Bool)
        async throws
    {
        let bench = try await begun(isChecked: isChecked)
        await bench.pass(2, Self.good)
        // All of the candidate's go to the stable side.
        let dead = Self.traffic(kong: ((100, 0), (0, 10)), tls: ((9, 0), (1, 0)))
        await bench.pass(10, dead)
        #expect(await bench.state == "running")
        await bench.pass(1, dead)
        #expect(await bench.state == "rolled_back")
        #expect(await bench.reason == "no_usable_target: 110 in a row got no answer, for 10 s")
    }

    @Test func `a split that is gone is not lost among the answers of another`() async throws {
        let bench = try await begun(isChecked: false)
        await bench.pass(2, Self.good)
        await bench.pass(11, Self.traffic(kong: ((90, 0), (10, 0)), tls: ((10, 0), (0, 1))))
        #expect(await bench.state == "rolled_back")
        #expect(await bench.reason.contains("11 in a row"))
    }

    @Test func `a few without an answer, or none that asked, are no breach and pass no step`()
        async throws
    {
        let bench = try await begun(
            isChecked: false, Self.plan.replacing(", min_requests: 20", with: ""))
        await bench.pass(20)
        #expect(await bench.state == "running")
        #expect(
            await bench.rollouts.blockers.contains {
                $0.hasPrefix("no_usable_target: no data, no `health`")
            })
        await bench.pass(1, Self.traffic(kong: ((99, 0), (0, 2)), tls: ((9, 0), (0, 0))))
        await bench.pass(60)
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        await bench.pass(1, Self.good)
        try await bench.until("the step") { await bench.inForce == "kong 50/50 tls 50/50" }
    }

    @Test(arguments: [false, true])
    func `nothing goes back to a stable side whose exchanges go elsewhere`(isChecked: Bool)
        async throws
    {
        for place in ["kong", "tls"] {
            let bench = try await begun(
                isChecked: isChecked, Self.plan + "\nguards: {error_share: {above: 5%}}\n")
            await bench.pass(2, Self.good)
            // Nothing of stable's is answered there; the candidate answers it, some with 5xx.
            let isKong = place == "kong"
            var report = Self.traffic(
                kong: (isKong ? (0, 90) : (90, 0), (isKong ? 100 : 10, 0)),
                tls: (isKong ? (9, 0) : (0, 9), (isKong ? 1 : 10, 0)))
            await bench.pass(12, report)
            #expect(await bench.state == "running")
            report.candidate.sum.failed = 60
            await bench.pass(2, report)
            #expect(await bench.state == "paused")
            let alarm = await bench.rollouts.alarm ?? ""
            #expect(alarm.contains("not rolled back, since"), "\(alarm)")
            #expect(alarm.contains("failed or are overdue"), "\(alarm)")
            #expect(alarm.contains("since tls: at the stable side") == !isKong, "\(alarm)")
            #expect(await bench.inForce == "kong 90/10 tls 90/10")
            var back = Self.good
            back.candidate.sum.failed = 10
            await bench.pass(15, back)
            #expect(await bench.state == "rolled_back")
        }
    }

    @Test func `a candidate at which all wait goes back`() async throws {
        let bench = try await begun(isChecked: true)
        await bench.pass(2, Self.good)
        var report = Self.traffic(kong: ((90, 0), (0, 0)), tls: ((9, 0), (1, 0)))
        report.add(.init(candidate: .init(overdue: 8)), of: "kong")
        await bench.pass(10, report)
        #expect(await bench.state == "running")
        await bench.pass(1, report)
        #expect(await bench.state == "rolled_back")
        #expect(await bench.reason.contains("no_usable_target"))
    }

    @Test func `nothing goes back to a stable side that has just stopped to answer`()
        async throws
    {
        let bench = try await begun(isChecked: true)
        // Most of the last ten seconds was well.
        await bench.pass(10, Self.good)
        var report = RolloutBench.traffic(0.1, candidate: 10)
        report.add(
            Self.traffic(kong: ((0, 90), (10, 0)), tls: ((9, 0), (1, 0))).splits["kong"]
                ?? .init(), of: "kong")
        await bench.pass(1, report)
        #expect(await bench.state == "paused")
        let reason = await bench.reason
        #expect(reason.hasSuffix("kong: at the stable side the last 90 got no answer"), "\(reason)")
    }

    @Test func `time in which a side answers nobody does not count`() async throws {
        let bench = try await begun(isChecked: false)
        await bench.pass(3, Self.good)
        #expect(await bench.rollouts.course?.heldMilliseconds == 2_000)
        await bench.pass(3, Self.traffic(kong: ((0, 90), (10, 0)), tls: ((9, 0), (1, 0))))
        #expect(await bench.rollouts.course?.heldMilliseconds == 2_000)
        await bench.pass(1, Self.good)
        #expect(await bench.rollouts.course?.heldMilliseconds == 3_000)
    }

    @Test func `status says which splits have connections, and what is not judged there`()
        async throws
    {
        let listeners = [("kong", ListenerMode.http), ("tls", .tcp)].map { split, mode in
            ListenerSettings(
                name: split, address: AddressSetting(host: .name("a"), port: 1), mode: mode,
                split: split)
        }
        let bench = try RolloutBench(listeners: listeners)
        try await bench.start()
        try await bench.begin(Self.plan)
        let answer = await bench.rollouts.answer()
        #expect(answer["connection_splits"]?.elements?.map(\.text) == ["tls"])
        let text = RolloutText.table(answer)
        #expect(text.contains("  tls has connections: errors are those that do not come about; "))
        #expect(!text.contains("kong has connections"))
    }

    // What `min_requests` counts.

    @Test func `a step counts what its own share has sent to the candidate`() async throws {
        let bench = try await begun(isChecked: true)
        var report = Self.good
        // Of eleven that ended, two were sent by this share and four by another one.
        report.served = [0.1: 2, 0.2: 4]
        await bench.pass(3, report)
        #expect(await bench.rollouts.course?.served == 4)
        #expect(await bench.rollouts.course?.candidate.ended == 33)
        try await bench.rollouts.pauseByHand("lunch")
        await bench.pass(5, report)
        #expect(await bench.rollouts.course?.served == 4)
        try await bench.rollouts.resume("")
        // The second in which it went on again was not all of it.
        await bench.pass(2, report)
        #expect(await bench.rollouts.course?.served == 6)
        #expect(await bench.rollouts.course?.heldMilliseconds == 3_000)
        // Read back it is the same.
        try await bench.written()
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        #expect(await next.rollouts.course?.served == 6)
    }

    @Test func `journals of earlier versions count what the candidate has ended`() throws {
        let plan = try RolloutPlan.read(
            Array(Self.plan.utf8), file: "plan.yaml", environment: [:], acknowledgements: [])
        var course = RolloutCourse(plan, file: "plan.yaml")
        let lines = """
            {"entry": "evidence", "at": 1, "held": 1000, "candidate": [7, 0], "stable": [3, 0]}
            {"entry": "evidence", "at": 2, "rows": [["errors", -1, 0.1, 2, 1]]}

            """
        for entry in RolloutJournal.read(Array(lines.utf8)).entries { course.take(entry) }
        #expect(course.served == 7)
        #expect(course.heldMilliseconds == 1_000)
        #expect(course.judge.process(.errors).counts == (2, 1))
    }
}
