import Admin
import Judging
import Kernel
import Proxy
import Settings
import Splitting
import Testing

/// A rollout whose process is killed: at every write, and with a journal torn at every byte.
struct RolloutCrashTests {
    private static let plan = """
        splits: [kong, tls]
        steps:
          - {weight: 10, hold: 2s}
          - {weight: 50, hold: 60s}
        """

    /// Two steps, then errors until it goes back.
    private static func play(_ bench: RolloutBench) async throws {
        try await bench.start()
        try await bench.begin(plan)
        for _ in 0..<6 where await bench.inForce != "kong 50/50 tls 50/50" {
            await bench.pass(1, RolloutBench.traffic(0.1))
            for _ in 0..<200 { await Task.yield() }
        }
        try await bench.until("the second step") {
            await bench.inForce == "kong 50/50 tls 50/50" || bench.disk.isDead
        }
        for _ in 0..<40 where await bench.state == "running" {
            await bench.pass(1, RolloutBench.traffic(0.5, candidate: 5))
        }
    }

    /// The lowest share of the candidate that journal, state and file know.
    private static func lowest(_ bench: RolloutBench) throws -> Double {
        var shares: [Double] = []
        if let state = try WeightStore.loadState(WeightStore.Places(bench.snapshot)) {
            shares += state.splits.map { WeightReport.shares(of: $0.weights)[1] }
        }
        let text = WeightsText.read(bench.snapshot, files: DiskFiles.read)
        if case .file(let document) = text {
            shares += document.weights.values.map { WeightReport.shares(of: $0)[1] }
        }
        let entries = RolloutJournal.load("\(bench.folder.path)/state/rollout.journal").entries
        if !entries.isEmpty {
            let plan = try RolloutPlan.read(
                Array(Self.plan.utf8), file: "plan.yaml", environment: [:], acknowledgements: [])
            var course = RolloutCourse(plan, file: "plan.yaml")
            for entry in entries { course.take(entry) }
            // No weight rises before the journal has its step.
            let begun = Double(course.plan.steps[course.step].weight.hundredths) / 10_000
            let isBegun = entries.contains { $0.kind == .step }
            #expect(shares.allSatisfy { $0 <= (isBegun ? begun : 0) + 1e-9 })
            if !course.phase.isOver || course.isGoingBack {
                shares.append(Double(course.ceilingHundredths) / 10_000)
            }
        }
        return shares.min() ?? 0
    }

    @Test func `killed at every write it comes back with the lowest share and goes on`()
        async throws
    {
        let whole = try RolloutBench()
        try await Self.play(whole)
        #expect(await whole.state == "rolled_back")
        try await whole.until("all is written") {
            (try? whole.folder.read("state/rollout.journal"))?.contains("\"back\"") == true
        }
        let works = whole.disk.doneCount
        #expect(works > 10)
        for kill in 0..<works {
            let bench = try RolloutBench(disk: DyingDisk(works: kill))
            // The killed process waits for its disk for ever: nobody waits for it.
            let isDone = Lock(false)
            let life = Task {
                try? await Self.play(bench)
                isDone.withLock { $0 = true }
            }
            // Entries that come together are one write: there may be fewer than in another life.
            try await bench.until("it dies at \(kill)") {
                bench.disk.isDead || isDone.withLock { $0 }
            }
            let wasGoingBack = await bench.rollouts.course?.isGoingBack ?? false
            let next = try RolloutBench(in: bench.folder)
            let lowest = try Self.lowest(next)
            try await next.start()
            let first = next.plane.memory.withLock { $0.snapshots.first }
            for split in first?.splits ?? [] {
                let share = WeightReport.shares(of: split.weights)[1]
                #expect(share <= lowest + 1e-9, "killed at \(kill): \(split.name) at \(share)")
            }
            // It goes back at once when that was on the disk; else the judge finds it again.
            for _ in 0..<60 {
                let state = await next.state
                if !["running", "awaiting_approval"].contains(state) { break }
                let share = await next.shares.max() ?? 0
                await next.pass(
                    1, RolloutBench.traffic(share, candidate: wasGoingBack ? 5 : 0))
                for _ in 0..<20 { await Task.yield() }
            }
            if wasGoingBack {
                let shares = await next.shares
                let state = await next.state
                let isBack = shares.allSatisfy { $0 == 0 }
                #expect(isBack, "killed at \(kill): \(shares) \(state)")
            }
            life.cancel()
        }
    }

