import Judging
import Kernel
import Logging
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

@testable import Admin

/// Sides that are drained or latched under a rollout, and how a breach names them.
struct RolloutSideTests {
    private static let quiet = RolloutBench.traffic(0.1)

    private func begun(_ listeners: [ListenerSettings] = []) async throws -> RolloutBench {
        let bench = try RolloutBench(listeners: listeners)
        try await bench.start()
        try await bench.begin()
        await bench.pass(2, Self.quiet)
        return bench
    }

    private static func listener(_ split: String, _ mode: ListenerMode) -> ListenerSettings {
        ListenerSettings(
            name: "\(split)-\(mode)", address: AddressSetting(host: .name("a"), port: 1),
            mode: mode, split: split)
    }

    @Test(arguments: ["x", "y"])
    func `a side that somebody drains pauses it, and is no failure of that side`(side: String)
        async throws
    {
        let bench = try await begun()
        let address = SocketAddress(version4: 0x7f00_0001, port: 81)
        bench.plane.memory.withLock { memory in
            memory.resolved = ["x", "y"].map {
                ResolvedTarget(upstream: $0, setting: "\($0):81", address: address)
            }
            memory.drains.append([DrainScope(upstream: side, target: nil)])
            memory.usableUpstreams.remove(side)
        }
        var report = EvidenceReport()
        let gone = EvidenceReport.Traffic(ended: 10, failed: 10, unanswered: 10)
        report.add(side == "y" ? .init(candidate: gone) : .init(stable: gone), of: "kong")
        await bench.pass(30, report)
        #expect(await bench.state == "paused")
        let role = side == "y" ? "candidate" : "stable side"
        #expect(
            await bench.reason
                == "the \(role) \(side) of kong is drained, and gets nothing new; `sluice undrain "
                + "\(side)` ends that, `sluice rollout resume` goes on then")
        let course = try #require(await bench.rollouts.course)
        #expect(course.candidate.failed == 0 && course.stable.failed == 0)
        #expect(await bench.inForce == "kong 90/10 tls 90/10")
        if side == "y" {
            #expect(
                await bench.rollouts.blockers.contains("no_usable_target: no data, it is drained"))
        }
        bench.plane.memory.withLock { memory in
            memory.drains.append([])
            memory.usableUpstreams = ["x", "y"]
        }
        try await bench.rollouts.resume("")
        await bench.pass(3, Self.quiet)
        #expect(await bench.state == "running")
    }

    @Test func `nobody latches the side that a rollout may have to go back to`() async throws {
        let bench = try await begun()
        try await bench.set("kong", "0", "100", isForced: true)
        let fault = LatchFault.rollout("plan.yaml", upstream: "x", split: "kong")
        await #expect(throws: fault) {
            _ = try await bench.weights.latch("x", of: "kong", reason: "")
        }
        #expect("\(fault)".hasSuffix("or `sluice rollout abort` first"))
        // What ends it by itself may, and the candidate may always be.
        _ = try await bench.weights.latch("x", of: "kong", reason: "", endsRollout: true)
        try await bench.set("tls", "100", "0")
        _ = try await bench.weights.latch("y", of: "tls", reason: "")
        #expect(await bench.weights.latches.count == 2)
    }

    @Test func `a breach of connections speaks of connections`() async throws {
        let cases: [([ListenerSettings], String)] = [
            ([], "5xx and broken answers"),
            (
                [Self.listener("kong", .http), Self.listener("tls", .tcp)],
                "5xx and broken answers, and connections that did not come about,"
            ),
            (
                [Self.listener("kong", .tcp), Self.listener("tls", .tcp)],
                "connections that did not come about"
            ),
        ]
        for (listeners, words) in cases {
            let bench = try await begun(listeners)
            var report = RolloutBench.traffic(0.1, candidate: 5)
            report.rows = [.init(.errors, prefix: nil, share: 0.1, candidate: 5, stable: 0)]
            await bench.pass(6, report)
            #expect(await bench.state == "rolled_back")
            let reason = await bench.reason
            #expect(
                reason.hasPrefix("\(words) are more frequent on y: at 10.0 % "), "\(reason)")
        }
    }

    @Test func `a breach names the sides of all splits`() async throws {
        let bench = try await begun()
        var snapshot = bench.snapshot
        snapshot.splits[1] = SplitSettings(
            name: "tls", members: ["xt", "yt"], weights: snapshot.splits[1].weights, stable: "xt",
            candidate: "yt")
        let plane = FakePlane()
        let weights = WeightKeeper(
            plane: plane, store: WeightStore(WeightStore.Places(snapshot)),
            logger: .init(label: "test"), disk: .threads)
        let rollouts = RolloutKeeper(
            weights: weights, plane: plane, logger: .init(label: "test"))
        await rollouts.begin(
            Snapshot(listeners: [], upstreams: [], splits: snapshot.splits), environment: [:])
        var judge = ErrorJudge()
        judge.take(Evidence(.errors, share: 0.1, candidate: 20, stable: 0))
        let breach = try #require(judge.breach)
        let course = RolloutCourse(try bench.readPlan(RolloutBench.plan), file: "plan.yaml")
        #expect(
            await rollouts.text(of: breach, course)
                == "5xx and broken answers are more frequent on y and yt: at 10.0 % 20 on y and yt "
                + "and 0 on x and xt")
    }

    @Test func `a listener of mode tcp at a split of requests is told of`() async throws {
        let bench = try await begun(
            [Self.listener("kong", .http), Self.listener("tls", .http)])
        var more = bench.snapshot
        await bench.rollouts.adopt(more)
        #expect(await bench.state == "running")
        more.listeners.append(Self.listener("kong", .tcp))
        await bench.rollouts.adopt(more)
        #expect(await bench.state == "paused")
        #expect(await bench.reason.hasPrefix("listeners of mode tcp use the split kong now"))
        let text = RolloutText.table(await bench.rollouts.answer())
        #expect(text.contains("  kong has connections beside its requests"), "\(text)")
        // It is said once.
        try await bench.rollouts.resume("")
        await bench.rollouts.adopt(more)
        #expect(await bench.state == "running")
    }

    @Test func `an alarm is over when a person has gone back`() async throws {
        let bench = try await begun()
        bench.plane.memory.withLock { $0.usableUpstreams = ["y"] }
        await bench.pass(20, RolloutBench.traffic(0.1, candidate: 3))
        #expect(await bench.rollouts.alarm != nil)
        try await bench.rollouts.abort("by hand")
        #expect(await bench.state == "aborted")
        #expect(await bench.inForce == "kong 100/0 tls 100/0")
        #expect(await bench.rollouts.alarm == nil)
        #expect(await bench.rollouts.gauges()?.isAlarm == false)
        #expect(await bench.rollouts.answer()["alarm"] == .null)
    }

    @Test func `it is recorded when a way back was in force, and when it was kept`() async throws {
        let disk = HeldDisk()
        let bench = try RolloutBench(weightsDisk: disk.queue)
        try await bench.start()
        try await bench.begin()
        disk.hold()
        let began = Instant.now()
        let looking = Task { await bench.pass(6, RolloutBench.traffic(0.1, candidate: 5)) }
        try await bench.until("the disk is asked") { disk.waitingCount > 0 }
        let asked = Double(Instant.now().since(began)) / 1e6
        // Whatever comes now belongs to the disk.
        try await bench.until("a while") { Double(Instant.now().since(began)) / 1e6 > asked + 20 }
        disk.letGo()
        await looking.value
        let back = await bench.rollouts.course?.events.first { $0.kind == .back }
        let inForce = try #require(back?["milliseconds"]?.double)
        let kept = try #require(back?["kept_after_milliseconds"]?.double)
        #expect(inForce <= asked)
        #expect(kept >= inForce + 20)
        let text = RolloutText.history(await bench.rollouts.historyAnswer())
        #expect(text.contains(", in force after "), "\(text)")
    }
}
