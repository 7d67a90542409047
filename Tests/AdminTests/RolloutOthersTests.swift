import Admin
import Judging
import Kernel
import Proxy
import Settings
import Splitting
import Testing

/// What others do under a rollout: to its weights and to the settings of its splits.
struct RolloutOthersTests {
    private static let quiet = RolloutBench.traffic(0.1)

    private func begun() async throws -> RolloutBench {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        await bench.pass(2, Self.quiet)
        return bench
    }

    @Test func `who lowers the candidate has paused the rollout when that is acknowledged`()
        async throws
    {
        let bench = try await begun()
        try await bench.set("kong", "95", "5")
        #expect(await bench.state == "paused")
        #expect(await bench.reason == "the socket has set kong to 5.0 % of y")
        #expect(bench.journal.last?.kind == .pause)
        // Nothing is left to be found by the next look.
        await bench.pass(1, Self.quiet)
        #expect(await bench.rollouts.course?.events.count { $0.kind == .pause } == 1)
    }

    @Test func `a forced change pauses even if it is taken back before anybody looks`()
        async throws
    {
        let bench = try await begun()
        try await bench.set("tls", "10", "90", isForced: true)
        #expect(await bench.state == "paused")
        try await bench.set("tls", "90", "10", isForced: true)
        await bench.pass(3, Self.quiet)
        #expect(await bench.state == "paused")
        #expect(await bench.reason.contains("90.0 % of y"))
    }

    @Test func `an edit of the file and a rollback from elsewhere pause it, too`() async throws {
        var bench = try await begun()
        try bench.folder.write(
            "kong: {x: 99, y: 1}\ntls: {x: 90, y: 10} # both\n", to: "weights.yaml")
        #expect(await bench.weights.lookAtFile())
        #expect(await bench.state == "paused")
        #expect(await bench.reason.contains("file has set kong to 1.0 % of y"))
        bench = try await begun()
        _ = try await bench.weights.change(
            WeightRequest(.rollback(split: nil), source: .socket, reason: "now"))
        #expect(await bench.state == "paused")
        #expect(await bench.reason.contains("0.0 % of y (now)"))
        // What changes nothing, or a change that is refused, pauses nothing.
        bench = try await begun()
        try await bench.set("kong", "90", "10")
        await #expect(throws: WeightRefusal.self) { try await bench.set("kong", "50", "50") }
        #expect(await bench.state == "running")
    }

    @Test func `no step is made over what somebody has just set`() async throws {
        let journal = HeldDisk()
        let bench = try RolloutBench(journalDisk: journal.queue)
        try await bench.start()
        try await bench.begin()
        await bench.pass(10, Self.quiet)
        try await bench.written()
        // The next step's entry waits for its disk; meanwhile somebody goes back.
        journal.hold()
        await bench.pass(1, Self.quiet)
        try await bench.until("the step is written") { journal.waitingCount >= 1 }
        let changing = Task { try await bench.set("kong", "100", "0") }
        try await bench.until("it is paused") { await bench.state == "paused" }
        journal.letGo()
        try await changing.value
        try await bench.written()
        try await bench.until("the move is over") { await !bench.rollouts.isBusy }
        #expect(await bench.inForce == "kong 100/0 tls 90/10")
        #expect(await bench.state == "paused")
    }

    // Settings.

    private static let file = """
        listeners:
          api: {address: 127.0.0.1:0, split: kong}
        splits:
          kong: {weights: {x: 90, y: 10}, stable: y, candidate: x}
          tls: {weights: {x: 90, y: 10}, stable: x, candidate: y}

        """

    private static func swapped(
        _ snapshot: Snapshot, members: [String] = ["x", "y"], stable: String, candidate: String?
    ) -> Snapshot {
        var next = snapshot
        next.splits[0] = SplitSettings(
            name: "kong", members: members, weights: members.map { _ in .one }, stable: stable,
            candidate: candidate)
        return next
    }

    @Test func `settings that change who is who are refused, at their place`() async throws {
        let bench = try await begun()
        try bench.folder.write(Self.file, to: "sluice.yaml")
        let path = "\(bench.folder.path)/sluice.yaml"
        let faults = { (snapshot: Snapshot) async -> [SettingsError] in
            do throws(SettingsErrors) {
                try await bench.rollouts.checkRoles(in: snapshot, path: path)
                return []
            } catch {
                return error.errors
            }
        }
        let swap = Self.swapped(bench.snapshot, stable: "y", candidate: "x")
        let fault = try #require(await faults(swap).first)
        #expect(fault.file == path && fault.line == 4 && fault.column == 3)
        #expect(
            fault.message
                == "the rollout plan.yaml is under way and the split `kong` has the members x, y "
                + "with stable y and candidate x; expected the members x, y with stable x and "
                + "candidate y until it is over; `sluice rollout abort` ends it")
        let others = [
            Self.swapped(bench.snapshot, members: ["x", "z"], stable: "x", candidate: "z"),
            Self.swapped(
                bench.snapshot, members: ["x", "y", "z"], stable: "x", candidate: "y"),
            Self.swapped(bench.snapshot, stable: "x", candidate: nil),
        ]
        for other in others { #expect(await faults(other).count == 1) }
        var less = bench.snapshot
        less.splits.removeLast()
        #expect(await faults(less).first?.message.contains("the split `tls` is gone") == true)
        // Another order, other weights and other splits are nobody's business.
        var more = Self.swapped(
            bench.snapshot, members: ["y", "x"], stable: "x", candidate: "y")
        more.splits.append(
            SplitSettings(name: "new", members: ["x"], weights: [.one], stable: "x"))
        #expect(await faults(more).isEmpty)
        try await bench.rollouts.abort("")
        #expect(await faults(swap).isEmpty)
    }

    @Test func `a rollout whose sides were swapped while it was down does not go on`()
        async throws
    {
        let bench = try await begun()
        try await bench.written()
        let swap = Self.swapped(bench.snapshot, stable: "y", candidate: "x")
        let next = try RolloutBench(in: bench.folder)
        await next.rollouts.begin(swap, environment: [:])
        #expect(await next.rollouts.course == nil)
        #expect(
            await next.rollouts.journalFault
                == "it began as kong with stable x and candidate y, tls with stable x and "
                + "candidate y; the settings have kong with stable y and candidate x, tls with "
                + "stable x and candidate y now")
        let stored = try WeightStore.loadState(WeightStore.Places(swap))
        let text = WeightsText.read(swap, files: DiskFiles.read)
        _ = try await next.weights.run(swap, text: text, stored: stored)
        await next.rollouts.goOn()
        #expect(await next.inForce == "kong 90/10 tls 90/10")
    }

    @Test func `weights that a reload has set pause it at once`() async throws {
        let bench = try await begun()
        try bench.folder.write(
            "kong: {x: 97, y: 3}\ntls: {x: 90, y: 10} # both\n", to: "weights.yaml")
        let text = WeightsText.read(bench.snapshot, files: DiskFiles.read)
        _ = try await bench.weights.run(bench.snapshot, text: text, stored: nil)
        await bench.rollouts.adopt(bench.snapshot)
        #expect(await bench.inForce == "kong 97/3 tls 90/10")
        #expect(await bench.state == "paused")
    }
}
