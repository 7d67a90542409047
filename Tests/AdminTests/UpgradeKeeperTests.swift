import Admin
import Kernel
import Logging
import Proxy
import Settings
import Splitting
import Testing

/// A control API over the split `kong` whose y is ready, before a data plane that only remembers.
private struct UpgradeBench {
    let folder: TemporaryFolder
    let plane = FakePlane()
    let api: ControlAPI
    let operation: Operation

    init(in folder: TemporaryFolder? = nil, candidate: String? = "y") async throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        let half = try #require(Weight(hundredths: 5_000))
        let snapshot = Snapshot(
            listeners: [],
            upstreams: ["x", "y"].map { UpstreamSettings(name: $0, targets: []) },
            splits: [
                SplitSettings(
                    name: "kong", members: ["x", "y"], weights: [half, half], stable: "x",
                    candidate: candidate, upgrade: UpgradeSettings(watchMilliseconds: 0))
            ],
            stateDirectory: "\(folder.path)/state")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let audit = AuditTrail(logger: logger)
        let keeper = WeightKeeper(
            plane: plane, store: WeightStore(WeightStore.Places(snapshot)), logger: logger,
            disk: .threads, audit: audit)
        operation = Operation(
            snapshot, plane: plane, keeper: keeper, logger: logger, audit: audit,
            rollouts: RolloutKeeper(weights: keeper, plane: plane, logger: logger, audit: audit))
        api = ControlAPI(operation, access: .full)
        plane.memory.withLock { memory in
            memory.resolved = ["x", "y"].map { name in
                ResolvedTarget(
                    upstream: name, setting: "\(name):1",
                    address: SocketAddress(version4: 0x7f00_0001, port: name == "x" ? 1 : 2))
            }
        }
        try await operation.start(text: .settings)
    }

    func post(_ path: String, _ body: String = "") async throws -> (status: Int, JSONValue) {
        let bytes = Array(body.utf8)
        let answer =
            switch path {
            case "start": await api.startUpgrade("kong", bytes)
            case "ack": await api.acknowledgeStep("kong", bytes)
            case "smoke": await api.runSmoke("kong", bytes)
            case "finish": await api.finishUpgrade("kong", bytes)
            default: await api.endUpgrade("kong", bytes)
            }
        return (answer.status, try JSONReader.read(answer.body))
    }

    func acknowledge(_ steps: String...) async throws {
        for step in steps {
            let (status, answer) = try await post(
                "ack", #"{"step": "\#(step)", "note": "ticket 7"}"#)
            #expect(status == 200, "\(step): \(answer["error"]?.text ?? "")")
        }
    }

    func set(_ x: Int, _ y: Int) async -> Int {
        let body = #"{"weights": {"x": \#(x), "y": \#(y)}}"#
        return await api.putSplit("kong", Array(body.utf8), ifMatch: nil).status
    }

    func list() async throws -> JSONValue {
        try JSONReader.read(await api.upgrade(of: "kong").body)
    }

    func states() async throws -> [String: String] {
        let steps = try await list()["steps"]?.elements ?? []
        return Dictionary(
            steps.map { ($0["step"]?.text ?? "", $0["state"]?.text ?? "") },
            uniquingKeysWith: { first, _ in first })
    }

    func freeze() async { _ = await api.putFreeze("kong", []) }

    /// All traffic at y, everything said but that migrations are finished.
    func shifted() async throws {
        #expect(await set(100, 0) == 200)
        #expect(try await post("start", #"{"reason": "to 3.4.2"}"#).status == 200)
        await freeze()
        try await acknowledge("backup", "changes", "migrations", "versions", "smoke")
        #expect(await set(0, 100) == 200)
        try await acknowledge("metrics")
    }

    func events() throws -> [String] {
        try folder.read("state/audit.jsonl").split(separator: "\n").compactMap {
            try JSONReader.read($0.utf8)["event"]?.text
        }
    }
}

