import Admin
import Settings
import Testing

/// Words about a rollout at the wrong time, and what is said then.
struct RolloutWordsTests {
    private static let quiet = RolloutBench.traffic(0.1)

    /// A rollout whose first and second step each wait for an approval.
    private static let plan = """
        splits: [kong, tls]
        steps:
          - {weight: 10, hold: 3s, approve: true}
          - {weight: 50, hold: 3s, approve: true}
          - {weight: 100, hold: 5s}
        """

    private static func begun(_ text: String = plan) async throws -> RolloutBench {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin(text)
        return bench
    }

    private static func refusal(
        of bench: RolloutBench, step: Int? = nil
    ) async -> String {
        do throws(RolloutFault) {
            try await bench.rollouts.approve("", step: step)
            return "taken"
        } catch {
            return "\(error)"
        }
    }

    @Test func `an approval before its step waits for one is refused, and counts for nothing`()
        async throws
    {
        let bench = try await Self.begun()
        await bench.pass(2, Self.quiet)
        #expect(
            await Self.refusal(of: bench)
                == "step 1 of 3 is under way at 10 % (hold: 2 s left); it takes an approval when "
                + "everything else that it waits for is over")
        #expect(await bench.rollouts.answer()["needs_approval"]?.bool == true)
        await bench.pass(5, Self.quiet)
        #expect(await bench.state == "awaiting_approval")
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        let text = RolloutText.table(await bench.rollouts.answer())
        #expect(text.contains("waits for `sluice rollout approve --step 1`"), "\(text)")
    }

    @Test func `an approval is of the step that waits, and of no other`() async throws {
        let bench = try await Self.begun()
        await bench.pass(6, Self.quiet)
        #expect(
            await Self.refusal(of: bench, step: 2)
                == "step 1 of 3 waits for an approval, and this one is for step 2")
        #expect(await Self.refusal(of: bench, step: 1) == "taken")
        #expect(await Self.refusal(of: bench) == "step 1 of 3 is approved already")
        await bench.pass(1, Self.quiet)
        try await bench.until("the second step") { await bench.inForce == "kong 50/50 tls 50/50" }
        try await bench.until("the move is over") { await !bench.rollouts.isBusy }
        await bench.pass(1, Self.quiet)
        #expect(await Self.refusal(of: bench).hasPrefix("step 2 of 3 is under way at 50 %"))
        await bench.pass(6, Self.quiet)
        #expect(await bench.state == "awaiting_approval")
        #expect(await Self.refusal(of: bench, step: 1).hasSuffix("this one is for step 1"))
        #expect(await Self.refusal(of: bench) == "taken")
        await bench.pass(1, Self.quiet)
        try await bench.until("the last step") { await bench.inForce == "kong 0/100 tls 0/100" }
        #expect(
            await Self.refusal(of: bench)
                == "step 3 of 3 is under way and needs no approval; no later one does")
    }

    @Test func `where no approval is needed the next step that needs one is named`() async throws {
        let bench = try await Self.begun(RolloutBench.plan)
        #expect(
            await Self.refusal(of: bench)
                == "step 1 of 3 is under way and needs no approval; the next one that does is "
                + "step 2")
        try await bench.rollouts.pauseByHand("lunch")
        #expect(
            await Self.refusal(of: bench)
                == "the rollout is paused at step 1 of 3 (lunch), and a step that is paused takes "
                + "no approval; `sluice rollout resume` first")
    }

    @Test func `what was approved before a pause is approved no more`() async throws {
        let bench = try await Self.begun()
        await bench.pass(6, Self.quiet)
        try await bench.rollouts.approve("")
        try await bench.rollouts.pauseByHand("a second thought")
        try await bench.rollouts.resume("")
        await bench.pass(3, Self.quiet)
        #expect(await bench.state == "awaiting_approval")
        try await bench.written()
        // Nor is it after a restart.
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        await next.pass(2, Self.quiet)
        #expect(await next.state == "awaiting_approval")
    }

    @Test func `an approval that the disk does not take does not count later either`()
        async throws
    {
        let bench = try await Self.begun()
        await bench.pass(6, Self.quiet)
        try await bench.written()
        try bench.fill("rollout.journal")
        #expect(
            await Self.refusal(of: bench)
                == "it could not be written, and so it was not done: rollout.journal: "
                + "Is a directory")
        try bench.empty("rollout.journal")
        await bench.rollouts.keepAgain()
        #expect(await bench.state == "paused")
        await bench.pass(3, Self.quiet)
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        try await bench.rollouts.resume("")
        await bench.pass(3, Self.quiet)
        #expect(await bench.state == "awaiting_approval")
    }

    @Test func `steps are counted from 1 in what is read, and as ever in the journal`()
        async throws
    {
        let bench = try await Self.begun()
        await bench.pass(6, Self.quiet)
        try await bench.rollouts.approve("")
        await bench.pass(1, Self.quiet)
        try await bench.until("the second step") { await bench.inForce == "kong 50/50 tls 50/50" }
        let events = await bench.rollouts.historyAnswer()["events"]?.elements ?? []
        let steps = events.compactMap { event in
            event["step"]?.int.map { "\(event["event"]?.text ?? "?") \($0)" }
        }
        #expect(steps == ["step 1", "approve 1", "step 2"])
        let text = RolloutText.history(await bench.rollouts.historyAnswer())
        #expect(text.contains(" step 2 weight 50\n"), "\(text)")
        #expect(text.contains(" approve step 1\n"), "\(text)")
        try await bench.written()
        #expect(bench.journal.compactMap { $0["step"]?.int } == [0, 0, 1])
    }

    @Test(arguments: [
        ("y", "no step could give it traffic"), ("x", "there would be no way back to it"),
    ])
    func `a latched side lets no rollout begin, and it is said what lifts the latch`(
        upstream: String, consequence: String
    ) async throws {
        let bench = try RolloutBench()
        try await bench.start()
        if upstream == "x" { try await bench.set("tls", "0", "100") }
        _ = try await bench.weights.latch(upstream, of: "tls", reason: "the old one")
        let before = await bench.inForce
        do throws(RolloutFault) {
            try await bench.rollouts.start(
                try bench.readPlan(Self.plan), file: "plan.yaml", text: Self.plan)
            Issue.record("it has begun")
        } catch {
            let text = "\(error)"
            #expect(text.contains("\(upstream) is kept at weight 0 in the split tls since "))
            #expect(text.contains(" (the old one): \(consequence)"), "\(text)")
            #expect(text.contains("`sluice upgrade start tls`"))
            #expect(text.contains("DELETE /v1/splits/tls/latch"))
            #expect(!text.contains("force"))
        }
        #expect(await bench.state == "none")
        #expect(await bench.inForce == before)
        _ = try await bench.weights.unlatch(upstream, of: "tls", reason: "")
        try await bench.begin(Self.plan)
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
    }

    @Test func `a way back that a latch refuses is made when the latch is lifted`() async throws {
        let bench = try await Self.begun()
        try await bench.set("tls", "0", "100", isForced: true)
        _ = try await bench.weights.latch("x", of: "tls", reason: "", endsRollout: true)
        try await bench.rollouts.abort("enough")
        await bench.pass(2, Self.quiet)
        #expect(await bench.inForce == "kong 90/10 tls 0/100")
        #expect(await bench.rollouts.answer()["alarm"]?.text?.contains("way back") == true)
        #expect(bench.logged.count { $0.contains("the way back was refused") } == 1)
        _ = try await bench.weights.unlatch("x", of: "tls", reason: "")
        await bench.pass(1, Self.quiet)
        #expect(await bench.inForce == "kong 100/0 tls 100/0")
        #expect(await bench.rollouts.answer()["alarm"]?.text == nil)
        try await bench.begin(Self.plan)
    }

    @Test func `a rollout whose candidate was latched meanwhile does not go on`() async throws {
        let bench = try await Self.begun()
        try await bench.set("tls", "100", "0")
        await bench.pass(1, Self.quiet)
        #expect(await bench.state == "paused")
        _ = try await bench.weights.latch("y", of: "tls", reason: "")
        await #expect(throws: RolloutFault.self) { try await bench.rollouts.resume("") }
        #expect(await bench.state == "paused")
        _ = try await bench.weights.unlatch("y", of: "tls", reason: "")
        try await bench.rollouts.resume("")
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
    }

    @Test(arguments: ["running", "paused"])
    func `when migrations are finished nothing is left to go back to, and it is over`(
        state: String
    ) async throws {
        let bench = try await Self.begun()
        await bench.pass(2, Self.quiet)
        if state == "paused" { try await bench.rollouts.pauseByHand("") }
        await bench.rollouts.completeSinceFinish(of: "other")
        #expect(await bench.state == state)
        await bench.rollouts.completeSinceFinish(of: "tls")
        #expect(await bench.state == "completed")
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        await bench.pass(20, RolloutBench.traffic(0.1, candidate: 5))
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        try await bench.set("kong", "50", "50")
        try await bench.written()
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        #expect(await next.state == "completed")
        let last = await next.rollouts.historyAnswer()["events"]?.elements?.last
        #expect(last?["reason"]?.text == "`kong migrations finish` has run for tls")
    }

    // The weight file.

    @Test func `a refused edit is told of until the file is another one`() async throws {
        let edit = "kong: {x: 20, y: 80}\ntls: {x: 90, y: 10} # both\n"
        let told = { (bench: RolloutBench) in await bench.weights.report().refusedFile != nil }
        for ending in ["a step", "the old text", "a fault"] {
            let bench = try await Self.begun()
            await bench.pass(6, Self.quiet)
            try bench.folder.write(edit, to: "weights.yaml")
            #expect(await bench.weights.lookAtFile())
            #expect(await told(bench), "\(ending)")
            switch ending {
            case "a step":
                try await bench.rollouts.approve("")
                await bench.pass(1, Self.quiet)
                try await bench.until("the second step") {
                    await bench.inForce == "kong 50/50 tls 50/50"
                }
                try await bench.until("the move is over") { await !bench.rollouts.isBusy }
                #expect(try bench.folder.read("weights.yaml").hasPrefix("kong: {x: 50, y: 50}"))
            case "the old text":
                try bench.folder.write(
                    "kong: {x: 90, y: 10}\ntls: {x: 90, y: 10} # both\n", to: "weights.yaml")
                #expect(await bench.weights.lookAtFile())
            default:
                try bench.folder.write("kong: {x: 20", to: "weights.yaml")
                #expect(await !bench.weights.lookAtFile())
                #expect(await bench.weights.lookAtFile())
                #expect(await bench.weights.report().fileFaults.isEmpty == false)
            }
            #expect(await !told(bench), "\(ending)")
        }
    }
}