    @Test func `a journal torn anywhere is read up to there`() async throws {
        let bench = try RolloutBench()
        try await Self.play(bench)
        try await bench.until("all is written") {
            (try? bench.folder.read("state/rollout.journal"))?.contains("\"back\"") == true
        }
        let bytes = Array(try bench.folder.read("state/rollout.journal").utf8)
        let whole = RolloutJournal.read(bytes).entries
        #expect(whole.first?.kind == .start)
        #expect(whole.last?.kind == .back)
        var most = 0
        for end in stride(from: 0, to: bytes.count, by: 7) {
            let (entries, fault) = RolloutJournal.read(Array(bytes[..<end]))
            #expect(entries == Array(whole.prefix(entries.count)))
            #expect(entries.count >= most)
            #expect((fault == nil) == (end == 0 || bytes[end - 1] == 0x0a))
            most = entries.count
        }
    }

    @Test func `what is read back is judged alike`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        await bench.pass(5, RolloutBench.traffic(0.1, candidate: 1, stable: 3))
        var sticky = RolloutBench.traffic(0.1)
        sticky.sticky = (0..<5).map {
            .init(
                key: UInt64($0 % 2), .denied, prefix: "/a", share: 0.1, isOnCandidate: $0 == 0)
        }
        await bench.pass(2, sticky)
        let before = try #require(await bench.rollouts.course)
        #expect(before.judge.process(.denied).counts == (1, 1))
        try await bench.until("all is written") {
            RolloutJournal.load("\(bench.folder.path)/state/rollout.journal").entries.count >= 9
        }
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        let after = try #require(await next.rollouts.course)
        #expect(after.judge == before.judge)
        #expect(after.reverse == before.reverse)
        #expect(after.heldMilliseconds == before.heldMilliseconds)
        #expect(after.served == before.served)
        #expect(after.slots.names == ["/orders"])
        #expect(await next.inForce == "kong 90/10 tls 90/10")
        // A key that has counted does not count again.
        await next.pass(1, sticky)
        let last = try #require(await next.rollouts.course)
        #expect(last.judge.process(.denied).counts == (1, 1))
    }

    @Test func `an edit that was made meanwhile cannot raise the candidate`() async throws {
        for (edit, expected) in [
            ("kong: {x: 20, y: 80}\ntls: {x: 90, y: 10}\n", "kong 90/10 tls 90/10"),
            ("kong: {x: 99, y: 1}\ntls: {x: 90, y: 10}\n", "kong 99/1 tls 90/10"),
        ] {
            let bench = try RolloutBench()
            try await bench.start()
            try await bench.begin()
            try bench.folder.write(edit, to: "weights.yaml")
            let next = try RolloutBench(in: bench.folder)
            try await next.start()
            #expect(await next.inForce == expected)
            await next.pass(1)
            #expect(await next.state == (expected.contains("99/1") ? "paused" : "running"))
        }
    }

    @Test(arguments: ["", "garbage\n", "{}\n", "{\"entry\": \"step\", \"at\": 1}\n"])
    func `a journal that begins with no plan stops nothing`(text: String) async throws {
        let bench = try RolloutBench()
        try bench.folder.makeFolder("state")
        try bench.folder.write(text, to: "state/rollout.journal")
        try await bench.start()
        #expect(await bench.inForce == "kong 100/0 tls 100/0")
        try await bench.begin()
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
    }
}
