import Admin
import Judging
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

/// What a rollout waits for, and what it does not.
struct RolloutRuleTests {
    private static let quiet = RolloutBench.traffic(0.1)

    private static func stepCount(_ bench: RolloutBench) -> Int {
        bench.journal.count { $0.kind == .step }
    }

    @Test func `no weight rises before its step is in the journal`() async throws {
        let (journal, disk) = (HeldDisk(), HeldDisk())
        let bench = try RolloutBench(journalDisk: journal.queue, weightsDisk: disk.queue)
        try await bench.start()
        journal.hold()
        disk.hold()
        let beginning = Task { try await bench.begin() }
        try await bench.until("the plan is written") { journal.waitingCount == 1 }
        journal.letFirstGo()
        try await bench.until("the step is written") { journal.waitingCount == 1 }
        await Self.giveTurns(bench)
        #expect(disk.waitingCount == 0)
        #expect(Self.stepCount(bench) == 0)
        journal.letGo()
        try await bench.until("the weights are written") { disk.waitingCount == 1 }
        #expect(Self.stepCount(bench) == 1)
        disk.letGo()
        try await beginning.value
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        // The same for the step after it.
        await bench.pass(10, Self.quiet)
        try await bench.written()
        journal.hold()
        disk.hold()
        await bench.pass(1, Self.quiet)
        try await bench.until("the second step is written") { journal.waitingCount >= 1 }
        await Self.giveTurns(bench)
        #expect(disk.waitingCount == 0)
        #expect(Self.stepCount(bench) == 1)
        journal.letGo()
        try await bench.until("the weights are written") { disk.waitingCount == 1 }
        #expect(Self.stepCount(bench) == 2)
        disk.letGo()
        try await bench.until("the second step") { await bench.inForce == "kong 50/50 tls 50/50" }
    }

    /// Whoever did not wait for the disk has had its turn afterwards.
    private static func giveTurns(_ bench: RolloutBench) async {
        for _ in 0..<200 {
            _ = await bench.rollouts.answer()
            _ = await bench.weights.report()
            await Task.yield()
        }
    }

    @Test func `the audit has each pause, whoever made it`() async throws {
        let bench = try RolloutBench()
        await bench.audit.adopt(bench.snapshot)
        try await bench.start()
        try await bench.begin()
        try await bench.set("kong", "95", "5")
        await bench.pass(2, Self.quiet)
        try await bench.rollouts.resume("")
        try await bench.rollouts.pauseByHand("a look")
        try await bench.until("both pauses are written down") {
            guard let text = try? bench.folder.read("state/audit.jsonl") else { return false }
            let pauses = text.split(separator: "\n").filter { $0.contains("\"rollout_pause\"") }
            return pauses.count == 2 && pauses[0].contains("has set kong to 5.0 % of y")
                && pauses[1].contains("a look")
        }
    }

    @Test func `a way back waits for no disk, and is written right after`() async throws {
        let (journal, disk) = (HeldDisk(), HeldDisk())
        let bench = try RolloutBench(journalDisk: journal.queue, weightsDisk: disk.queue)
        try await bench.start()
        try await bench.begin()
        try await bench.written()
        journal.hold()
        disk.hold()
        let looking = Task {
            await bench.pass(6, RolloutBench.traffic(0.1, candidate: 5))
        }
        try await bench.until("the workers go back") {
            bench.plane.memory.withLock { $0.weights.last?["kong"]?.last?.hundredths } == 0
        }
        #expect(await bench.state == "rolled_back")
        #expect(Self.stepCount(bench) == 1)
        #expect(bench.journal.allSatisfy { $0.kind != .rollback })
        #expect(try bench.folder.read("weights.yaml").contains("y: 10"))
        journal.letGo()
        disk.letGo()
        await looking.value
        try await bench.written()
        #expect(bench.journal.suffix(2).map(\.kind) == [.rollback, .back])
        #expect(!(try bench.folder.read("weights.yaml").contains("y: 10")))
    }