@Suite struct UpgradeKeeperTests {
    @Test func `that migrations are finished ends a rollout, and the old side is latched`()
        async throws
    {
        let bench = try await UpgradeBench()
        try await bench.shifted()
        try await bench.operation.startRollout(
            "splits: [kong]\nsteps: [{weight: 100, hold: 1h}]\n", file: "plan.yaml", reason: "")
        let state = { await bench.operation.rollouts?.answer()["state"]?.text }
        #expect(await state() == "running")
        // Nobody else takes its way back.
        let refused = await bench.api.putLatch("kong", Array(#"{"upstream": "x"}"#.utf8))
        #expect(refused.status == 409)
        let (status, finished) = try await bench.post("finish", #"{"note": "ran"}"#)
        #expect(status == 200 && finished["latched"]?.text == "x", "\(finished)")
        #expect(await state() == "completed")
        let history = await bench.operation.rollouts?.historyAnswer()["rollouts"]?.elements
        #expect(history?.count == 1)
    }

    @Test func `an upgrade goes its way, and each word is kept and in the audit`() async throws {
        let bench = try await UpgradeBench()
        try await bench.shifted()
        #expect(try await bench.states()["shift"] == "done")
        let (status, finished) = try await bench.post("finish", #"{"note": "ran"}"#)
        #expect(status == 200 && finished["latched"]?.text == "x", "\(finished)")
        #expect(finished["durable"]?.bool == true && finished["state"]?.text == "finished")
        #expect(await bench.set(1, 99) == 409)
        let next = try await UpgradeBench(in: bench.folder)
        #expect(await next.set(1, 99) == 409)
        #expect(try await next.list()["state"]?.text == "finished")
        #expect(try await next.states()["backup"] == "done")
        #expect(try await next.post("done").status == 409)
        try await next.acknowledge("remove")
        #expect(try await next.post("done").status == 409)
        _ = await next.api.deleteFreeze("kong", [])
        #expect(try await next.post("done", #"{"note": "over"}"#).status == 200)
        #expect(try await next.post("ack", #"{"step": "backup", "note": "n"}"#).status == 409)
        let last = try await UpgradeBench(in: bench.folder)
        #expect(try await last.list()["state"]?.text == "done")
        #expect(await last.set(1, 99) == 409)
        let events = try bench.events()
        for (event, count) in [
            ("upgrade_start", 1), ("acknowledgement", 7), ("upgrade_finish", 1), ("latch", 1),
            ("upgrade_done", 1),
        ] { #expect(events.count { $0 == event } == count, "\(event): \(events)") }
    }

    @Test func `finish waits for its time and then wins over every raise`() async throws {
        let bench = try await UpgradeBench()
        #expect(try await bench.post("finish").status == 404)
        try await bench.shifted()
        #expect(await bench.set(1, 99) == 200)
        let (status, refused) = try await bench.post("finish")
        #expect(status == 409)
        #expect(refused["error"]?.text?.contains("x still has a weight") == true, "\(refused)")
        #expect(await bench.operation.keeper.report().latches.isEmpty)
        #expect(await bench.set(0, 100) == 200)
        // Whoever comes first: x has no weight behind a finish that was taken.
        for _ in 0..<20 {
            async let finished = bench.post("finish").status
            async let raised = bench.set(1, 99)
            let (finish, raise) = (try await finished, await raised)
            if finish == 200 {
                #expect(raise == 409)
                break
            }
            #expect(raise == 200)
            #expect(await bench.set(0, 100) == 200)
        }
        let text = String(decoding: await bench.api.status().body, as: UTF8.self)
        #expect(text.contains("\"latched\": \"x\"") || text.contains("\"latched\":\"x\""))
    }

    @Test func `what the disk does not take was not said`() async throws {
        let bench = try await UpgradeBench()
        try await bench.shifted()
        try bench.folder.remove("state/upgrade.state")
        try bench.folder.makeFolder("state/upgrade.state")
        try bench.folder.write("", to: "state/upgrade.state/there")
        let (status, answer) = try await bench.post("finish")
        #expect(status == 500, "\(answer)")
        #expect(answer["error"]?.text?.contains("upgrade.state") == true)
        #expect(try await bench.list()["state"]?.text == "running")
        // The careful part of it stays.
        #expect(await bench.set(1, 99) == 409)
        try bench.folder.remove("state/upgrade.state")
        #expect(try await bench.post("finish").status == 200)
    }

    @Test(arguments: ["", "nonsense", "sluice upgrades 1: 1\n", "cut"])
    func `a damaged file is told of, and the latch stands by itself`(damage: String) async throws {
        let bench = try await UpgradeBench()
        try await bench.shifted()
        #expect(try await bench.post("finish").status == 200)
        let kept = try bench.folder.read("state/upgrade.state")
        try bench.folder.write(
            damage == "cut" ? String(kept.dropLast(9)) + "\n" : damage,
            to: "state/upgrade.state")
        let next = try await UpgradeBench(in: bench.folder)
        let status = try JSONReader.read(await next.api.status().body)
        #expect(status["upgrades_error"]?.text?.contains("cannot be used") == true)
        #expect(StatusText.table(status).contains("upgrade.state cannot be used: "))
        #expect(status["upgrades"]?.elements?.isEmpty == true)
        #expect(await next.set(1, 99) == 409)
        #expect(try await next.post("start").status == 200)
        let last = try await UpgradeBench(in: bench.folder)
        #expect(try await last.list()["state"]?.text == "running")
    }

    @Test func `what is wrong with a request is said`() async throws {
        let bench = try await UpgradeBench()
        #expect(try await bench.post("start").status == 200)
        for (path, body, status, words) in [
            ("start", "", 409, "is under way"),
            ("ack", "", 400, "there is no step \"\"; expected freeze, backup, changes"),
            ("ack", #"{"step": "lunch", "note": "n"}"#, 400, "no step \"lunch\""),
            ("ack", #"{"step": "freeze", "note": "n"}"#, 400, "sees it for itself"),
            ("ack", #"{"step": "finish", "note": "n"}"#, 400, "a command of its own"),
            ("ack", #"{"step": "backup"}"#, 400, "needs a note"),
            ("ack", #"{"step": "backup", "note": 7}"#, 400, "expected a string"),
            ("ack", #"{"step": "backup", "note": "n", "who": "me"}"#, 400, "`who` is not"),
            ("ack", "{", 400, "no JSON"),
            ("ack", #"{"step": "migrations", "note": "n"}"#, 409, "has to wait: first: freeze"),
            ("smoke", "", 400, "no smoke requests are set"),
            ("finish", "", 409, "finish is refused"), ("done", "", 409, "done is refused"),
        ] {
            let (found, answer) = try await bench.post(path, body)
            let text = answer["error"]?.text ?? ""
            #expect(found == status && text.contains(words), "\(path) \(body): \(found) \(text)")
        }
        let long = String(repeating: "n", count: 1_001)
        #expect(
            try await bench.post("ack", #"{"step": "backup", "note": "\#(long)"}"#).status == 400)
        #expect(await bench.api.startUpgrade("king", []).status == 404)
        #expect(await bench.api.upgrade(of: "king").status == 404)
        let stranger = ControlAPI(bench.operation, access: .readOnly)
        #expect(await stranger.startUpgrade("kong", []).status == 403)
        #expect(await stranger.upgrades().status == 200)
        let other = try await UpgradeBench(candidate: nil)
        #expect(try await other.post("start").status == 400)
    }

    @Test func `what is seen is noted each second and shown`() async throws {
        let bench = try await UpgradeBench()
        _ = await bench.set(100, 0)
        _ = try await bench.post("start")
        await bench.freeze()
        await bench.operation.upgrades.observe(look: bench.operation.upgradeLook)
        _ = await bench.api.deleteFreeze("kong", [])
        #expect(try await bench.states()["freeze"] == "violated")
        let next = try await UpgradeBench(in: bench.folder)
        #expect(try await next.states()["freeze"] == "violated")
        let status = try JSONReader.read(await next.api.status().body)
        let line = StatusText.table(status).split(separator: "\n").first {
            $0.hasPrefix("upgrade kong: ")
        }
        #expect(line?.hasSuffix("of 14 steps done, VIOLATED: freeze") == true, "\(line ?? "")")
        let page = String(decoding: await next.api.metrics().body, as: UTF8.self)
        let sample = #"sluice_upgrade_step{split="kong",step="freeze",state="violated"} 1"#
        #expect(page.contains("\n\(sample)\n"))
    }
}
