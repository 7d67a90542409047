import Admin
import Kernel
import Settings
import Testing

@Suite struct WeightFileTests {
    @Test func `an edit is the next change`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.write("kong: {y: 20, x: 80}\n", to: "weights.yaml")
        await bench.look()
        #expect(bench.plane.routed == "x=80 y=20")
        let split = try #require(await bench.keeper.report().splits.first)
        #expect(split.set.source == .file && split.set.generation == 2)
        #expect(try bench.folder.read("weights.yaml") == "kong: {y: 20, x: 80}\n")
    }

    @Test(arguments: ["kong: {x: 80", "kong: {x: 80}", "kong: {x: 80, y: 120%}", ""])
    func `a bad file changes nothing and shows`(text: String) async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.write(text, to: "weights.yaml")
        await bench.look()
        #expect(bench.plane.routed == "x=90 y=10")
        let report = await bench.keeper.report()
        #expect(report.generation == 1)
        #expect(report.fileFaults.first?.file == "\(bench.folder.path)/weights.yaml")
        try bench.folder.write("kong: {x: 70, y: 30}\n", to: "weights.yaml")
        await bench.look()
        #expect(await bench.keeper.report().fileFaults.isEmpty)
        #expect(bench.plane.routed == "x=70 y=30")
    }

    @Test func `a fault must be seen twice before it counts`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.write("kong: {x: 8", to: "weights.yaml")
        #expect(await !bench.keeper.lookAtFile())
        #expect(await bench.keeper.report().fileFaults.isEmpty)
        try bench.folder.write("kong: {x: 80, y: 20}\n", to: "weights.yaml")
        #expect(await bench.keeper.lookAtFile())
        #expect(bench.plane.routed == "x=80 y=20")
    }

    @Test func `a vanished file keeps the weights`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.remove("weights.yaml")
        await bench.look()
        #expect(bench.plane.routed == "x=90 y=10")
        #expect(await !bench.keeper.report().fileFaults.isEmpty)
        #expect(try await bench.set("75", "25").isDurable)
        #expect(throws: Errno.self) { try bench.folder.read("weights.yaml") }
    }

    @Test func `a vanished file that comes back as it was is no edit`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.remove("weights.yaml")
        await bench.look()
        try await bench.set("75", "25")
        try bench.folder.write(Bench.weights, to: "weights.yaml")
        await bench.look()
        #expect(bench.plane.routed == "x=75 y=25")
        #expect(await bench.drift == ["kong"])
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=75 y=25")
        try await next.set("70", "30")
        #expect(try next.folder.read("weights.yaml").contains("{x: 70, y: 30}"))
    }

    @Test func `the own writing coming back is no change`() async throws {
        let bench = try Bench()
        try await bench.start()
        try await bench.set("75", "25")
        await bench.look()
        #expect(await bench.generation == 2)
        #expect(bench.plane.memory.withLock { $0.weights.count } == 1)
    }

    @Test func `an edit that was not yet noticed survives a change`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.write("# new\n" + Bench.weights, to: "weights.yaml")
        try await bench.set("75", "25")
        let text = "# new\n# ours\nkong: {x: 75, y: 25} # ten\n"
        #expect(try bench.folder.read("weights.yaml") == text)
    }

    @Test func `a file that cannot be written drifts and is written later`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.block("weights.yaml")
        #expect(try await bench.set("75", "25").isDurable)
        #expect(await bench.drift == ["kong"])
        #expect(try bench.folder.read("weights.yaml") == Bench.weights)
        try bench.folder.unblock("weights.yaml")
        try await bench.set("70", "30")
        #expect(await bench.drift.isEmpty)
        #expect(try bench.folder.read("weights.yaml").contains("{x: 70, y: 30}"))
    }

    @Test func `weights that nothing keeps say so`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.block("weights.yaml")
        try bench.folder.remove("state")
        try bench.folder.write("in the way", to: "state")
        #expect(try await !bench.set("75", "25").isDurable)
        #expect(bench.plane.routed == "x=75 y=25")
    }

    @Test func `without a weight file the state keeps the weights`() async throws {
        let bench = try Bench(nil)
        try await bench.start()
        #expect(try await bench.set("75", "25").isDurable)
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=75 y=25")
    }

    @Test func `without a weight file and a state nothing is kept`() async throws {
        let bench = try Bench(nil, hasState: false)
        try await bench.start()
        #expect(try await !bench.set("75", "25").isDurable)
    }
}
