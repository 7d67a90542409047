import Addressing
import Admin
import Kernel
import Logging
import Settings
import Splitting
import Testing

/// A control API over two guards of the split `kong`, before a data plane that only remembers.
private struct FreezeBench {
    let folder: TemporaryFolder
    let plane = FakePlane()
    let api: ControlAPI

    init(in folder: TemporaryFolder? = nil, hasGuards: Bool = true) async throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        let snapshot = try Self.snapshot(folder, hasGuards: hasGuards)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let audit = AuditTrail(logger: logger)
        let keeper = WeightKeeper(
            plane: plane, store: WeightStore(WeightStore.Places(snapshot)), logger: logger,
            disk: .threads, audit: audit)
        let operation = Operation(
            snapshot, plane: plane, keeper: keeper, logger: logger, audit: audit)
        api = ControlAPI(operation, access: .full)
        try await operation.start(text: .settings)
    }

    static func snapshot(_ folder: TemporaryFolder, hasGuards: Bool = true) throws -> Snapshot {
        let local = AddressSetting(host: .ip(IPAddress(ipv4: 0x7f00_0001)), port: 0)
        let half = try #require(Weight(hundredths: 5_000))
        let split = { (name: String, members: [String]) in
            SplitSettings(
                name: name, members: members, weights: members.map { _ in half },
                stable: members[0])
        }
        return Snapshot(
            listeners: ["x", "y"].map { name in
                ListenerSettings(
                    name: "admin-\(name)", address: local, split: "admin-\(name)",
                    guarding: hasGuards
                        ? GuardSettings(split: "kong", upstream: name, isStable: name == "x")
                        : nil)
            },
            upstreams: ["x", "y"].map { UpstreamSettings(name: $0, targets: []) },
            splits: [split("kong", ["x", "y"]), split("admin-x", ["x"]), split("admin-y", ["y"])],
            stateDirectory: "\(folder.path)/state")
    }

    func put(_ split: String, _ body: String = "") async throws -> (Int, JSONValue) {
        let answer = await api.putFreeze(split, Array(body.utf8))
        return (answer.status, try JSONReader.read(answer.body))
    }

    func delete(_ split: String, _ body: String = "") async throws -> (Int, JSONValue) {
        let answer = await api.deleteFreeze(split, Array(body.utf8))
        return (answer.status, try JSONReader.read(answer.body))
    }

    /// What the workers were told last.
    var frozen: [String: FreezeMode] { plane.memory.withLock { $0.freezes.last ?? [:] } }
}

