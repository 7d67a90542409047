import Admin
import Judging
import Kernel
import Proxy
import Settings
import Testing

struct RolloutTests {
    private static let quiet = RolloutBench.traffic(0.1)

    @Test func `it goes from step to step, by time, requests and approval`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        #expect(bench.plane.memory.withLock { $0.weights.last?.keys.sorted() } == ["kong", "tls"])
        #expect(bench.plane.memory.withLock { $0.watched.last?.map(\.split) } == ["kong", "tls"])
        // Ten seconds with ten requests each; the first look only begins to count.
        await bench.pass(10, Self.quiet)
        #expect(await bench.rollouts.course?.step == 0)
        #expect(await bench.rollouts.course?.heldMilliseconds == 9_000)
        await bench.pass(1, Self.quiet)
        try await bench.until("the second step") {
            await bench.inForce == "kong 50/50 tls 50/50"
        }
        #expect(
            try bench.folder.read("weights.yaml")
                == "kong: {x: 50, y: 50}\ntls: {x: 50, y: 50} # both\n")
        try await bench.until("the move is over") { await bench.state == "running" }
        await bench.pass(30)
        #expect(await bench.state == "awaiting_approval")
        #expect(await bench.inForce == "kong 50/50 tls 50/50")
        try await bench.rollouts.approve("looks well")
        await bench.pass(1)
        try await bench.until("the last step") { await bench.inForce == "kong 0/100 tls 0/100" }
        await bench.pass(30)
        #expect(await bench.state == "completed")
        #expect(await bench.inForce == "kong 0/100 tls 0/100")
        // Others may do as they like again.
        try await bench.set("kong", "50", "50")
    }

    @Test func `too few requests hold a step however long it lasts`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        await bench.pass(60, RolloutBench.traffic(0.1, ended: 10))
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        #expect(await bench.rollouts.blockers == ["min_requests: 59 of 100"])
    }

    @Test(arguments: ["x", "y"])
    func `time in which a side has no usable target does not count`(left: String) async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        await bench.pass(1, Self.quiet)
        bench.plane.memory.withLock { $0.usableUpstreams = [left] }
        await bench.pass(5, Self.quiet)
        #expect(await bench.rollouts.course?.heldMilliseconds == 0)
        bench.plane.memory.withLock { $0.usableUpstreams = ["x", "y"] }
        await bench.pass(2, Self.quiet)
        #expect(await bench.rollouts.course?.heldMilliseconds == 2_000)
    }

    @Test func `a worse candidate is rolled back by itself, both splits in one change`()
        async throws
    {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        let before = bench.plane.memory.withLock { $0.weights.count }
        await bench.pass(30, RolloutBench.traffic(0.1, candidate: 2, stable: 1))
        #expect(await bench.state == "rolled_back")
        #expect(await bench.inForce == "kong 100/0 tls 100/0")
        let changes = bench.plane.memory.withLock { Array($0.weights[before...]) }
        #expect(changes.count == 1)
        #expect(changes.first?.count == 2)
        // The reason can be checked by hand.
        let reason = await bench.reason
        #expect(reason.contains("at 10.0 % "), "\(reason)")
        #expect(reason.contains("on y") && reason.contains("on x"), "\(reason)")
        let entry = await bench.rollouts.course?.events.first { $0.kind == .rollback }
        let counts = try #require(entry?["counts"]?.elements?.first)
        let candidate = try #require(counts["candidate"]?.int)
        #expect(counts["stable"]?.int == candidate / 2)
        #expect(try bench.folder.read("state/rollout.journal").contains("\"entry\": \"back\""))
        #expect(try bench.folder.read("state/rollout.history").contains("rolled_back"))
        // Afterwards another one may begin.
        try await bench.begin()
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
    }

    @Test func `classes have their own consequences`() async throws {
        for (kind, state) in [
            (JudgedClass.denied, "rolled_back"), (.latency, "paused"), (.rateLimited, "running"),
        ] {
            let bench = try RolloutBench()
            try await bench.start()
            try await bench.begin()
            await bench.pass(8, RolloutBench.traffic(0.1, candidate: 5, kind: kind))
            #expect(await bench.state == state, "\(kind)")
            let told = await bench.rollouts.course?.events.contains { $0.kind == .breach }
            #expect(told == (kind != .denied), "\(kind)")
        }
    }

    @Test func `it is judged while it is paused and while a step waits for approval`()
        async throws
    {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        try await bench.rollouts.pauseByHand("lunch")
        #expect(await bench.state == "paused")
        await bench.pass(3, Self.quiet)
        #expect(await bench.rollouts.course?.heldMilliseconds == 0)
        await bench.pass(30, RolloutBench.traffic(0.1, candidate: 3))
        #expect(await bench.state == "rolled_back")
    }

    @Test func `nothing goes back to a stable side that is worse off`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        bench.plane.memory.withLock { $0.usableUpstreams = ["y"] }
        await bench.pass(20, RolloutBench.traffic(0.1, candidate: 3))
        #expect(await bench.state == "paused")
        #expect(await bench.rollouts.alarm?.contains("no usable target") == true)
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        // When stable is back, so is everything.
        bench.plane.memory.withLock { $0.usableUpstreams = ["x", "y"] }
        await bench.pass(1, Self.quiet)
        #expect(await bench.state == "rolled_back")
    }

    @Test func `a candidate without a usable target for ten seconds is rolled back`()
        async throws
    {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        await bench.pass(1, Self.quiet)
        bench.plane.memory.withLock { $0.usableUpstreams = ["x"] }
        await bench.pass(10, Self.quiet)
        #expect(await bench.state == "running")
        await bench.pass(1, Self.quiet)
        #expect(await bench.state == "rolled_back")
        #expect(await bench.reason.hasPrefix("no_usable_target"))
    }

    @Test func `no data passes no step and breaches nothing`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin(
            """
            splits: [kong, tls]
            steps: [{weight: 10, hold: 5s}, {weight: 50, hold: 5s}]
            guards: {error_share: {above: 1%, over: 10s, min_requests: 50}}
            """)
        await bench.pass(30)
        #expect(await bench.state == "running")
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        #expect(
            await bench.rollouts.blockers == ["error_share: no data, 0 exchanges, needs 50"])
        await bench.pass(8, Self.quiet)
        try await bench.until("the step") { await bench.inForce == "kong 50/50 tls 50/50" }
        // Both sides fail alike: the judge has nothing to say, the guard has.
        await bench.pass(10, RolloutBench.traffic(0.5, candidate: 25, stable: 25))
        #expect(await bench.state == "rolled_back")
        #expect(await bench.reason.hasPrefix("error_share"))
    }

    @Test func `what must be sure holds a step`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin(
            """
            splits: [kong, tls]
            steps: [{weight: 10, hold: 5s}, {weight: 50, hold: 5s}]
            require: {error_share_below: 2%, at_most_worse: 2}
            """)
        await bench.pass(10, Self.quiet)
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        #expect(await bench.rollouts.blockers.count == 2)
        await bench.pass(60, RolloutBench.traffic(0.1, candidate: 0, stable: 2))
        try await bench.until("the step") { await bench.inForce == "kong 50/50 tls 50/50" }
    }

    // Other writers.

    @Test func `others may lower the candidate, which pauses it, and not raise it`()
        async throws
    {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        await bench.pass(2, Self.quiet)
        await #expect(throws: WeightRefusal.rollout("plan.yaml", split: "kong")) {
            try await bench.set("kong", "80", "20")
        }
        #expect(await bench.state == "running")
        try await bench.set("kong", "95", "5")
        await bench.pass(1, Self.quiet)
        #expect(await bench.state == "paused")
        #expect(await bench.reason.contains("5.0 % of y"))
        #expect(await bench.inForce == "kong 95/5 tls 90/10")
        try await bench.rollouts.resume("")
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        #expect(await bench.state == "running")
        // By force anything goes, and pauses it too.
        try await bench.set("tls", "10", "90", isForced: true)
        await bench.pass(1, Self.quiet)
        #expect(await bench.state == "paused")
        // A rollback from elsewhere is never refused.
        _ = try await bench.weights.change(WeightRequest(.rollback(split: nil), source: .socket))
        #expect(await bench.inForce == "kong 100/0 tls 100/0")
    }

    @Test func `an edit of the file that raises the candidate is not applied and stays`()
        async throws
    {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        let edit = "kong: {x: 20, y: 80}\ntls: {x: 90, y: 10} # both\n"
        try bench.folder.write(edit, to: "weights.yaml")
        #expect(await bench.weights.lookAtFile())
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        #expect(try bench.folder.read("weights.yaml") == edit)
        let refused = await bench.weights.report().refusedFile
        #expect(refused?.contains("plan.yaml") == true)
        // One that lowers it is.
        try bench.folder.write(
            "kong: {x: 99, y: 1}\ntls: {x: 90, y: 10} # both\n", to: "weights.yaml")
        #expect(await bench.weights.lookAtFile())
        #expect(await bench.inForce == "kong 99/1 tls 90/10")
        await bench.pass(1, Self.quiet)
        #expect(await bench.state == "paused")
    }

    @Test func `words at the wrong time are refused`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        await #expect(throws: RolloutFault.none) { try await bench.rollouts.resume("") }
        await #expect(throws: RolloutFault.none) { try await bench.rollouts.abort("") }
        try await bench.begin()
        let state = "running at step 1 of 3"
        await #expect(throws: RolloutFault.running("plan.yaml", state)) {
            try await bench.begin()
        }
        await #expect(throws: RolloutFault.notPaused(state)) {
            try await bench.rollouts.resume("")
        }
        await #expect(throws: RolloutFault.self) { try await bench.rollouts.approve("") }
        try await bench.rollouts.abort("enough")
        #expect(await bench.inForce == "kong 100/0 tls 100/0")
        #expect(await bench.state == "aborted")
        await #expect(throws: RolloutFault.over("aborted")) {
            try await bench.rollouts.abort("")
        }
    }

    @Test func `without a state_dir nothing begins`() async throws {
        let bench = try RolloutBench()
        // Its journal cannot be written: the folder's name is taken.
        try bench.folder.write("no folder", to: "state")
        let text = WeightsText.read(bench.snapshot, files: DiskFiles.read)
        await bench.rollouts.begin(bench.snapshot, environment: [:])
        _ = try await bench.weights.run(bench.snapshot, text: text, stored: nil)
        await #expect(throws: RolloutFault.self) { try await bench.begin() }
        #expect(await bench.inForce == "kong 100/0 tls 100/0")
    }
}
