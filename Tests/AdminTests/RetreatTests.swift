import Admin
import Kernel
import Settings
import Splitting
import Testing

@Suite struct RetreatTests {
    @Test func `a rollback keeps the scale of the weights`() async throws {
        let bench = try Bench()
        try await bench.start()
        let outcome = try await bench.rollback()
        #expect(outcome.generation == 2 && outcome.isDurable)
        #expect(bench.plane.routed == "x=100 y=0")
        #expect(try bench.folder.read("weights.yaml") == "# ours\nkong: {x: 100, y: 0} # ten\n")
    }

    @Test func `a retreat is in the workers while the disk still waits`() async throws {
        let bench = try Bench()
        try await bench.start()
        bench.disk.hold()
        async let retreat = bench.set("95", "5")
        try await wait("the retreat to reach the workers") { bench.plane.routed == "x=95 y=5" }
        #expect(try bench.folder.read("weights.yaml") == Bench.weights)
        try await wait("the retreat to reach the disk") { bench.disk.waitingCount == 1 }
        bench.disk.letGo()
        #expect(try await retreat.isDurable)
        #expect(try bench.folder.read("weights.yaml").contains("y: 5"))
    }

    @Test func `a retreat overtakes a change that the disk holds up`() async throws {
        let bench = try Bench()
        try await bench.start()
        bench.disk.hold()
        let change = Task { () async -> WeightRefusal? in
            do throws(WeightRefusal) {
                _ = try await bench.set("50", "50")
                return nil
            } catch {
                return error
            }
        }
        try await wait("the change to reach the disk") { bench.disk.waitingCount == 1 }
        async let retreat = bench.rollback()
        try await wait("the retreat to reach the workers") { bench.plane.routed == "x=100 y=0" }
        try await wait("the retreat to reach the disk") { bench.disk.waitingCount == 2 }
        bench.disk.letGo()
        let outcome = try await retreat
        #expect(await change.value == .overtaken(by: outcome.generation))
        #expect(bench.plane.routed == "x=100 y=0")
        #expect(try bench.folder.read("weights.yaml").contains("{x: 100, y: 0}"))
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=100 y=0")
        #expect(await next.generation == outcome.generation)
    }

    @Test func `a retreat to what is set overtakes what waits to be set`() async throws {
        let bench = try Bench("kong: {x: 100, y: 0}\n")
        try await bench.start()
        bench.disk.hold()
        let change = Task { try await bench.set("50", "50") }
        try await wait("the change to reach the disk") { bench.disk.waitingCount == 1 }
        async let retreat = bench.rollback()
        try await wait("the retreat to reach the disk") { bench.disk.waitingCount == 2 }
        bench.disk.letGo()
        _ = try await retreat
        await #expect(throws: WeightRefusal.self) { try await change.value }
        await bench.look()
        #expect(bench.plane.routed == "x=100 y=0")
        #expect(try bench.folder.read("weights.yaml") == "kong: {x: 100, y: 0}\n")
    }

    @Test func `what a retreat overtook does not come back through the file`() async throws {
        let bench = try Bench()
        try await bench.start()
        bench.disk.hold(2)
        let change = Task { try await bench.set("50", "50") }
        try await wait("the change to reach the disk") { bench.disk.waitingCount == 1 }
        async let retreat = bench.rollback()
        try await wait("the retreat to reach the disk") { bench.disk.waitingCount == 2 }
        // The watcher sees the overtaken change's own writing before the retreat's.
        let looking = Task { await bench.look() }
        bench.disk.letFirstGo()
        await #expect(throws: WeightRefusal.self) { try await change.value }
        for _ in 0..<1_000 { await Task.yield() }
        #expect(try bench.folder.read("weights.yaml").contains("{x: 50, y: 50}"))
        bench.disk.letGo()
        _ = try await retreat
        await looking.value
        #expect(bench.plane.routed == "x=100 y=0")
        #expect(try bench.folder.read("weights.yaml").contains("{x: 100, y: 0}"))
    }

    @Test(arguments: [
        ([90, 10], [95, 5], true), ([90, 10], [900, 50], true), ([90, 10], [90, 10], false),
        ([90, 10], [45, 5], false), ([90, 10], [80, 20], false), ([0, 10], [1, 1], true),
        ([10, 0], [5, 0], false),
    ])
    func `less for the candidate is a retreat`(
        old: [UInt32], new: [UInt32], isRetreat: Bool
    ) throws {
        let split = SplitSettings(
            name: "s", members: ["x", "y"], weights: [.one, .one], stable: "x", candidate: "y")
        let old = try old.map { try #require(Weight(hundredths: $0)) }
        let new = try new.map { try #require(Weight(hundredths: $0)) }
        #expect(ShareOrder.isRetreat(split, from: old, to: new) == isRetreat)
    }

    @Test func `a change that raises a third member is no retreat`() throws {
        let split = SplitSettings(
            name: "s", members: ["x", "y", "z"], weights: [.one, .one, .one], stable: "x",
            candidate: "y")
        let weights = { (numbers: [UInt32]) in numbers.compactMap { Weight(hundredths: $0) } }
        let old = weights([80, 10, 10])
        #expect(!ShareOrder.isRetreat(split, from: old, to: weights([80, 5, 15])))
        #expect(ShareOrder.isRetreat(split, from: old, to: weights([85, 5, 10])))
    }
}
