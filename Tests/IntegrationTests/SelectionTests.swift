import Foundation
import Testing

/// Sticky splits and pins of the program itself.
@Suite(.serialized, .ownThreads)
struct SelectionTests {
    private static func weights(_ x: Int, _ y: Int, secret: String = "0123456789abcdef") -> String {
        "{weights: {x: \(x), y: \(y)}, sticky: {by: [header:apikey], secret: \(secret)}, "
            + "pins: [{when: {header: {X-Sluice-Upstream: y}, client: 127.0.0.0/8}, upstream: y}]}"
    }

    private static func names(_ sluice: Sluice) throws -> [String?] {
        let client = try sluice.connect()
        return try (0..<200).map {
            try client.get(fields: ["apikey: user-\($0)"])["X-Sluice-Upstream"]
        }
    }

    @Test func `users stay at their upstream over changes, a restart and in another process`()
        throws
    {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        var settings = Settings(x: x.port, y: y.port, weights: Self.weights(90, 10))
        settings.listener += ", expose_upstream: true"
        let sluice = try Sluice(settings)
        let few = try Self.names(sluice)
        try sluice.set(x: 50, y: 50)
        let half = try Self.names(sluice)
        for (before, after) in zip(few, half) where before == "y" { #expect(after == "y") }
        #expect(Set(half) == ["x", "y"])
        try sluice.start()
        #expect(try Self.names(sluice) == half)
        #expect(try Self.names(try Sluice(settings)) == few)
        let shown = try sluice.command("split").output
        #expect(shown.contains("sticky by header:apikey"), "\(shown)")
        #expect(shown.contains("by a key"), "\(shown)")
        #expect(!(shown + sluice.log).contains("0123456789abcdef"))
        #expect(try !sluice.control("GET", "/v1/status").text.contains("0123456789abcdef"))
    }

    @Test func `a pin reaches the candidate at 0, and another goes away with a reload`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        var settings = Settings(x: x.port, y: y.port, weights: Self.weights(1, 0))
        settings.listener += ", expose_upstream: true"
        let sluice = try Sluice(settings)
        let client = try sluice.connect()
        let pinned = ["X-Sluice-Upstream: y"]
        #expect(try client.get(fields: pinned)["X-Sluice-Upstream"] == "y")
        #expect(try client.get()["X-Sluice-Upstream"] == "x")
        let metrics = try sluice.metrics()
        let pins = metrics.sum("sluice_split_routed_total", ["by": "pin", "upstream": "y"])
        #expect(pins == 1)
        settings.weights = "{x: 1, y: 0}"
        try sluice.folder.write(settings.text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.logCount("read again and is in force") == 1 })
        // The same connection, and counters that go on.
        #expect(try client.get(fields: pinned)["X-Sluice-Upstream"] == "x")
        let after = try sluice.metrics()
        #expect(after.sum("sluice_split_routed_total", ["by": "pin", "upstream": "y"]) == 1)
    }

    @Test func `check warns of a pin that every client can use, and is content`() throws {
        let sluice = try Sluice(Settings(x: 1))
        var settings = Settings(x: 1, y: 2)
        settings.weights =
            "{weights: {x: 1, y: 0}, pins: [{when: {header: {A: b}}, upstream: y}]}"
        try sluice.folder.write(settings.text, to: "other.yaml")
        let result = try sluice.command("check", "--config", sluice.folder["other.yaml"])
        #expect(result.status == 0)
        let text = result.output + result.errors
        #expect(text.contains("every client can choose `y`"), "\(text)")
    }
}
