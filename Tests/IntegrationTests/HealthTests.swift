import Foundation
import Testing

/// The whole program with targets that fall ill, under load.
@Suite(.serialized, .ownThreads)
struct HealthTests {
    private static let quick = "interval: 500ms, timeout: 500ms"
    /// Exchanges that a load has under way at once, wrk's and two more.
    private static let inFlight = 66

    /// The states of the targets of X and Y, as `sound sound`.
    private static func states(_ sluice: Sluice) throws -> String {
        let page = try sluice.metrics()
        return ["x", "y"].map { upstream in
            ["unknown", "sound", "degraded", "ejected", "down"].first { state in
                let labels: KeyValuePairs = ["upstream": upstream, "state": state]
                return page.sum("sluice_target_state", labels) == 1
            } ?? "?"
        }.joined(separator: " ")
    }

    private static func wait(
        _ sluice: Sluice, for states: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let isSo = try eventually { try Self.states(sluice) == states }
        let seen = try Self.states(sluice)
        #expect(isSo, "\(seen), \(sluice.log)", sourceLocation: sourceLocation)
    }

    /// Looks again and again for so many seconds.
    private static func watch(seconds: Double, _ look: () throws -> Void) rethrows {
        _ = try eventually(within: seconds) {
            try look()
            return false
        }
    }

    @Test func `both sides lose their database three seconds apart, and the split is kept`()
        throws
    {
        let nodes = (x: try Nginx("x"), y: try Nginx("y"))
        let ports = (x: try KongStatus(), y: try KongStatus())
        var settings = Settings(x: nodes.x.port, y: nodes.y.port)
        settings.keys["x"] = "health: {kind: kong, port: \(ports.x.port), \(Self.quick)}"
        settings.keys["y"] = "health: {kind: kong, port: \(ports.y.port), \(Self.quick)}"
        let sluice = try Sluice(settings)
        try Self.wait(sluice, for: "sound sound")
        let load = Load(port: sluice.port)
        let wrk = try Wrk(port: sluice.port, connections: 64, seconds: 300)
        ports.x.setDatabase(reachable: false)
        try Self.watch(seconds: 3) { try Self.expectKept(sluice, slack: 2 * Self.inFlight) }
        try Self.wait(sluice, for: "degraded sound")
        ports.y.setDatabase(reachable: false)
        try Self.watch(seconds: 3) { try Self.expectKept(sluice, slack: 2 * Self.inFlight) }
        try Self.wait(sluice, for: "degraded degraded")
        #expect(try sluice.split().effective == ["x": 90, "y": 10])
        let status = try sluice.command("status")
        #expect(status.output.contains("failed to connect to database"), "\(status.output)")
        for port in [ports.x, ports.y] { port.setDatabase(reachable: true) }
        try Self.wait(sluice, for: "sound sound")
        let own = try load.finish()
        wrk.stop()
        let report = try wrk.report()
        #expect(own.faults.isEmpty)
        #expect(!report.hasErrors, "\(report.text)")
        // With nothing under way the counts are exact.
        #expect(try eventually { try sluice.metrics().sum("sluice_upstream_inflight") == 0 })
        try Self.expectKept(sluice, slack: 2)
    }

    /// A tenth of all requests has gone to Y, and none elsewhere than the sequence said.
    private static func expectKept(_ sluice: Sluice, slack: Int) throws {
        let page = try sluice.metrics()
        let (x, y) = (
            page.sum("sluice_split_routed_total", ["upstream": "x", "by": "sequence"]),
            page.sum("sluice_split_routed_total", ["upstream": "y", "by": "sequence"])
        )
        #expect(abs(10 * y - (x + y)) <= 10 * slack, "x \(x), y \(y)")
        #expect(page.sum("sluice_split_routed_total", ["by": "shift"]) == 0)
    }

    private static func failures(_ sluice: Sluice) throws -> Int {
        let page = try sluice.metrics()
        return page.sum("sluice_downstream_requests_total")
            - page.sum("sluice_downstream_requests_total", ["code": "200"])
    }

    /// Waits for so many more requests and expects that none of them failed.
    private static func expectNoMoreFailures(_ sluice: Sluice, over count: Int) throws {
        let failed = try failures(sluice)
        let before = try sluice.metrics().sum("sluice_downstream_requests_total")
        let isDone = try eventually {
            try sluice.metrics().sum("sluice_downstream_requests_total") >= before + count
        }
        #expect(isDone)
        #expect(try failures(sluice) == failed)
    }