    @Test func `it goes back in the look that finds the breach`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        for _ in 0..<40 where await bench.state == "running" {
            #expect(await bench.inForce == "kong 90/10 tls 90/10")
            await bench.pass(1, RolloutBench.traffic(0.1, candidate: 2, stable: 1))
            let course = try #require(await bench.rollouts.course)
            let isFound = course.judge.breach != nil
            let expected = isFound ? "kong 100/0 tls 100/0" : "kong 90/10 tls 90/10"
            #expect(await bench.inForce == expected)
        }
        #expect(await bench.state == "rolled_back")
    }

    @Test func `nothing goes back to a stable side that fails, or does not answer`() async throws {
        // All of the candidate's fail, which its guard finds; of stable's more than half do.
        for (ended, failed, overdue) in [(90, 50, 0), (5, 0, 95)] {
            let bench = try RolloutBench()
            try await bench.start()
            try await bench.begin(
                """
                splits: [kong, tls]
                steps: [{weight: 10, hold: 60s}]
                guards: {error_share: {above: 50%, over: 10s, min_requests: 20}}
                on_breach: {errors: warn}
                """)
            var report = EvidenceReport()
            report.candidate.sum = .init(ended: 10, failed: 10)
            report.stable.sum = .init(ended: ended, failed: failed)
            report.stable.overdue = overdue
            await bench.pass(1, report)
            await bench.pass(4, report)
            #expect(await bench.state == "paused")
            #expect(await bench.rollouts.alarm?.contains("failed or are overdue") == true)
            #expect(await bench.rollouts.gauges()?.isAlarm == true)
            #expect(await bench.inForce == "kong 90/10 tls 90/10")
            // When stable can take it, it is not too late.
            report.stable.sum = .init(ended: 90, failed: 0)
            report.stable.overdue = 0
            await bench.pass(10, report)
            #expect(await bench.state == "rolled_back")
            #expect(await bench.rollouts.alarm == nil)
        }
    }

    @Test func `a process that was stopped has held nothing meanwhile`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        await bench.pass(3, Self.quiet)
        #expect(await bench.rollouts.course?.heldMilliseconds == 2_000)
        bench.advance(seconds: 3_600)
        await bench.pass(1, Self.quiet)
        #expect(await bench.rollouts.course?.heldMilliseconds == 7_000)
        #expect(await bench.rollouts.course?.step == 0)
    }

    @Test func `time at another share than the step's does not count`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        await bench.pass(2, Self.quiet)
        try await bench.set("kong", "95", "5")
        await bench.pass(5, Self.quiet)
        #expect(await bench.state == "paused")
        #expect(await bench.rollouts.course?.heldMilliseconds == 1_000)
        try await bench.rollouts.resume("")
        await bench.pass(2, Self.quiet)
        // Nor does a second of which it went on for a part only.
        #expect(await bench.rollouts.course?.heldMilliseconds == 2_000)
    }

    @Test func `the share that is told is the one that is set`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        #expect(await bench.rollouts.gauges() == nil)
        try await bench.begin()
        #expect(await bench.rollouts.gauges()?.share == 0.1)
        try await bench.set("kong", "95", "5")
        try await bench.set("tls", "96", "4")
        #expect(await bench.rollouts.gauges()?.share == 0.05)
        try await bench.rollouts.abort("")
        #expect(await bench.rollouts.gauges()?.share == 0)
        #expect(await bench.rollouts.answer()["share"]?.double == 0)
        // What somebody does afterwards is not the rollout's.
        try await bench.set("kong", "50", "50")
        #expect(await bench.rollouts.gauges()?.share == 0)
    }

    // At 100 %.

    private static let toTheEnd = """
        splits: [kong, tls]
        steps: [{weight: 50, hold: 2s}, {weight: 100, hold: 60s}]
        """

    /// Half an hour's worth of good traffic at 50 %, then all of it on the candidate.
    private static func atTheEnd() async throws -> RolloutBench {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin(toTheEnd)
        var report = RolloutBench.traffic(0.5, candidate: 1, stable: 1, ended: 2_000)
        for _ in 0..<1_000 {
            report.stable.times.record(nanoseconds: 10_000_000)
            report.candidate.times.record(nanoseconds: 10_000_000)
        }
        await bench.pass(3, report)
        try await bench.until("all is on the candidate") {
            await bench.inForce == "kong 0/100 tls 0/100"
        }
        try await bench.until("the move is over") { await !bench.rollouts.isBusy }
        return bench
    }

    private static func traffic(failed: Int, milliseconds: UInt64 = 10) -> EvidenceReport {
        var report = EvidenceReport()
        report.candidate.sum = .init(ended: 200, failed: failed)
        for _ in 0..<200 {
            report.candidate.times.record(nanoseconds: milliseconds * 1_000_000)
        }
        return report
    }

    @Test func `where nothing can be compared, stable's own limits hold`() async throws {
        let bench = try await Self.atTheEnd()
        await bench.pass(5, Self.traffic(failed: 0))
        let course = try #require(await bench.rollouts.course)
        #expect(!course.isComparing)
        #expect(await bench.rollouts.answer()["comparison"]?.text?.hasPrefix("not") == true)
        // Three of 3,000 failed: at most 0.34 %, three times that is 1.005 %.
        let bound = 3 * Confidence.upperBound(failures: 3, of: 3_000)
        #expect(course.guardsNow.errorShare == .init(above: max(bound, 0.01)))
        let latency = try #require(course.guardsNow.latency)
        #expect(abs(latency.aboveSeconds - 2 * 0.012_5) < 0.001)
        #expect(latency.quantile == 0.95)
        #expect(await bench.state == "running")
        await bench.pass(10, Self.traffic(failed: 8))
        #expect(await bench.state == "rolled_back")
        #expect(await bench.reason.hasPrefix("error_share"))
    }

    @Test func `at the end a slow candidate pauses by what stable has shown`() async throws {
        let bench = try await Self.atTheEnd()
        await bench.pass(3, Self.traffic(failed: 0, milliseconds: 20))
        #expect(await bench.state == "running")
        await bench.pass(60, Self.traffic(failed: 0, milliseconds: 40))
        #expect(await bench.state == "paused")
        #expect(await bench.reason.hasPrefix("latency"))
        #expect(await bench.inForce == "kong 0/100 tls 0/100")
    }

    @Test func `limits of the plan stand before those that are learnt`() throws {
        let text = Self.toTheEnd + "\nguards: {error_share: {above: 20%, over: 30s}}\n"
        let plan = try RolloutPlan.read(
            Array(text.utf8), file: "plan.yaml", environment: [:], acknowledgements: [])
        var course = RolloutCourse(plan, file: "plan.yaml")
        var report = EvidenceReport()
        report.stable.sum = .init(ended: 1_000, failed: 100)
        course.take(course.entry(of: report, heldMilliseconds: 0, nil))
        #expect(course.guardsNow == plan.guards)
        let lines = Array("{\"entry\": \"step\", \"at\": 1, \"step\": 1}\n".utf8)
        for entry in RolloutJournal.read(lines).entries { course.take(entry) }
        #expect(course.share == 1)
        #expect(course.guardsNow.errorShare == plan.guards.errorShare)
        // Without a mark of lateness there is no limit to learn.
        #expect(course.guardsNow.latency == nil)
    }
}
