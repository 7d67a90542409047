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

    /// So small that the journal is rewritten every few entries.
    private static let shortLimit = 900

    /// Two steps, then errors until it goes back; each second's entry is a write of its own.
    private static func play(_ bench: RolloutBench) async throws {
        try await bench.start()
        try await bench.begin(plan)
        for _ in 0..<3 {
            await bench.pass(1, RolloutBench.traffic(0.1))
            try await bench.written()
        }
        try await bench.until("the second step") {
            await bench.inForce == "kong 50/50 tls 50/50" || bench.disk.isDead
        }
        try await breakIt(bench, share: 0.5)
    }

    /// Errors of the candidate until it is over, or the disk has died.
    private static func breakIt(_ bench: RolloutBench, share: Double) async throws {
        for _ in 0..<20 where await bench.rollouts.course?.phase.isOver == false {
            if bench.disk.isDead { return }
            await bench.pass(1, RolloutBench.traffic(share, candidate: 6))
            try await bench.written()
        }
        try await bench.written()
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
        let entries = bench.journal
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

    /// One life that ends at a write, and the next one on what it has left.
    private static func live(killedAt kill: Int, _ journalLimit: Int) async throws {
        let bench = try RolloutBench(
            disk: DyingDisk(works: kill), journalLimit: journalLimit)
        // The killed process waits for its disk for ever: nobody waits for it.
        let isDone = Lock(false)
        let life = Task {
            try? await play(bench)
            isDone.withLock { $0 = true }
        }
        defer { life.cancel() }
        // Entries that come together are one write: there may be fewer than in another life.
        try await bench.until("it dies at \(kill)") {
            bench.disk.isDead || isDone.withLock { $0 }
        }
        let next = try RolloutBench(in: bench.folder, journalLimit: journalLimit)
        let lowest = try Self.lowest(next)
        let left = next.journal
        try await next.start()
        let first = next.plane.memory.withLock { $0.snapshots.first }
        for split in first?.splits ?? [] {
            let share = WeightReport.shares(of: split.weights)[1]
            #expect(share <= lowest + 1e-9, "killed at \(kill): \(split.name) at \(share)")
        }
        try await goOn(next, left, "killed at \(kill)")
    }

    /// It completes what it was at: what was to go back is back, what had begun goes on to its
    /// second step and is still judged there.
    private static func goOn(
        _ bench: RolloutBench, _ left: [RolloutEntry], _ place: String
    ) async throws {
        guard !left.isEmpty else {
            #expect(await bench.state == "none", "\(place)")
            return
        }
        let isUp = { await bench.inForce == "kong 50/50 tls 50/50" }
        let isOver = { await bench.rollouts.course?.phase.isOver == true }
        for _ in 0..<6 {
            if await isUp() { break }
            if await isOver() { break }
            await bench.pass(1, RolloutBench.traffic(await bench.shares.max() ?? 0))
            try await bench.written()
            try await bench.until("moves end") { await !bench.rollouts.isBusy }
        }
        if await !isOver() {
            try await bench.until("the second step, \(place)", isUp)
            try await breakIt(bench, share: 0.5)
        }
        #expect(await bench.state == "rolled_back", "\(place)")
        #expect(await bench.inForce == "kong 100/0 tls 100/0", "\(place)")
    }

    @Test(arguments: [RolloutJournal.usualLimit, shortLimit])
    func `killed at every write it comes back with the lowest share and goes on`(limit: Int)
        async throws
    {
        let whole = try RolloutBench(journalLimit: limit)
        try await Self.play(whole)
        #expect(await whole.state == "rolled_back")
        // What is rewritten ends in a sum.
        #expect(whole.journal.last { $0.kind != .sum && $0.kind != .evidence }?.kind == .back)
        #expect(whole.journal.contains { $0.kind == .sum } == (limit == Self.shortLimit))
        let works = whole.disk.doneCount
        #expect(works > 10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for kill in 0..<works {
                if kill >= 3 { _ = try await group.next() }
                group.addTask { try await Self.live(killedAt: kill, limit) }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a journal that was rewritten is judged alike, and stays short`() async throws {
        let limit = 4_000
        let bench = try RolloutBench(journalLimit: limit)
        try await bench.start()
        try await bench.begin("splits: [kong, tls]\nsteps: [{weight: 10, hold: 1h}]\n")
        var longest = 0
        for second in 0..<300 {
            var report = RolloutBench.traffic(
                second % 7 == 0 ? 0.2 : 0.1, candidate: second % 3 == 0 ? 1 : 0, stable: 4,
                kind: second % 2 == 0 ? .errors : .denied)
            report.sticky = [
                .init(
                    key: UInt64(second % 20) << 40, .noRoute, prefix: nil, share: 0.1,
                    isOnCandidate: second % 10 == 0)
            ]
            await bench.pass(1, report)
            if second % 100 == 50 {
                try await bench.rollouts.pauseByHand("a look at \(second)")
                try await bench.rollouts.resume("")
            }
            try await bench.written()
            longest = max(longest, try bench.folder.read("state/rollout.journal").utf8.count)
        }
        // Twice of what it comes to, and the entry that was one too many.
        let sum = try #require(await bench.rollouts.course).journal
        let size = sum.reduce(0) { $0 + JSONWriter.line($1.json).utf8.count + 1 }
        #expect(longest <= max(limit, 2 * size) + 1_000)
        #expect(bench.journal.count < 200)
        let before = try #require(await bench.rollouts.course)
        #expect(before.judge.process(.errors).nextNumber > 1)
        let next = try RolloutBench(in: bench.folder, journalLimit: limit)
        try await next.start()
        let after = try #require(await next.rollouts.course)
        #expect(after.judge == before.judge)
        #expect(after.judge.logEvidence == before.judge.logEvidence)
        #expect(after.reverse == before.reverse)
        #expect(after.heldMilliseconds == before.heldMilliseconds)
        #expect(after.served == before.served)
        #expect(after.phase == before.phase)
        #expect(after.slots == before.slots)
        #expect(after.stable == before.stable)
        #expect(after.candidate == before.candidate)
        #expect(after.marks == before.marks)
        #expect(after.events.map(\.kind) == before.events.map(\.kind))
        #expect(before.events.count > 5)
    }

    @Test func `words without end do not make the journal long`() async throws {
        let bench = try RolloutBench(journalLimit: 4_000)
        try await bench.start()
        try await bench.begin()
        for number in 0..<400 {
            try await bench.rollouts.pauseByHand("\(number)")
            try await bench.rollouts.resume("")
        }
        try await bench.written()
        let course = try #require(await bench.rollouts.course)
        #expect(course.events.count <= 500)
        #expect(course.events.first?.kind == .start)
        #expect(bench.journal.count < 1_100)
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        #expect(await next.inForce == "kong 90/10 tls 90/10")
        #expect(await next.state == "running")
    }

    @Test func `a journal that cannot be rewritten goes on as it is`() async throws {
        let bench = try RolloutBench(journalLimit: 2_000)
        try await bench.start()
        try await bench.begin()
        try bench.folder.makeFolder("state/.rollout.journal.new")
        for _ in 0..<40 {
            await bench.pass(1, RolloutBench.traffic(0.1, stable: 1))
            try await bench.written()
        }
        #expect(bench.journal.count > 40)
        #expect(bench.journal.allSatisfy { $0.kind != .sum })
        try bench.folder.remove("state/.rollout.journal.new")
        for _ in 0..<40 {
            await bench.pass(1, RolloutBench.traffic(0.1, stable: 1))
            try await bench.written()
        }
        #expect(bench.journal.contains { $0.kind == .sum })
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        let counts = await next.rollouts.course?.judge.process(.errors).counts
        #expect(counts?.stable == 80)
    }

    @Test func `a journal torn anywhere is read up to there`() async throws {
        let bench = try RolloutBench()
        try await Self.play(bench)
        let bytes = Array(try bench.folder.read("state/rollout.journal").utf8)
        let whole = RolloutJournal.read(bytes).entries
        #expect(whole.first?.kind == .start)
        #expect(whole.last?.kind == .back)
        var most = 0
        for end in stride(from: 0, to: bytes.count, by: 7) {
            let found = RolloutJournal.read(Array(bytes[..<end]))
            let (entries, fault) = (found.entries, found.fault)
            #expect(!found.isDamaged)
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
        try await bench.written()
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
