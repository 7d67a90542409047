import Foundation
import Kernel
import Testing

/// A candidate that keeps its clients waiting, and one that somebody drains, under a running proxy.
@Suite(.serialized, .ownThreads)
struct RolloutHangTests {
    private static let plan = "splits: [kong]\nsteps: [{weight: 20, hold: 1h}]\n"

    /// y answers everything but `/hang`.
    private static func begun() throws -> (sluice: Sluice, upstreams: [ScriptedUpstream]) {
        let x = try ScriptedUpstream(name: "x")
        let y = try ScriptedUpstream { wire, _ in
            while let request = try wire.takeRequest() {
                if request.target == "/hang" { _ = try wire.takeToEnd() }
                try wire.send(.ok("y"))
            }
        }
        var settings = Settings(
            x: x.port, y: y.port, weights: "{weights: {x: 100, y: 0}, stable: x, candidate: y}")
        settings.weightsFile = "kong: {x: 100, y: 0}\n"
        let sluice = try Sluice(settings)
        try sluice.folder.write(plan, to: "plan.yaml")
        let result = try sluice.command("rollout", "start", sluice.folder["plan.yaml"])
        #expect(result.status == 0, "\(result.errors)")
        return (sluice, [x, y])
    }

    private static func ask(_ sluice: Sluice, _ count: Int) throws {
        let wire = try sluice.connect()
        for _ in 0..<count { _ = try wire.get("/orders/1") }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a candidate at which some requests hang for ever goes back`() throws {
        let (sluice, upstreams) = try Self.begun()
        // Stable's times are known then.
        try Self.ask(sluice, 150)
        let waiting = try (0..<60).map { _ in
            let wire = try sluice.connect()
            try wire.send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n")
            return wire
        }
        #expect(
            try eventually {
                try Self.ask(sluice, 10)
                return try sluice.split().weights["y"] == 0
            })
        // The weights are changed first, and written down afterwards.
        var history = ""
        let isTold = try eventually {
            history = try sluice.command("rollout", "history").output
            return history.contains("requests that hang") && history.contains(", in force after ")
        }
        #expect(isTold, "\(history)")
        #expect(waiting.count == 60)
        for upstream in upstreams { upstream.stop() }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a drain of the candidate pauses, and nothing goes back for it`() throws {
        let (sluice, upstreams) = try Self.begun()
        try Self.ask(sluice, 20)
        #expect(try sluice.command("drain", "y").status == 0)
        let said = { (words: String) in
            try sluice.command("rollout", "status").output.contains(words)
        }
        #expect(
            try eventually {
                try Self.ask(sluice, 10)
                return try said("paused (the candidate y of kong is drained, and gets nothing new")
            })
        try Self.ask(sluice, 50)
        #expect(try sluice.split().weights["y"] == 20)
        #expect(try sluice.command("undrain", "y").status == 0)
        #expect(try sluice.command("rollout", "resume").status == 0)
        try Self.ask(sluice, 20)
        #expect(try eventually { try said("running") })
        for upstream in upstreams { upstream.stop() }
    }
}
