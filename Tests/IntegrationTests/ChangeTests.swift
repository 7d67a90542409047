import Foundation
import Testing

/// Weights change under load.
@Suite(.serialized, .ownThreads)
struct ChangeTests {
    @Test func `a thousand changes by the socket under load cost nothing`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        let sluice = try Sluice(Self.settings(x, y))
        let load = Load(port: sluice.port)
        let wrk = try Wrk(port: sluice.port, connections: 64, seconds: 300)
        let client = try sluice.connect()
        for step in 1...1_000 {
            let share = [0, 100, step % 101][step % 3]
            let answer = try sluice.set(x: 100 - share, y: share)
            #expect(answer.status == 200, "\(answer.text)")
            // In force when it is acknowledged: a share of nothing gets nothing any more.
            let seen = try (1...3).map { _ in try client.get()["X-Upstream"] }
            if share == 0 { #expect(seen == ["x", "x", "x"]) }
            if share == 100 { #expect(seen == ["y", "y", "y"]) }
        }
        try Self.expectNoFault(load, wrk)
        #expect(try sluice.split().generation >= 900)
        let text = try sluice.folder.read("weights.yaml")
        #expect(text.hasPrefix("# old and new\n"))
    }

    @Test func `two hundred changes by the file under load cost nothing`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        let sluice = try Sluice(Self.settings(x, y))
        let load = Load(port: sluice.port)
        let wrk = try Wrk(port: sluice.port, connections: 64, seconds: 300)
        let client = try sluice.connect()
        for step in 1...200 {
            let share = step % 2 == 0 ? 0 : 100
            let before = try sluice.split().generation
            try sluice.folder.replace(
                "weights.yaml", with: "kong: {x: \(100 - share), y: \(share)} # \(step)\n")
            let isInForce = try eventually { try sluice.split().generation > before }
            #expect(isInForce, "step \(step)")
            #expect(try client.get()["X-Upstream"] == (share == 0 ? "x" : "y"))
        }
        try Self.expectNoFault(load, wrk)
        #expect(try sluice.split().source == "file")
    }

    @Test func `after the acknowledgement of 0 nothing more is routed there`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        let sluice = try Sluice(Self.settings(x, y))
        let load = Load(port: sluice.port)
        let wrk = try Wrk(port: sluice.port, connections: 64, seconds: 300)
        for _ in 1...50 {
            try sluice.set(x: 50, y: 50)
            try sluice.set(x: 100, y: 0)
            let routed = {
                let page = try sluice.metrics()
                return (
                    page.sum("sluice_split_routed_total", ["upstream": "x"]),
                    page.sum("sluice_split_routed_total", ["upstream": "y"])
                )
            }
            let (onX, onY) = try routed()
            #expect(try eventually { try routed().0 > onX + 20 })
            #expect(try routed().1 == onY)
        }
        try Self.expectNoFault(load, wrk)
    }

    @Test func `a rollback goes to the stable upstream and says so`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Sluice(Settings(x: x.port, y: y.port, weights: "{x: 10, y: 90}"))
        let client = try sluice.connect()
        let answer = try sluice.control("POST", "/v1/splits/kong/rollback", #"{"reason": "bad"}"#)
        #expect(answer.status == 200)
        #expect(try sluice.split().weights["y"] == 0)
        for _ in 1...50 { #expect(try client.get()["X-Upstream"] == "x") }
        #expect(y.requests.isEmpty)
    }

    private static func settings(_ x: Nginx, _ y: Nginx) -> Settings {
        var settings = Settings(x: x.port, y: y.port)
        settings.weightsFile = "# old and new\nkong: {x: 90, y: 10}\n"
        return settings
    }

    private static func expectNoFault(_ load: Load, _ wrk: Wrk) throws {
        let own = try load.finish()
        #expect(own.faults.isEmpty)
        #expect(own.answers > 0)
        wrk.stop()
        let report = try wrk.report()
        #expect(!report.hasErrors, "\(report.text)")
    }
}