    @Test func `all of Y is killed at 90 to 10, and only what was under way fails`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        var settings = Settings(x: x.port, y: y.port)
        for name in ["x", "y"] { settings.keys[name] = "health: {kind: http, \(Self.quick)}" }
        let sluice = try Sluice(settings)
        try Self.wait(sluice, for: "sound sound")
        let wrk = try Wrk(port: sluice.port, connections: 64, seconds: 300)
        #expect(try eventually { try sluice.metrics().sum("sluice_split_routed_total") > 1_000 })
        y.kill()
        try Self.wait(sluice, for: "sound down")
        #expect(try Self.failures(sluice) <= Self.inFlight)
        try Self.expectNoMoreFailures(sluice, over: 2_000)
        let split = try sluice.split()
        #expect(split.effective == ["x": 90, "y": 0] && split.weights == ["x": 90, "y": 10])
        let shown = try sluice.command("split").output
        #expect(shown.contains("100.00 %"), "\(shown)")
        #expect(sluice.logCount("upstream y: no target is usable") == 1)
        try y.startAgain()
        try Self.wait(sluice, for: "sound sound")
        let routed = { try sluice.metrics().sum("sluice_split_routed_total", ["upstream": "y"]) }
        let before = try routed()
        #expect(try eventually { try routed() > before + 50 })
        try Self.expectNoMoreFailures(sluice, over: 2_000)
        wrk.stop()
        _ = try wrk.report()
    }

    @Test func `a frozen Y costs only what was sent to it`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        var settings = Settings(x: x.port, y: y.port)
        // Longer than the checks take to see it, or who was let go would ask it once more.
        let times = "timeouts: {response: 15s}"
        for name in ["x", "y"] {
            settings.keys[name] = "health: {kind: http, \(Self.quick)}, \(times)"
        }
        let sluice = try Sluice(settings)
        try Self.wait(sluice, for: "sound sound")
        let wrk = try Wrk(port: sluice.port, connections: 64, seconds: 300)
        #expect(try eventually { try sluice.metrics().sum("sluice_split_routed_total") > 1_000 })
        y.freeze()
        defer { y.thaw() }
        try Self.wait(sluice, for: "sound down")
        // What hangs ends with its timeout; then there is nothing more.
        let inflight = { try sluice.metrics().sum("sluice_upstream_inflight", ["upstream": "y"]) }
        #expect(try eventually { try inflight() == 0 })
        #expect(try Self.failures(sluice) <= Self.inFlight)
        try Self.expectNoMoreFailures(sluice, over: 2_000)
        #expect(try sluice.command("status").output.contains("connected, but no answer in time"))
        y.thaw()
        try Self.wait(sluice, for: "sound sound")
        wrk.stop()
        _ = try wrk.report()
    }

    @Test func `checks come, change and go by SIGHUP under load`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        var settings = Settings(x: x.port, y: y.port)
        let sluice = try Sluice(settings)
        let load = Load(port: sluice.port)
        let steps = [
            // Nobody listens on port 1; /none is a 200 as well, and never JSON.
            ("health: {kind: tcp, port: 1, \(Self.quick)}", "down down"),
            ("health: {kind: tcp, \(Self.quick)}", "sound sound"),
            (
                "health: {kind: http, path: /none, expect: {json: a == 1}, \(Self.quick)}",
                "down down"
            ),
            ("health: {kind: http, expect: {status: [200, 404]}, \(Self.quick)}", "sound sound"),
            ("health: {kind: kong, \(Self.quick)}", "down down"),
            ("ejection: {consecutive: 3}, slow_start: 1s", "sound sound"),
        ]
        for (keys, states) in steps {
            for name in ["x", "y"] { settings.keys[name] = keys }
            try sluice.folder.write(settings.text, to: "sluice.yaml")
            sluice.reload()
            try Self.wait(sluice, for: states)
        }
        // The last line may come a moment after what it tells.
        #expect(eventually { sluice.logCount("is in force") >= steps.count })
        #expect(sluice.logCount("is in force") == steps.count)
        let report = try load.finish()
        #expect(report.faults.isEmpty && report.answers > 0)
    }

    @Test func `status, metrics and log tell of each target`() throws {
        let y = try Nginx("y")
        var settings = Settings(x: 1, y: y.port)
        for name in ["x", "y"] { settings.keys[name] = "health: {kind: http, \(Self.quick)}" }
        let sluice = try Sluice(settings)
        try Self.wait(sluice, for: "down sound")
        let page = try sluice.metrics()
        #expect(
            page.samples[#"sluice_target_healthy{upstream="x",target="127.0.0.1:1"}"#] == 0)
        #expect(page.sum("sluice_target_healthy", ["upstream": "y"]) == 1)
        #expect(page.sum("sluice_health_checks_total", ["upstream": "x", "result": "failed"]) > 0)
        #expect(
            page.sum("sluice_target_state_changes_total", ["upstream": "x", "state": "down"]) == 1)
        #expect(page.samples[#"sluice_split_effective_ratio{split="kong",upstream="y"}"#] == 1)
        #expect(page.samples[#"sluice_split_weight_ratio{split="kong",upstream="y"}"#] == 0.1)
        let status = try sluice.control("GET", "/v1/status").text.filter { $0 != " " }
        #expect(status.contains(#""state":"down""#), "\(status)")
        #expect(status.contains(#""last_error":"connectionrefused""#), "\(status)")
        let shown = try sluice.command("status").output
        #expect(shown.contains("127.0.0.1:1 down"), "\(shown)")
        #expect(shown.contains("connection refused, at "), "\(shown)")
        #expect(
            sluice.logCount("target 127.0.0.1:1 of x: unknown -> down: connection refused") == 1)
        // The share of X goes to Y, and says so.
        for _ in 0..<20 { #expect(try sluice.get()["X-Upstream"] == "y") }
        #expect(try sluice.metrics().sum("sluice_split_routed_total", ["by": "shift"]) >= 17)
    }
}
