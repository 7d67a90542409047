import Admin
import Judging
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

/// Requests that hang: they hold a step, and a candidate at which they do goes back.
struct RolloutHangTests {
    private static let plan = """
        splits: [kong, tls]
        steps: [{weight: 10, hold: 1s}, {weight: 50, hold: 1h}]
        """

    /// One second of kong: what was answered at each side, and what waits there for how long.
    private static func traffic(
        x: (answered: Int, slow: Int), y: (answered: Int, waiting: Int, slow: Int)
    ) -> EvidenceReport {
        var report = EvidenceReport()
        var both = EvidenceReport.Both(
            stable: .init(ended: x.answered, answered: x.answered),
            candidate: .init(ended: y.answered, answered: y.answered))
        both.stable.slow = x.slow
        both.stable.waiting = x.slow
        both.candidate.slow = y.slow
        both.candidate.waiting = y.waiting
        report.add(both, of: "kong")
        return report
    }

    private func begun(_ text: String = plan) async throws -> RolloutBench {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin(text)
        return bench
    }

    private func isAtSecondStep(_ bench: RolloutBench) async -> Bool {
        await bench.inForce == "kong 50/50 tls 50/50"
    }

    @Test func `a step waits while nothing of the candidate's was answered yet`() async throws {
        let bench = try await begun()
        await bench.pass(30, Self.traffic(x: (90, 0), y: (0, 4, 0)))
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        #expect(
            await bench.rollouts.blockers == [
                "answers: at y of kong 4 wait for an answer, and none came in the last 10 s"
            ])
        let text = RolloutText.table(await bench.rollouts.answer())
        #expect(text.contains("  waits for answers: at y of kong 4 wait"), "\(text)")
        await bench.pass(1, Self.traffic(x: (90, 0), y: (4, 0, 0)))
        try await bench.until("the step") { await isAtSecondStep(bench) }
    }

    @Test func `a step waits while many hang beside those that are answered`() async throws {
        let bench = try await begun()
        await bench.pass(30, Self.traffic(x: (90, 0), y: (5, 50, 50)))
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        #expect(
            await bench.rollouts.blockers == [
                "answers: at y of kong 50 have waited for more than a second, against 50 answers "
                    + "in the last 10 s"
            ])
        await bench.pass(1, Self.traffic(x: (90, 0), y: (5, 2, 2)))
        try await bench.until("the step") { await isAtSecondStep(bench) }
    }

    @Test func `what waits as long at the stable side holds no step`() async throws {
        let bench = try await begun()
        await bench.pass(3, Self.traffic(x: (90, 900), y: (10, 100, 100)))
        try await bench.until("the step") { await isAtSecondStep(bench) }
    }

    @Test func `requests that hang at the candidate lead back`() async throws {
        let bench = try await begun()
        await bench.pass(6, RolloutBench.traffic(0.1, candidate: 5, kind: .hanging))
        #expect(await bench.state == "rolled_back")
        let reason = await bench.reason
        #expect(reason.hasPrefix("requests that hang"), "\(reason)")
    }

    @Test func `what hangs or was given up counts for the guard of errors`() async throws {
        for isGivenUp in [false, true] {
            let bench = try await begun(
                Self.plan + "\nguards: {error_share: {above: 20%, over: 10s, min_requests: 20}}")
            var report = RolloutBench.traffic(0.1)
            await bench.pass(3, report)
            #expect(await bench.state == "running")
            if isGivenUp { report.candidate.givenUp = 5 } else { report.candidate.hanging = 15 }
            await bench.pass(3, report)
            #expect(await bench.state == "rolled_back")
            #expect(await bench.reason.contains("exchanges failed"))
            // What was given up is no failure that anybody has proof of.
            #expect(await bench.rollouts.course?.candidate.failed == 0)
        }
    }

    @Test func `stable's own times say from when on a request hangs`() async throws {
        let bench = try await begun()
        await bench.pass(1, RolloutBench.traffic(0.1))
        let limits = { bench.plane.memory.withLock { $0.patience } }
        #expect(limits()?.stable == 10_000_000_000)
        var report = RolloutBench.traffic(0.1)
        for _ in 0..<100 { report.wholeTimes.record(nanoseconds: 1_000_000_000) }
        await bench.pass(2, report)
        let stable = Double(limits()?.stable ?? 0) / 1e9
        let candidate = Double(limits()?.candidate ?? 0) / 1e9
        #expect(abs(stable - 4) < 0.05)
        #expect(abs(candidate - 5) < 0.06)
    }

    // At 100 % with too little to tell.

    @Test func `a limit that was learnt asks a person when too few ask for too long`()
        async throws
    {
        let bench = try await begun(
            "splits: [kong, tls]\nsteps: [{weight: 50, hold: 2s}, {weight: 100, hold: 60s}]\n")
        await bench.pass(4, RolloutBench.traffic(0.5, ended: 2_000))
        try await bench.until("all is on the candidate") {
            await bench.inForce == "kong 0/100 tls 0/100"
        }
        try await bench.until("the move is over") { await !bench.rollouts.isBusy }
        let quiet = RolloutBench.traffic(1, ended: 1)
        await bench.pass(600, quiet)
        #expect(await bench.state == "running")
        let early = await bench.rollouts.blockers
        #expect(early.count == 1)
        #expect(early.first?.hasPrefix("error_share: no data, 60 exchanges, needs 100 (") == true)
        #expect(early.first?.contains(" s `sluice rollout approve` may end the step") == true)
        await bench.pass(70, quiet)
        #expect(await bench.state == "awaiting_approval")
        #expect(
            await bench.rollouts.blockers.first?.contains("`sluice rollout approve` ends the step")
                == true)
        try await bench.rollouts.approve("seen", step: 2)
        await bench.pass(1, quiet)
        #expect(await bench.state == "completed")
    }

    @Test func `a guard of the plan that knows nothing is never passed by a word`() async throws {
        let bench = try await begun(
            """
            splits: [kong, tls]
            steps: [{weight: 50, hold: 2s}, {weight: 100, hold: 20s}]
            guards: {error_share: {above: 5%, over: 10s}}
            """)
        await bench.pass(4, RolloutBench.traffic(0.5, ended: 2_000))
        try await bench.until("all is on the candidate") {
            await bench.inForce == "kong 0/100 tls 0/100"
        }
        try await bench.until("the move is over") { await !bench.rollouts.isBusy }
        await bench.pass(700, RolloutBench.traffic(1, ended: 1))
        #expect(await bench.state == "running")
        #expect(
            await bench.rollouts.blockers == ["error_share: no data, 10 exchanges, needs 100"])
    }

    // What is told early.

    @Test func `guards are told before anybody has looked, and for how long that was`()
        async throws
    {
        let bench = try RolloutBench(isChecked: false)
        try await bench.start()
        try await bench.begin()
        let told = { (bench: RolloutBench) in
            let guards = await bench.rollouts.answer()["guards"]?.elements ?? []
            return guards.compactMap { $0["text"]?.text }
        }
        #expect(
            await told(bench) == [
                "no `health`, and no answer of its traffic in the last 0 s, all that was looked at"
            ])
        #expect(await bench.rollouts.blockers.contains("hold: 10 s left"))
        try await bench.written()
        let next = try RolloutBench(in: bench.folder, isChecked: false)
        try await next.start()
        await next.pass(3)
        #expect(
            await told(next) == [
                "no `health`, and no answer of its traffic in the last 2 s, all that was looked at"
            ])
        await next.pass(60)
        #expect(
            await told(next) == ["no `health`, and no answer of its traffic in the last 60 s"])
    }
}
