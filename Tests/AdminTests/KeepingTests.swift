import Admin
import Settings
import Splitting
import Testing

/// Weights that no disk took when they were set, be it that it was full.
@Suite struct KeepingTests {
    @Test func `weights that nothing has kept are kept when there is room again`() async throws {
        let bench = try await Self.benchOnFullDisk()
        await bench.keeper.keepAgain()
        #expect(await !bench.isDurable)
        try Self.makeRoom(bench)
        await bench.keeper.keepAgain()
        #expect(await bench.isDurable)
        #expect(try bench.folder.read("weights.yaml") == "# ours\nkong: {x: 75, y: 25} # ten\n")
        #expect(await bench.generation == 2)
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=75 y=25")
    }

    @Test func `an edit that came meanwhile is not written over`() async throws {
        let bench = try await Self.benchOnFullDisk()
        try bench.folder.write("kong: {x: 60, y: 40}\n", to: "weights.yaml")
        try Self.makeRoom(bench)
        await bench.keeper.keepAgain()
        #expect(try bench.folder.read("weights.yaml") == "kong: {x: 60, y: 40}\n")
        await bench.look()
        #expect(bench.plane.routed == "x=60 y=40")
        #expect(await bench.isDurable)
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=60 y=40")
    }

    @Test func `what is kept is not written again`() async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.write("# edited\n", to: "weights.yaml")
        await bench.keeper.keepAgain()
        #expect(try bench.folder.read("weights.yaml") == "# edited\n")
    }

    @Test func `where nothing can be kept nothing is tried`() async throws {
        let bench = try Bench(nil, hasState: false)
        try await bench.start()
        try await bench.set("75", "25")
        bench.disk.hold()
        await bench.keeper.keepAgain()
        #expect(bench.disk.waitingCount == 0)
    }

    @Test(arguments: [("weights.yaml", "no such file"), ("folder", "no regular file")])
    func `a weight file that is none is told without a made-up place`(
        name: String, fault: String
    ) async throws {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.remove("weights.yaml")
        if name == "folder" { try bench.folder.makeFolder("weights.yaml") }
        await bench.look()
        let found = try #require(await bench.keeper.report().fileFaults.first)
        #expect(found.description.contains("weights.yaml:1:1: \(fault)"))
    }

    /// Weights are set, and neither the file nor the state has taken them.
    private static func benchOnFullDisk() async throws -> Bench {
        let bench = try Bench()
        try await bench.start()
        try bench.folder.block("weights.yaml")
        try bench.folder.remove("state")
        try bench.folder.write("in the way", to: "state")
        #expect(try await !bench.set("75", "25").isDurable)
        return bench
    }

    private static func makeRoom(_ bench: Bench) throws {
        try bench.folder.remove("state")
        try bench.folder.unblock("weights.yaml")
    }
}

extension Bench {
    fileprivate var isDurable: Bool {
        get async { await keeper.report().splits.first?.isDurable == true }
    }
}
