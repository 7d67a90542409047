import Admin
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

@Suite struct WeightKeeperTests {
    @Test func `a change is in the file, in the state and in the workers`() async throws {
        let bench = try Bench()
        try await bench.start()
        let outcome = try await bench.set("75", "25")
        #expect(outcome.generation == 2)
        #expect(outcome.isDurable && outcome.isChange && outcome.pendingWorkers.isEmpty)
        #expect(try bench.folder.read("weights.yaml") == "# ours\nkong: {x: 75, y: 25} # ten\n")
        #expect(try bench.folder.read("state/weights.state").contains("generation 2\n"))
        #expect(bench.plane.routed == "x=75 y=25")
    }

    @Test func `weights equal to those that are set keep the generation`() async throws {
        let bench = try Bench()
        try await bench.start()
        let outcome = try await bench.set("90.0", "10.00")
        #expect(outcome.generation == 1 && !outcome.isChange)
        #expect(bench.plane.memory.withLock { $0.weights.isEmpty })
    }

    @Test func `an outdated generation is refused and nothing changes`() async throws {
        let bench = try Bench()
        try await bench.start()
        try await bench.set("80", "20", ifGeneration: 1)
        await #expect(throws: WeightRefusal.outdated(expected: 1, current: 2)) {
            try await bench.set("70", "30", ifGeneration: 1)
        }
        #expect(bench.plane.routed == "x=80 y=20")
        #expect(try bench.folder.read("weights.yaml").contains("x: 80"))
    }

    @Test(arguments: [
        (["x": "10%", "y": "1"], "has a percent sign"),
        (["x": "33.333", "y": "1"], "more than two decimals"),
        (["x": "-1", "y": "1"], "is negative"),
        (["x": "1"], "misses its member `y`"),
        (["x": "1", "y": "1", "z": "1"], "has no member `z`"),
        (["x": "0", "y": "0"], "add up to 0"),
    ])
    func `bad weights are refused and named`(
        weights: [String: String], reason: String
    ) async throws {
        let bench = try Bench()
        try await bench.start()
        let request = WeightRequest(.weights(["kong": weights]), source: .socket)
        let refusal = await #expect(throws: WeightRefusal.self) {
            try await bench.keeper.change(request)
        }
        #expect(refusal?.description.contains(reason) == true, "\(String(describing: refusal))")
        #expect(await bench.generation == 1)
        #expect(try bench.folder.read("weights.yaml") == Bench.weights)
    }

    @Test func `a split that is not there is refused`() async throws {
        let bench = try Bench()
        try await bench.start()
        let request = WeightRequest(.rollback(split: "kon"), source: .socket)
        await #expect(throws: WeightRefusal.unknownSplit("kon", known: ["kong"])) {
            try await bench.keeper.change(request)
        }
    }

    @Test func `workers that do not acknowledge in time are named`() async throws {
        let bench = try Bench()
        try await bench.start()
        bench.plane.memory.withLock { $0.pendingWorkers = [1] }
        #expect(try await bench.set("75", "25").pendingWorkers == [1])
    }

    @Test func `an ordinary change is on the disk before the workers hear of it`() async throws {
        let bench = try Bench()
        try await bench.start()
        bench.disk.hold()
        async let change = bench.set("75", "25")
        try await wait("the change to reach the disk") { bench.disk.waitingCount == 1 }
        #expect(bench.plane.routed == "x=90 y=10")
        bench.disk.letGo()
        _ = try await change
        #expect(bench.plane.routed == "x=75 y=25")
    }

    @Test func `a configuration that cannot run changes nothing`() async throws {
        let bench = try Bench()
        try await bench.start()
        try await bench.set("75", "25")
        bench.plane.memory.withLock {
            $0.refusal = .unbindable(listener: "api", address: "127.0.0.1:1", reason: "taken")
        }
        await #expect(throws: DataPlaneError.self) {
            try await bench.keeper.run(bench.snapshot, text: .settings, stored: nil)
        }
        #expect(await bench.generation == 2)
        #expect(bench.plane.routed == "x=75 y=25")
    }

    @Test func `changes are counted by source and result`() async throws {
        let bench = try Bench()
        try await bench.start()
        try await bench.set("75", "25")
        _ = try? await bench.set("75", "25", ifGeneration: 99)
        _ = try? await bench.set("x", "y")
        let changes = await bench.keeper.report().changes
        #expect(
            changes.map { "\($0.source) \($0.result) \($0.count)" }
                == ["socket done 1", "socket outdated 1", "socket refused 1"])
    }
}
