import Admin
import Kernel
import Proxy
import Settings
import Splitting
import Testing

/// Drains by the control API.
@Suite struct DrainAPITests {
    @Test func `a drain answers with the upstream as it is then`() async throws {
        let bench = try await DrainBench()
        let (status, answer) = try await bench.drain("x", #"{"reason": "new kernel"}"#)
        #expect(status == 200)
        #expect(bench.drained == ["x"])
        #expect(answer["name"]?.text == "x")
        #expect(answer["changed"]?.bool == true && answer["durable"]?.bool == true)
        #expect(answer["drain"]?["target"] == .null)
        #expect(answer["drain"]?["reason"]?.text == "new kernel")
        #expect(answer["drain"]?["since"]?.text?.hasSuffix("Z") == true)
        #expect(answer["drain"]?["empty"]?.bool == true)
        #expect(answer["drain"]?["addresses"]?.elements?.count == 3)
        #expect(answer["targets"]?.elements?.map { $0["drained"]?.bool } == [true, true, true])
        // Its health has a moment of its own.
        for target in answer["targets"]?.elements ?? [] {
            #expect(target["drained_since"] == answer["drain"]?["since"])
            #expect(target["drain_reason"]?.text == "new kernel")
            #expect(target["state"]?.text == "sound")
        }
        let y = try await bench.upstream("y")
        #expect(y["targets"]?.elements?.first?["drained_since"] == .null)
        #expect(y["targets"]?.elements?.map { $0["drained"]?.bool } == [false])
        #expect(y["drains"]?.elements == [])
    }

    @Test(arguments: [
        ("127.0.0.1:9001", "127.0.0.1:9001", [true, false, false]),
        ("kong-x:8000", "kong-x:8000", [false, true, true]),
        ("KONG-X:8000", "kong-x:8000", [false, true, true]),
        ("10.0.0.2:8000", "10.0.0.2:8000", [false, false, true]),
    ])
    func `a target is drained as the settings write it or as it is resolved`(
        named: String, target: String, drained: [Bool]
    ) async throws {
        let bench = try await DrainBench()
        let (status, answer) = try await bench.drain("x", #"{"target": "\#(named)"}"#)
        #expect(status == 200)
        #expect(bench.drained == ["x \(target)"])
        #expect(answer["drain"]?["target"]?.text == target)
        #expect(answer["targets"]?.elements?.map { $0["drained"]?.bool } == drained)
        #expect(try await bench.undrain("x", #"{"target": "\#(named)"}"#).0 == 200)
        #expect(bench.drained == [])
    }

    @Test func `repeating changes nothing, and keeps the first moment and reason`()
        async throws
    {
        let bench = try await DrainBench()
        let (_, first) = try await bench.drain("x", #"{"reason": "one"}"#)
        let (status, second) = try await bench.drain("x", #"{"reason": "two"}"#)
        #expect(status == 200 && second["changed"]?.bool == false)
        #expect(second["drain"] == first["drain"])
        let (_, undrained) = try await bench.undrain("x", #"{"reason": "done"}"#)
        #expect(undrained["changed"]?.bool == true && undrained["drain"] == .null)
        let (again, nothing) = try await bench.undrain("x")
        #expect(again == 200 && nothing["changed"]?.bool == false)
    }

    @Test func `the drain of an upstream and that of its target do not know of each other`()
        async throws
    {
        let bench = try await DrainBench()
        _ = try await bench.drain("x", #"{"target": "127.0.0.1:9001"}"#)
        _ = try await bench.drain("x")
        let (_, answer) = try await bench.undrain("x")
        #expect(bench.drained == ["x 127.0.0.1:9001"])
        #expect(answer["drains"]?.elements?.map { $0["target"]?.text } == ["127.0.0.1:9001"])
        let (_, other) = try await bench.undrain("x", #"{"target": "kong-x:8000"}"#)
        #expect(other["changed"]?.bool == false)
        #expect(bench.drained == ["x 127.0.0.1:9001"])
    }

    @Test(arguments: [
        ("z", "", 404, "there is no upstream `z`; did you mean `x`?"),
        ("x", #"{"target": "127.0.0.1:9009"}"#, 400, "127.0.0.1:9001, kong-x:8000, 10.0.0.1:8000"),
        ("x", #"{"target": "127.0.0.1:9002"}"#, 400, "the upstream `x` has no target"),
        ("x", #"{"target": 9001}"#, 400, "`target` is a number"),
        ("x", #"{"target": ""}"#, 400, "the upstream `x` has no target ``"),
        ("x", #"{"reason": 1}"#, 400, "`reason` is a number"),
        ("x", #"{"upstream": "y"}"#, 400, "`upstream` is not a field"),
        ("x", #"["x"]"#, 400, "the body is an array"), ("x", "{", 400, "no JSON"),
    ])
    func `a bad request is refused with its field and nothing changes`(
        name: String, body: String, status: Int, reason: String
    ) async throws {
        let bench = try await DrainBench()
        for (found, answer) in [
            try await bench.drain(name, body), try await bench.undrain(name, body),
        ] {
            let error = answer["error"]?.text ?? ""
            #expect(found == status)
            #expect(error.contains(reason), "\(error)")
        }
        #expect(bench.drained == [])
        #expect(bench.plane.memory.withLock { $0.drains.count } == 1)
    }

    @Test func `a reason may have a thousand bytes`() async throws {
        let bench = try await DrainBench()
        let long = String(repeating: "r", count: 1_001)
        #expect(try await bench.drain("x", #"{"reason": "\#(long)"}"#).0 == 400)
        #expect(try await bench.drain("x", #"{"reason": "\#(long.dropLast())"}"#).0 == 200)
    }

    @Test func `the admin address shows upstreams and changes nothing`() async throws {
        let bench = try await DrainBench()
        let readOnly = ControlAPI(bench.api.operation, access: .readOnly)
        #expect(await readOnly.drain("x", []).status == 403)
        #expect(await readOnly.undrain("x", []).status == 403)
        #expect(await readOnly.drain("z", Array("{".utf8)).status == 403)
        #expect(bench.drained == [])
        #expect(await readOnly.upstream("x").status == 200)
        #expect(await readOnly.upstream("z").status == 404)
        let all = try JSONReader.read(await readOnly.upstreams().body)
        #expect(all["upstreams"]?.elements?.map { $0["name"]?.text } == ["x", "y"])
    }

    @Test func `late workers are named with 202, and keep a drain from being empty`()
        async throws
    {
        let bench = try await DrainBench()
        bench.plane.memory.withLock { $0.pendingWorkers = [1] }
        let (status, answer) = try await bench.drain("x")
        #expect(status == 202)
        #expect(answer["pending_workers"]?.elements == [.number(1)])
        #expect(answer["drain"]?["empty"]?.bool == false)
        // Repeating asks them again.
        #expect(try await bench.drain("x").0 == 202)
        bench.plane.memory.withLock { $0.pendingWorkers = [] }
        let (later, done) = try await bench.drain("x")
        #expect(later == 200 && done["drain"]?["empty"]?.bool == true)
    }

    @Test func `what is in flight is told by target, by drain and by upstream`() async throws {
        let bench = try await DrainBench()
        var first = TargetLoad()
        first.addRequest(ageNanoseconds: 2_000_000_000)
        first.addRequest(ageNanoseconds: 12_345_678_901)
        var second = TargetLoad()
        second.addTunnel(ageNanoseconds: 3_600_000_000_000)
        var former = TargetLoad()
        former.addRequest(ageNanoseconds: 20_000_000_000)
        bench.plane.memory.withLock { memory in
            memory.loads = [
                "127.0.0.1:9001": first, "10.0.0.2:8000": second, "10.0.0.9:8000": former,
            ]
        }
        _ = try await bench.drain("x", #"{"target": "kong-x:8000"}"#)
        let (_, x) = try await bench.drain("x")
        let targets = x["targets"]?.elements
        #expect(targets?.map { $0["inflight"]?.int } == [2, 0, 1])
        #expect(targets?[0]["oldest_seconds"]?.numberText == "12.346")
        #expect(targets?[0]["oldest_tunnel_seconds"] == .null)
        #expect(x["former_targets"]?.elements?.map { $0["address"]?.text } == ["10.0.0.9:8000"])
        #expect(x["oldest_seconds"]?.numberText == "20.0")
        #expect(x["tunnels"]?.int == 1)
        let drains = x["drains"]?.elements
        #expect(drains?.map { $0["inflight"]?.int } == [1, 4])
        #expect(drains?.map { $0["tunnels"]?.int } == [1, 1])
        #expect(drains?.map { $0["oldest_tunnel_seconds"]?.double } == [3_600, 3_600])
        #expect(drains?.map { $0["empty"]?.bool } == [false, false])
        let status = try JSONReader.read(await bench.api.status().body)
        #expect(status["upstreams"]?.elements?.first?["drains"] == x["drains"])
    }

    @Test func `metrics tell what is drained and how long the oldest has run`() async throws {
        let bench = try await DrainBench()
        var load = TargetLoad()
        load.addTunnel(ageNanoseconds: 1_500_000_000)
        bench.plane.memory.withLock { $0.loads = ["10.0.0.2:8000": load] }
        _ = try await bench.drain("x", #"{"target": "kong-x:8000"}"#)
        let page = String(decoding: await bench.api.metrics().body, as: UTF8.self)
        for line in [
            #"sluice_target_drained{upstream="x",target="127.0.0.1:9001"} 0"#,
            #"sluice_target_drained{upstream="x",target="10.0.0.2:8000"} 1"#,
            #"sluice_upstream_oldest_inflight_seconds{upstream="x",kind="request"} 0.0"#,
            #"sluice_upstream_oldest_inflight_seconds{upstream="x",kind="tunnel"} 1.5"#,
        ] { #expect(page.contains("\(line)\n"), "\(line)") }
    }
}

/// Drains over restarts and reloads.
@Suite struct DrainDurabilityTests {
    @Test func `drains are there after a restart, before the first request`() async throws {
        let bench = try await DrainBench()
        _ = try await bench.drain("x", #"{"target": "10.0.0.2:8000", "reason": "a\nb"}"#)
        let (_, before) = try await bench.drain("y", #"{"reason": "kernel"}"#)
        let next = try await bench.restarted()
        #expect(next.drained == ["x 10.0.0.2:8000", "y"])
        #expect(try await next.upstream("y")["drains"] == before["drains"])
        #expect(next.logs("notice y is drained since "))
        _ = try await next.undrain("y")
        #expect(try await next.restarted().drained == ["x 10.0.0.2:8000"])
    }

    @Test func `without a state_dir a drain is not durable, its end is`() async throws {
        let bench = try await DrainBench(hasState: false)
        #expect(try await bench.drain("x").1["durable"]?.bool == false)
        #expect(try await bench.drain("x").1["durable"]?.bool == false)
        #expect(try await bench.undrain("x").1["durable"]?.bool == true)
    }

    @Test func `a drain that cannot be written is in force and says so, and is written later`()
        async throws
    {
        let bench = try await DrainBench()
        // The name that the next text would be written under is taken.
        try bench.folder.makeFolder("state/.drains.state.new")
        let (status, answer) = try await bench.drain("x")
        #expect(status == 200 && answer["durable"]?.bool == false)
        #expect(bench.drained == ["x"])
        #expect(bench.logs("warning drains.state was not written"))
        try bench.folder.remove("state/.drains.state.new")
        let (_, repeated) = try await bench.drain("x")
        #expect(repeated["durable"]?.bool == true && repeated["changed"]?.bool == false)
        #expect(try await bench.restarted().drained == ["x"])
    }

    @Test(arguments: [
        "", "sluice drains state 1\n", "sluice weights state 1\n",
        "sluice drains state 1\nupstream x\nsince 1\nreason \nchecksum 0123456789abcdef\n",
    ])
    func `a damaged file is passed over with an error, and traffic flows`(text: String)
        async throws
    {
        let folder = try TemporaryFolder()
        try folder.makeFolder("state")
        try folder.write(text, to: "state/drains.state")
        let bench = try await DrainBench(in: folder)
        #expect(bench.drained == [])
        #expect(bench.logs("error drains.state: "))
        // It stays as it is until there is something to keep.
        #expect(try folder.read("state/drains.state") == text)
        #expect(try await bench.drain("x").1["durable"]?.bool == true)
        #expect(try await bench.restarted().drained == ["x"])
    }

    @Test func `what the settings do not have any more is dropped`() async throws {
        let bench = try await DrainBench()
        for body in [
            "", #"{"target": "127.0.0.1:9001"}"#, #"{"target": "kong-x:8000"}"#,
            #"{"target": "10.0.0.2:8000"}"#,
        ] { _ = try await bench.drain("x", body) }
        _ = try await bench.drain("y")
        let small = try DrainBench.snapshot(bench.folder, isSmall: true)
        await bench.api.operation.drains.adopt(small)
        // A name may stand for the address again; the other target is gone.
        #expect(bench.drained == ["x", "x kong-x:8000", "x 10.0.0.2:8000"])
        #expect(bench.logs("notice the drain of y is dropped"))
        #expect(bench.logs("notice the drain of x 127.0.0.1:9001 is dropped"))
        #expect(try await bench.restarted().drained == bench.drained)
    }

    @Test func `another state_dir gets the drains at once`() async throws {
        let bench = try await DrainBench()
        _ = try await bench.drain("x")
        var moved = try DrainBench.snapshot(bench.folder)
        moved.stateDirectory = "\(bench.folder.path)/other"
        await bench.api.operation.drains.adopt(moved)
        #expect(try bench.folder.read("other/drains.state").contains("upstream x\n"))
        moved.stateDirectory = nil
        await bench.api.operation.drains.adopt(moved)
        #expect(try await bench.drain("y").1["durable"]?.bool == false)
    }

    @Test func `many at once: what is set last is in force and on the disk`() async throws {
        let bench = try await DrainBench()
        let keeper = bench.api.operation.drains
        await withTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    let wish = number.isMultiple(of: 3) ? DrainRequest.Wish.undrain : .drain
                    _ = try? await keeper.change(
                        DrainRequest(wish, upstream: number.isMultiple(of: 2) ? "x" : "y"))
                }
            }
        }
        let drains = await keeper.drains
        #expect(bench.drained == Set(drains.map { "\($0.scope)" }))
        let stored = StateFile.load("\(bench.folder.path)/state/drains.state") {
            try DrainsState(decoding: $0).drains
        }
        #expect(stored.value == drains && stored.fault == nil)
    }
}

/// When drains do nothing, which has to be said.
@Suite struct DrainEffectTests {
    private func warnings(
        _ drained: [String], health: [String: TargetStanding.Health] = [:], of name: String = "x"
    ) async throws -> [String] {
        let bench = try await DrainBench()
        bench.plane.memory.withLock { $0.health = health }
        for scope in drained {
            let words = scope.split(separator: " ")
            let body = words.count > 1 ? #"{"target": "\#(words[1])"}"# : ""
            _ = try await bench.drain(String(words[0]), body)
        }
        return try await bench.upstream(name)["warnings"]?.elements?.compactMap(\.text) ?? []
    }

    private static let noEffect =
        "the drain of x has no effect in split kong: nothing else there is usable, so the split "
        + "is kept"

    @Test(arguments: [
        [], ["x"], ["x 127.0.0.1:9001"], ["x kong-x:8000", "x 127.0.0.1:9001"], ["y"],
        ["y", "x kong-x:8000"],
    ])
    func `a drain that leaves something usable needs no words`(drained: [String]) async throws {
        #expect(try await warnings(drained) == [])
    }

    @Test(arguments: [
        ["x", "y"], ["y", "x kong-x:8000", "x 127.0.0.1:9001"],
    ])
    func `with everything drained no drain has an effect`(drained: [String]) async throws {
        #expect(try await warnings(drained) == [Self.noEffect])
        #expect(try await warnings(drained, of: "y").count == 1)
    }

    @Test func `what is down is as good as drained`() async throws {
        #expect(
            try await warnings(["x"], health: ["127.0.0.1:9002": .down]) == [Self.noEffect])
        #expect(
            try await warnings(["x"], health: ["127.0.0.1:9002": .degraded]) == [])
        let little = try await warnings(
            ["y", "x kong-x:8000"], health: ["127.0.0.1:9001": .ejected])
        #expect(little.first?.contains("has little effect in split kong") == true)
    }

    @Test func `an upstream that is not drained has no warning`() async throws {
        #expect(try await warnings(["y"], health: ["127.0.0.1:9001": .down]) == [])
    }
}
