import Admin
import Settings
import Testing

@Suite struct LatchTests {
    /// x is at 0 and latched.
    private func latched(_ weights: String = "kong: {x: 0, y: 100}\n") async throws -> Bench {
        let bench = try Bench(weights)
        try await bench.start()
        _ = try await bench.keeper.latch("x", of: "kong", reason: "migrations are finished")
        return bench
    }

    private func force(_ bench: Bench, _ x: String, _ y: String) async throws {
        _ = try await bench.keeper.change(
            WeightRequest(
                .weights(["kong": ["x": x, "y": y]]), source: .socket, isForced: true))
    }

    @Test func `nobody raises what is latched, and the refusal says why`() async throws {
        let bench = try await latched()
        do throws(WeightRefusal) {
            try await bench.set("1", "99")
            Issue.record("it was raised")
        } catch {
            #expect("\(error)".contains("x is kept at weight 0 in the split kong since "))
            #expect("\(error)".contains("(migrations are finished)"))
            #expect("\(error)".contains("--force"))
        }
        await #expect(throws: WeightRefusal.self) { try await bench.rollback() }
        try await bench.set("0", "50")
        #expect(bench.plane.routed == "x=0 y=50")
    }

    @Test func `force raises it, and so often as it is asked for`() async throws {
        let bench = try await latched()
        try await force(bench, "10", "90")
        #expect(bench.plane.routed == "x=10 y=90")
        await #expect(throws: WeightRefusal.self) { try await bench.set("11", "89") }
        try await bench.set("5", "95")
        try await bench.set("0", "100")
        await #expect(throws: WeightRefusal.self) { try await bench.set("5", "95") }
        _ = try await bench.keeper.change(
            WeightRequest(.rollback(split: "kong"), source: .socket, isForced: true))
        #expect(bench.plane.routed == "x=100 y=0")
    }

    @Test func `an edit of the file is refused, left as it is and shown`() async throws {
        let bench = try await latched()
        let edit = "kong: {x: 20, y: 80} # mine\n"
        try bench.folder.write(edit, to: "weights.yaml")
        await bench.look()
        #expect(bench.plane.routed == "x=0 y=100")
        #expect(try bench.folder.read("weights.yaml") == edit)
        let report = await bench.keeper.report()
        #expect(report.refusedFile?.contains("x is kept at weight 0") == true)
        #expect(report.fileFaults.isEmpty && report.driftedSplits == ["kong"])
        try bench.folder.write("kong: {x: 0, y: 80}\n", to: "weights.yaml")
        await bench.look()
        #expect(bench.plane.routed == "x=0 y=80")
        #expect(await bench.keeper.report().refusedFile == nil)
    }

    @Test func `it is there after a restart, whatever the file says by then`() async throws {
        let bench = try await latched()
        try bench.folder.write("kong: {x: 20, y: 80}\n", to: "weights.yaml")
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=0 y=100")
        #expect(await next.keeper.report().refusedFile != nil)
        await #expect(throws: WeightRefusal.self) { try await next.set("1", "99") }
        _ = try await next.keeper.unlatch("x", of: "kong", reason: "")
        try await next.set("1", "99")
        let last = try await next.restarted()
        #expect(last.plane.routed == "x=1 y=99")
        #expect(await last.keeper.report().latches.isEmpty)
    }

    @Test func `without the kept weights a latched member gets nothing`() async throws {
        let bench = try await latched()
        try bench.folder.write("kong: {x: 100, y: 0}\n", to: "weights.yaml")
        try bench.folder.remove("state/weights.state")
        let next = try await bench.restarted()
        #expect(next.plane.routed == "x=0 y=1")
    }

    @Test func `a damaged file latches whatever has no weight`() async throws {
        let bench = try await latched()
        try bench.folder.write("sluice latches state 1\n", to: "state/latches.state")
        let next = try await bench.restarted()
        await #expect(throws: WeightRefusal.self) { try await next.set("1", "99") }
        #expect(await next.keeper.report().latches.map(\.upstream) == ["x"])
    }

    @Test func `only a member at 0 is latched`() async throws {
        let bench = try Bench()
        try await bench.start()
        for (upstream, split, reason) in [
            ("x", "kong", "x has weight 90"), ("z", "kong", "no member of the split kong"),
            ("x", "king", "no split \"king\""),
        ] {
            do throws(LatchFault) {
                _ = try await bench.keeper.latch(upstream, of: split, reason: "")
                Issue.record("\(upstream) of \(split) was latched")
            } catch {
                #expect("\(error)".contains(reason), "\(error)")
            }
        }
        try await bench.set("0", "100")
        let first = try await bench.keeper.latch("x", of: "kong", reason: "")
        let again = try await bench.keeper.latch("x", of: "kong", reason: "")
        #expect(first.isChange && first.isDurable && !again.isChange)
    }
}
