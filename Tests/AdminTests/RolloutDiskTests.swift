import Admin
import Judging
import Kernel
import Settings
import Splitting
import Telemetry
import Testing

/// A state_dir without room: what was decided is in force, is said to be nowhere else, and comes to
/// the disk when it can.
struct RolloutDiskTests {
    private static let plan = "splits: [kong, tls]\nsteps: [{weight: 10, hold: 1h}]\n"

    /// A rollout on a disk that is full from the middle of it on, gone back by itself.
    private static func goneBack() async throws -> RolloutBench {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin(plan)
        await bench.pass(2, RolloutBench.traffic(0.1))
        try await bench.written()
        try bench.fill("rollout.journal")
        try bench.fill("rollout.history")
        await bench.pass(12, RolloutBench.traffic(0.1, candidate: 5))
        return bench
    }

    @Test func `a way back that the disk does not take is in force and told of`() async throws {
        let bench = try await Self.goneBack()
        #expect(await bench.state == "rolled_back")
        #expect(await bench.inForce == "kong 100/0 tls 100/0")
        try await bench.until("it is told") {
            await bench.rollouts.answer()["journal_error"]?.text != nil
        }
        let answer = await bench.rollouts.answer()
        #expect(
            answer["journal_error"]?.text == "rollout.journal: Is a directory")
        #expect(
            RolloutText.table(answer).contains(
                "NOT ON THE DISK: rollout.journal: Is a directory. It is in force"))
        #expect(RolloutText.summary(answer).contains("NOT ON THE DISK"))
        #expect(await bench.rollouts.gauges()?.isUnwritten == true)
        #expect(try !bench.folder.read("state/rollout.journal.kept").contains("\"rollback\""))
        // However often it is tried, it is said once.
        for _ in 0..<5 { await bench.rollouts.keepAgain() }
        let lines = bench.logged.filter { $0.contains("was not written") }
        #expect(
            lines == [
                "rollout.journal was not written: Is a directory; it is tried again",
                "rollout.history was not written: Is a directory; it is tried again",
            ], "\(lines)")
    }

    @Test func `it comes to the disk when there is room again`() async throws {
        let bench = try await Self.goneBack()
        try bench.empty("rollout.journal")
        try bench.empty("rollout.history")
        await bench.rollouts.keepAgain()
        #expect(await bench.rollouts.answer()["journal_error"] == .null)
        #expect(await bench.rollouts.gauges()?.isUnwritten == false)
        #expect(!RolloutText.table(await bench.rollouts.answer()).contains("DISK"))
        #expect(bench.journal.suffix(2).map(\.kind) == [.rollback, .back])
        let history = RolloutHistory.read("\(bench.folder.path)/state/rollout.history")
        #expect(history.map { $0["state"]?.text } == ["rolled_back"])
        await bench.rollouts.keepAgain()
        #expect(RolloutHistory.read("\(bench.folder.path)/state/rollout.history").count == 1)
        #expect(bench.logged.contains("rollout.journal is written again"))
        #expect(bench.logged.contains("rollout.history is written again"))
        // A restart finds it as it was.
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        #expect(await next.state == "rolled_back")
        #expect(await next.inForce == "kong 100/0 tls 100/0")
    }

    @Test func `another one does not begin over what is not written, and takes nothing away`()
        async throws
    {
        let bench = try await Self.goneBack()
        for file in ["rollout.journal", "rollout.history"] {
            do throws(RolloutFault) {
                try await bench.rollouts.start(
                    try bench.readPlan(Self.plan), file: "next.yaml", text: Self.plan)
                Issue.record("it has begun")
            } catch {
                #expect("\(error)".contains("it was not done: \(file): Is a directory"))
            }
            #expect(await bench.state == "rolled_back")
            try bench.empty(file)
        }
        try await bench.rollouts.start(
            try bench.readPlan(Self.plan), file: "next.yaml", text: Self.plan)
        #expect(await bench.state == "running")
        let history = RolloutHistory.read("\(bench.folder.path)/state/rollout.history")
        #expect(history.map { $0["plan"]?.text } == ["plan.yaml"])
        try await bench.written()
        #expect(bench.journal.first?["file"]?.text == "next.yaml")
        #expect(bench.journal.allSatisfy { $0.kind != .rollback })
    }

    @Test func `a history that a crash has torn or not reached is completed at the next start`()
        async throws
    {
        for torn in ["", "{\"plan\": \"old.ya"] {
            let bench = try RolloutBench()
            try await bench.start()
            try await bench.begin(Self.plan)
            try await bench.rollouts.abort("enough")
            try await bench.written()
            try bench.folder.write(torn, to: "state/rollout.history")
            for _ in 0..<2 {
                let next = try RolloutBench(in: bench.folder)
                try await next.start()
                let history = RolloutHistory.read("\(bench.folder.path)/state/rollout.history")
                #expect(history.map { $0["reason"]?.text } == ["enough"])
            }
        }
    }

    @Test func `a journal that somebody has removed or cut is written anew as a whole`()
        async throws
    {
        for isRemoved in [true, false] {
            let bench = try RolloutBench()
            try await bench.start()
            try await bench.begin(Self.plan)
            await bench.pass(5, RolloutBench.traffic(0.1, stable: 1))
            try await bench.written()
            if isRemoved {
                try bench.folder.remove("state/rollout.journal")
            } else {
                try bench.folder.write("{}\n", to: "state/rollout.journal")
            }
            for _ in 0..<3 {
                await bench.pass(1, RolloutBench.traffic(0.1, stable: 1))
                await bench.rollouts.keepAgain()
            }
            #expect(bench.journal.first?.kind == .start)
            let next = try RolloutBench(in: bench.folder)
            try await next.start()
            #expect(await next.inForce == "kong 90/10 tls 90/10")
            #expect(await next.rollouts.course?.judge.process(.errors).counts.stable == 8)
        }
    }

    /// Whether the weights, in their file and in the state, can be written.
    private static func allowWeights(_ isAllowed: Bool, _ bench: RolloutBench) throws {
        for place in [".weights.yaml.new", "state/.weights.state.new"] {
            if isAllowed {
                try bench.folder.remove(place)
            } else {
                try bench.folder.makeFolder(place)
            }
        }
    }

    @Test func `a step whose weights no disk takes is none`() async throws {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin(
            "splits: [kong, tls]\nsteps: [{weight: 10, hold: 2s}, {weight: 50, hold: 1h}]\n")
        try Self.allowWeights(false, bench)
        await bench.pass(5, RolloutBench.traffic(0.1))
        try await bench.until("it is paused") { await bench.state == "paused" }
        #expect(await bench.reason == "its weights could not be written and were taken back")
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        await bench.pass(1, RolloutBench.traffic(0.1))
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        try Self.allowWeights(true, bench)
        try await bench.rollouts.resume("")
        #expect(await bench.inForce == "kong 50/50 tls 50/50")
    }

    @Test func `a way back whose weights no disk took is made again at the next start`()
        async throws
    {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin(Self.plan)
        try Self.allowWeights(false, bench)
        try await bench.rollouts.abort("enough")
        try await bench.written()
        #expect(bench.journal.last?["durable"]?.bool == false)
        #expect(try bench.folder.read("weights.yaml").contains("y: 10"))
        try Self.allowWeights(true, bench)
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        let first = next.plane.memory.withLock { $0.snapshots.first }
        let shares = first?.splits.map { WeightReport.shares(of: $0.weights)[1] }
        #expect(shares == [0, 0])
        #expect(await next.inForce == "kong 100/0 tls 100/0")
        #expect(await next.state == "aborted")
        #expect(RolloutHistory.read("\(bench.folder.path)/state/rollout.history").count == 1)
        // What somebody has set since then stands.
        try await next.set("kong", "40", "60")
        let last = try RolloutBench(in: bench.folder)
        try await last.start()
        #expect(await last.inForce == "kong 40/60 tls 100/0")
    }

    @Test func `what somebody has set since a way back that was not written stands`()
        async throws
    {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin(Self.plan)
        try Self.allowWeights(false, bench)
        try await bench.rollouts.abort("enough")
        try await bench.written()
        try Self.allowWeights(true, bench)
        await bench.weights.keepAgain()
        try await bench.set("kong", "40", "60")
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        #expect(await next.inForce == "kong 40/60 tls 100/0")
    }
}