@Suite struct FreezeAPITests {
    @Test func `a freeze is in force, kept, shown and written down`() async throws {
        let bench = try await FreezeBench()
        bench.plane.memory.withLock { $0.writes = ["admin-x": 2, "api": 5] }
        let (status, answer) = try await bench.put("kong", #"{"reason": "upgrade"}"#)
        #expect(status == 200 && answer["mode"]?.text == "both")
        #expect(answer["durable"]?.bool == true && answer["changed"]?.bool == true)
        #expect(answer["writes_in_flight"]?.int == 2 && answer["reason"]?.text == "upgrade")
        #expect(answer["guards"]?.elements?.map { $0["shut"]?.bool } == [true, true])
        #expect(answer["warnings"]?.elements?.isEmpty == true)
        #expect(bench.frozen == ["kong": .both])
        let again = try await bench.put("kong", #"{"reason": "other"}"#).1
        #expect(again["changed"]?.bool == false && again["reason"]?.text == "upgrade")
        let shown = try JSONReader.read(await bench.api.status().body)["freezes"]?.elements
        #expect(shown?.count == 1 && shown?.first?["since"]?.text == answer["since"]?.text)
        let page = String(decoding: await bench.api.metrics().body, as: UTF8.self)
        #expect(page.contains("\nsluice_freeze{split=\"kong\",mode=\"both\"} 1\n"))
        let audit = try bench.folder.read("state/audit.jsonl").split(separator: "\n")
        let line = try JSONReader.read((audit.last ?? "").utf8)
        #expect(line["event"]?.text == "freeze" && line["to"]?.text == "both")
        #expect(line["writes_in_flight"]?.int == 2)
    }

    @Test func `it survives a restart and is in force before the first snapshot`() async throws {
        let bench = try await FreezeBench()
        _ = try await bench.put("kong", #"{"mode": "candidate"}"#)
        let next = try await FreezeBench(in: bench.folder)
        #expect(next.plane.memory.withLock { $0.freezes.first } == ["kong": .candidate])
        _ = try await next.delete("kong", #"{"reason": "done"}"#)
        #expect(next.frozen.isEmpty)
        #expect(try await FreezeBench(in: bench.folder).frozen.isEmpty)
    }

    @Test func `a file that cannot be used counts as a freeze of everything`() async throws {
        let bench = try await FreezeBench()
        _ = try await bench.put("kong")
        _ = try await bench.delete("kong")
        try bench.folder.write("sluice freeze state 1\nsplit", to: "state/freeze.state")
        for _ in 0..<2 {
            let next = try await FreezeBench(in: bench.folder)
            #expect(next.frozen == ["kong": .both])
        }
        let next = try await FreezeBench(in: bench.folder)
        let shown = try JSONReader.read(await next.api.freeze(of: "kong").body)
        #expect(shown["reason"]?.text?.contains("freeze.state cannot be used") == true)
        _ = try await next.delete("kong")
        #expect(try await FreezeBench(in: bench.folder).frozen.isEmpty)
    }

    @Test func `a split that has vanished stays frozen, is shown and can be let go`() async throws {
        let bench = try await FreezeBench()
        let state = FreezesState(freezes: [
            Freeze(split: "gone", mode: .both, sinceMilliseconds: 1, reason: "")
        ])
        try bench.folder.write(state.encoded(), to: "state/freeze.state")
        let next = try await FreezeBench(in: bench.folder)
        #expect(next.frozen == ["gone": .both])
        let shown = try JSONReader.read(await next.api.status().body)["freezes"]?.elements
        #expect(shown?.last?["split"]?.text == "gone")
        let warning = shown?.last?["warnings"]?.elements?.first?.text ?? ""
        #expect(warning.contains("no split gone any more"), "\(warning)")
        #expect(try await next.delete("gone").0 == 200)
        #expect(next.frozen.isEmpty)
        #expect(try await next.delete("gone").0 == 404)
    }

    @Test func `what holds nothing back is said`() async throws {
        let bench = try await FreezeBench(hasGuards: false)
        let answer = try await bench.put("kong").1
        let warning = answer["warnings"]?.elements?.first?.text ?? ""
        #expect(warning.contains("no listener has a guard for kong"), "\(warning)")
        let partly = try await FreezeBench()
        let other = try await partly.put("admin-x").1["warnings"]?.elements?.count
        #expect(other == 1)
    }

    @Test(arguments: [
        ("king", "", 404, "no split \"king\""), ("kong", "{", 400, "no JSON"),
        ("kong", #"{"mode": "x"}"#, 400, "expected \"both\", \"candidate\" or \"off\""),
        ("kong", #"{"mode": 1}"#, 400, "`mode` is a number"),
        ("kong", #"{"why": "a"}"#, 400, "`why` is not a field"),
        ("kong", #"{"reason": 1}"#, 400, "`reason` is a number"),
    ])
    func `a bad freeze is refused and nothing changes`(
        split: String, body: String, status: Int, reason: String
    ) async throws {
        let bench = try await FreezeBench()
        let (found, answer) = try await bench.put(split, body)
        #expect(found == status)
        #expect(answer["error"]?.text?.contains(reason) == true, "\(answer)")
        #expect(bench.frozen.isEmpty)
    }

    @Test func `late workers are named with 202, and what the disk refuses is said`() async throws {
        let bench = try await FreezeBench()
        bench.plane.memory.withLock { $0.pendingWorkers = [1] }
        try bench.folder.makeFolder("state/.freeze.state.new")
        let (status, answer) = try await bench.put("kong")
        #expect(status == 202 && answer["pending_workers"]?.elements?.count == 1)
        #expect(answer["durable"]?.bool == false)
        #expect(bench.frozen == ["kong": .both])
    }

    @Test func `a latch is set and taken away over the API`() async throws {
        let bench = try await FreezeBench()
        let latch = { (body: String) in await bench.api.putLatch("kong", Array(body.utf8)).status }
        #expect(await latch(#"{"upstream": "x"}"#) == 409)
        #expect(await latch("") == 400)
        #expect(await latch(#"{"upstream": "z"}"#) == 400)
        let zero = #"{"weights": {"x": 0, "y": 1}}"#
        #expect(await bench.api.putSplit("kong", Array(zero.utf8), ifMatch: nil).status == 200)
        #expect(await latch(#"{"upstream": "x", "reason": "finish"}"#) == 200)
        let one = #"{"weights": {"x": 1, "y": 1}}"#
        let refused = await bench.api.putSplit("kong", Array(one.utf8), ifMatch: nil)
        #expect(refused.status == 409)
        let rollback = await bench.api.rollbackAll([], ifMatch: nil)
        #expect(rollback.status == 200)
        let skipped = try JSONReader.read(rollback.body)["skipped"]?.elements?.first?.text ?? ""
        #expect(skipped.contains("(finish)"), "\(skipped)")
        let forced = #"{"weights": {"x": 1, "y": 1}, "force": true}"#
        #expect(await bench.api.putSplit("kong", Array(forced.utf8), ifMatch: nil).status == 200)
        let end = await bench.api.deleteLatch("kong", Array(#"{"upstream": "x"}"#.utf8))
        #expect(end.status == 200)
        #expect(try JSONReader.read(end.body)["latches"]?.elements?.isEmpty == true)
    }

    @Test func `the admin address freezes nothing`() async throws {
        let bench = try await FreezeBench()
        let api = ControlAPI(bench.api.operation, access: .readOnly)
        #expect(await api.putFreeze("kong", []).status == 403)
        #expect(await api.deleteFreeze("kong", []).status == 403)
        #expect(await api.putLatch("kong", []).status == 403)
        #expect(await api.freeze(of: "kong").status == 200)
        #expect(await api.freeze(of: "king").status == 404)
    }
}
