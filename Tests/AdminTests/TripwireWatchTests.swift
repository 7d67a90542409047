import Addressing
import Admin
import Kernel
import Logging
import Settings
import Splitting
import Telemetry
import Testing

/// The tripwire before two Admin APIs, with a freeze that the test sets.
@Suite(.timeLimit(.minutes(5))) struct TripwireWatchTests {
    /// What happens in a test: both Admin APIs, the freeze, the log, and a folder.
    final class Scene: Sendable {
        let x = FakeAdmin("3.4.1", id: "x1")
        let y = FakeAdmin("3.4.2", id: "y1")
        let freeze = Lock<[FreezeFacts]>([])
        let log = Lock<[String]>([])
        let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            for admin in [x, y] {
                admin.set(.routes, [FakeAdmin.entity(1, at: 5), FakeAdmin.entity(2, at: 6)])
                admin.set(.services, [FakeAdmin.entity(1, at: 5)])
            }
        }

        static var now: Int64 { WallClock.nanoseconds() / 1_000_000 }

        func freezeNow(_ mode: FreezeFacts.Mode = .both) {
            let facts = FreezeFacts(split: "kong", mode: mode, sinceMilliseconds: Self.now)
            freeze.withLock { $0 = [facts] }
        }

        func snapshot(_ x: String, _ y: String?) throws -> Snapshot {
            let target = TargetSettings(
                address: AddressSetting(host: .ip(IPAddress(ipv4: 0x7f00_0001)), port: 9))
            let upstream = { (name: String, url: String?) in
                UpstreamSettings(
                    name: name, targets: [target],
                    admin: url.map { AdminAccessSettings(url: $0, intervalMilliseconds: 30) })
            }
            let half = try #require(Weight(hundredths: 5_000))
            return Snapshot(
                listeners: [], upstreams: [upstream("x", x), upstream("y", y)],
                splits: [
                    SplitSettings(
                        name: "kong", members: ["x", "y"], weights: [half, half], stable: "x")
                ], stateDirectory: "\(folder.path)/state")
        }

        func watch() -> TripwireWatch {
            let (log, freeze) = (log, freeze)
            var times = SplitTripwire.Times()
            times.settleMilliseconds = 50
            times.agreeMilliseconds = 300
            return TripwireWatch(
                logger: Logger(label: "test") { _ in KeptLog(lines: log) }, times: times,
                freezes: { freeze.withLock { $0 } })
        }

        func logs(_ words: String) -> Bool {
            log.withLock { lines in lines.contains { $0.contains(words) } }
        }
    }

    private struct KeptLog: LogHandler {
        let lines: Lock<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        func log(event: LogEvent) {
            lines.withLock { $0.append("\(event.level) \(event.message)") }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }

    /// Serves both, and runs a tripwire before them while `body` runs.
    private func play(
        _ scene: Scene,
        _ body: @escaping @Sendable (TripwireWatch, _ x: String, _ y: String) async throws -> Void
    ) async throws {
        try await scene.x.serve { x in
            try await scene.y.serve { y in
                let watch = scene.watch()
                await watch.begin(try scene.snapshot(x, y))
                try await Self.running(watch) { try await body(watch, x, y) }
            }
        }
    }

    private static func running(
        _ watch: TripwireWatch, _ body: () async throws -> Void
    ) async throws {
        let running = Task { await watch.run() }
        defer { running.cancel() }
        try await body()
    }

    private static func verdict(_ watch: TripwireWatch) async -> TripwireReport.Verdict? {
        await watch.report().splits.first?.verdict
    }

    private func wait(
        _ watch: TripwireWatch, _ verdict: TripwireReport.Verdict
    ) async throws {
        try await AdminTests.wait("\(verdict)", seconds: 30) {
            watch.look()
            return await Self.verdict(watch) == verdict
        }
    }

    @Test func `without a freeze only who answers is asked`() async throws {
        let scene = try Scene()
        try await play(scene) { watch, _, _ in
            try await AdminTests.wait("versions", seconds: 30) {
                await watch.report().admins.compactMap(\.node?.version) == ["3.4.1", "3.4.2"]
            }
            #expect(await Self.verdict(watch) == .off)
        }
        #expect(Set(scene.x.requests) == ["/"])
    }

    @Test func `a change behind the guard is an alarm, also after a restart`() async throws {
        let scene = try Scene()
        try await play(scene) { watch, x, y in
            scene.freezeNow()
            try await self.wait(watch, .clear)
            let baselines = await watch.report().splits.first?.tripwire.baselines
            #expect(baselines?.keys.sorted() == ["x", "y"])
            scene.x.set(.routes, [FakeAdmin.entity(1, at: 5), FakeAdmin.entity(2, at: 7)])
            scene.y.set(.routes, [FakeAdmin.entity(1, at: 5), FakeAdmin.entity(2, at: 7)])
            try await self.wait(watch, .alarm)
            #expect(scene.logs("error tripwire kong: ALARM: routes of x changed behind the guard"))
            #expect(scene.logs("00000000-0000-4000-8000-000000000002"))
            scene.x.set(.routes, [FakeAdmin.entity(1, at: 5), FakeAdmin.entity(2, at: 6)])
            try await AdminTests.wait("the file", seconds: 30) {
                (try? scene.folder.read("state/tripwire.state").contains("change y routes")) == true
            }
            let next = scene.watch()
            await next.begin(try scene.snapshot(x, y))
            #expect(scene.logs("ALARM of before the restart: routes"))
            try await Self.running(next) {
                try await self.wait(next, .alarm)
                let after = await next.report().splits.first?.tripwire.baselines
                #expect(after == baselines, "the baseline is that of before the restart")
            }
        }
    }

    @Test func `a change while nobody watched is an alarm`() async throws {
        let scene = try Scene()
        try await play(scene) { watch, x, y in
            scene.freezeNow()
            try await self.wait(watch, .clear)
            try await AdminTests.wait("the file", seconds: 30) {
                (try? scene.folder.read("state/tripwire.state").contains("baseline y")) == true
            }
        }
        scene.x.set(.services, [])
        try await play(scene) { watch, _, _ in
            try await self.wait(watch, .alarm)
            #expect(scene.logs("ALARM: services of x changed behind the guard: removed: 1"))
        }
    }

    @Test func `sides that disagree are an alarm until they agree`() async throws {
        let scene = try Scene()
        scene.y.set(.plugins, [FakeAdmin.entity(9, at: 1)])
        try await play(scene) { watch, _, _ in
            scene.freezeNow(.candidate)
            try await self.wait(watch, .alarm)
            #expect(scene.logs("plugins of x and y disagree: only at y: 1"))
            scene.x.set(.plugins, [FakeAdmin.entity(9, at: 1)])
            try await self.wait(watch, .clear)
            #expect(scene.logs("plugins of x and y agree again"))
        }
    }

    @Test(arguments: [
        ("/", FakeAdmin.Fault.status(500)), ("/routes", .status(403)), ("/routes", .text("{")),
        ("/plugins", .samePage), ("/", .redirect),
    ])
    func `who cannot be read is no all-clear`(path: String, fault: FakeAdmin.Fault)
        async throws
    {
        let scene = try Scene()
        scene.y.fail(path, fault)
        try await play(scene) { watch, _, _ in
            scene.freezeNow()
            try await AdminTests.wait("a fault", seconds: 30) {
                watch.look()
                let admins = await watch.report().admins
                return admins.last?.fault != nil && admins.first?.lastReadingMilliseconds != nil
            }
            try await self.wait(watch, .blind)
            #expect(scene.logs("error admin y: cannot be read: "))
            scene.y.fail(path, nil)
            try await self.wait(watch, .clear)
            #expect(scene.logs("notice admin y: can be read again"))
            scene.y.fail(path, fault)
            try await self.wait(watch, .blind)
            scene.x.set(.routes, [])
            try await self.wait(watch, .alarm)
        }
    }

    @Test func `a list that goes away is no all-clear`() async throws {
        let scene = try Scene()
        try await play(scene) { watch, _, _ in
            scene.freezeNow()
            try await self.wait(watch, .clear)
            scene.y.state.withLock { $0.lists["consumers"] = nil }
            try await self.wait(watch, .blind)
            let reasons = await watch.report().splits.first?.reasons
            #expect(reasons == ["y has no list of consumers any more"])
        }
    }

    @Test func `a member without admin is no all-clear`() async throws {
        let scene = try Scene()
        try await play(scene) { watch, x, _ in
            await watch.adopt(try scene.snapshot(x, nil))
            scene.freezeNow()
            try await self.wait(watch, .blind)
            let reasons = await watch.report().splits.first?.reasons
            #expect(reasons?.contains("y has no `admin`: it is not watched") == true)
        }
    }

    @Test func `one node at both addresses is no all-clear`() async throws {
        let scene = try Scene()
        try await play(scene) { watch, x, _ in
            await watch.adopt(try scene.snapshot(x, x))
            scene.freezeNow()
            try await AdminTests.wait("the reason", seconds: 30) {
                watch.look()
                let split = await watch.report().splits.first
                let isTold = split?.reasons.contains { $0.hasPrefix("x and y are one node") }
                return split?.verdict == .blind && isTold == true
            }
        }
    }

    @Test func `the end of the freeze is the end of the alarm`() async throws {
        let scene = try Scene()
        try await play(scene) { watch, _, _ in
            scene.freezeNow()
            try await self.wait(watch, .clear)
            scene.x.set(.services, [])
            try await self.wait(watch, .alarm)
            scene.freeze.withLock { $0 = [] }
            try await self.wait(watch, .off)
            try await AdminTests.wait("the file", seconds: 30) {
                (try? scene.folder.read("state/tripwire.state").contains("split")) == false
            }
        }
    }

    @Test func `a damaged state is told`() async throws {
        let scene = try Scene()
        try scene.folder.makeFolder("state")
        try scene.folder.write("sluice tripwire state 1\n", to: "state/tripwire.state")
        try await play(scene) { _, _, _ in
            #expect(scene.logs("error tripwire.state: damaged"))
        }
    }

    @Test func `a disk that cannot be written is told`() async throws {
        let scene = try Scene()
        try scene.folder.write("a file where a folder should be", to: "state")
        try await play(scene) { watch, _, _ in
            scene.freezeNow()
            try await self.wait(watch, .clear)
            #expect(await watch.report().splits.first?.isDurable == false)
            #expect(scene.logs("warning tripwire.state was not written"))
        }
    }

    @Test func `metrics, JSON and text tell of an alarm`() async throws {
        let scene = try Scene()
        scene.y.fail("/routes", .status(403))
        try await play(scene) { watch, _, _ in
            scene.freezeNow()
            try await AdminTests.wait("a baseline", seconds: 30) {
                watch.look()
                return await watch.report().splits.first?.tripwire.baselines["x"] != nil
            }
            scene.x.set(.services, [])
            try await self.wait(watch, .alarm)
            let report = await watch.report()
            let gauges = TripwireGauges(splits: report.splits, admins: report.admins)
            #expect(gauges.alarms.filter(\.isUp).map(\.kind) == ["services"])
            #expect(gauges.alarms.count == 6 && gauges.words.count == 5)
            #expect(gauges.admins.map { $0.lastSuccessSeconds > 0 } == [true, false])
            let status = JSONValue.object([
                "tripwire": .object([
                    "splits": .array(report.splits.map(\.answer)),
                    "admins": .array(report.admins.map(\.answer)),
                ])
            ])
            let text = TripwireText.table(status)
            #expect(text.contains("tripwire kong: ALARM, both frozen since "))
            #expect(text.contains("  services of x changed behind the guard since "))
            #expect(text.contains("not seen: y cannot be read: /routes: status 403"))
            #expect(TripwireText.table(.object([:])) == "")
        }
    }
}
