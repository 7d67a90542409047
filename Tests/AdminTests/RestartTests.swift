import Admin
import Kernel
import Settings
import Testing

@Suite struct RestartTests {
    @Test func `an acknowledged change is there after a restart`() async throws {
        let bench = try Bench()
        try await bench.start()
        try await bench.set("75", "25")
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=75 y=25")
        #expect(await next.generation == 2)
        #expect(try await next.set("70", "30").generation == 3)
    }

    @Test func `so it is where the file cannot be written`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.block("weights.yaml")
        try await bench.set("75", "25")
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=75 y=25")
        #expect(await next.drift == ["kong"])
    }

    @Test func `a file edited in between wins`() async throws {
        let bench = try Bench()
        try await bench.start()
        try await bench.set("75", "25")
        try bench.folder.write("kong: {x: 60, y: 40}\n", to: "weights.yaml")
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=60 y=40")
        #expect(await next.generation == 3)
    }

    @Test func `a file gone bad in between leaves the state in force`() async throws {
        let bench = try Bench()
        try await bench.start()
        try await bench.set("75", "25")
        try bench.folder.write("kong: {", to: "weights.yaml")
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=75 y=25")
        #expect(await !next.keeper.report().fileFaults.isEmpty)
    }

    @Test func `a bad file without a state is refused`() async throws {
        let bench = try Bench("kong: {")
        await #expect(throws: SettingsErrors.self) { try await bench.start() }
        #expect(bench.plane.memory.withLock { $0.snapshots.isEmpty })
    }

    @Test func `a crash between the file and the state loses nothing`() async throws {
        let bench = try Bench()
        try await bench.start()
        let before = try bench.folder.read("state/weights.state")
        try await bench.set("75", "25")
        try bench.folder.write(before, to: "state/weights.state")
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=75 y=25")
    }

    @Test func `a state without its file's change gives way to the file`() async throws {
        let bench = try Bench()
        try await bench.start()
        try await bench.set("75", "25")
        try bench.folder.write(Bench.weights, to: "weights.yaml")
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=90 y=10")
        #expect(await next.generation == 3)
    }

    @Test func `a damaged state is an error, not weights`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.write("sluice weights state 1\n", to: "state/weights.state")
        #expect(throws: StateError.self) {
            try WeightStore.loadState(WeightStore.Places(bench.snapshot))
        }
    }
}
