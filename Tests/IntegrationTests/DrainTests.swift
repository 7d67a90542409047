import Foundation
import Kernel
import Testing

/// What is drained gets nothing new, under load, over restarts, and as the commands say.
@Suite(.serialized, .ownThreads)
struct DrainTests {
    @Test func `one of two targets is drained and comes back under load without a fault`() throws {
        let (a, b) = (try Nginx("a"), try Nginx("b"))
        let sluice = try Sluice(Settings(x: a.port, b.port))
        let load = Load(port: sluice.port)
        let wrk = try Wrk(port: sluice.port, connections: 32, seconds: 300)
        for _ in 1...3 {
            #expect(eventually { a.requestCount > 0 && b.requestCount > 0 })
            let target = "127.0.0.1:\(b.port)"
            let result = try sluice.command(
                "drain", "x", "--target", target, "--reason", "kernel", "--wait", "60s")
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("x \(target): nothing in flight there any more"))
            // What nginx has answered is in its log when it has answered one more.
            let atB = try Self.settledCount(b)
            let atA = a.requestCount
            #expect(eventually { a.requestCount > atA + 2_000 })
            #expect(try Self.settledCount(b) - atB <= 2)
            let status = try sluice.command("status").output
            #expect(status.contains("\(target) drained"))
            #expect(status.contains("x \(target)"))
            #expect(try sluice.command("undrain", "x", "--target", target).status == 0)
            #expect(eventually { b.requestCount > atB + 500 })
        }
        try Self.expectNoFault(load, wrk)
    }

    @Test func `once a drain is empty not one request more arrives`() throws {
        let (a, b) = (try ScriptedUpstream(name: "a"), try ScriptedUpstream(name: "b"))
        let sluice = try Sluice(Settings(x: a.port, b.port))
        let load = Load(port: sluice.port, connections: 8)
        let target = "127.0.0.1:\(b.port)"
        for _ in 1...10 {
            let (atA, atB) = (a.requests.count, b.requests.count)
            #expect(eventually { a.requests.count > atA && b.requests.count > atB })
            let command = try sluice.command("drain", "x", "--target", target, "--wait", "60s")
            #expect(command.status == 0, "\(command.errors)")
            let (before, still) = (a.requests.count, b.requests.count)
            #expect(eventually { a.requests.count > before + 200 })
            #expect(b.requests.count == still)
            #expect(eventually { b.openConnectionCount == 0 })
            #expect(try sluice.command("undrain", "x", "--target", target).status == 0)
        }
        let report = try load.finish()
        #expect(report.faults.isEmpty)
    }

    @Test func `a whole upstream is drained at 50 to 50, over a restart, and comes back`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        let sluice = try Sluice(Settings(x: x.port, y: y.port, weights: "{x: 50, y: 50}"))
        let load = Load(port: sluice.port)
        let wrk = try Wrk(port: sluice.port, connections: 32, seconds: 300)
        #expect(eventually { x.requestCount > 100 })
        let answer = try sluice.control("POST", "/v1/upstreams/x/drain", #"{"reason": "kernel"}"#)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.text.contains(#""durable": true"#))
        let client = try sluice.connect()
        for _ in 1...200 { #expect(try client.get()["X-Upstream"] == "y") }
        #expect(try sluice.split().weights == ["x": 50, "y": 50])
        try Self.expectNoFault(load, wrk)
        #expect(
            try sluice.metrics().sum(
                "sluice_split_routed_total", ["upstream": "y", "by": "shift"]) > 50)

        for end in ["SIGKILL", "SIGTERM"] {
            if end == "SIGKILL" { sluice.crash() } else { #expect(try sluice.stop() == 0) }
            let before = x.requestCount
            try sluice.start()
            #expect(sluice.logCount("x is drained since") == 1)
            for _ in 1...100 { #expect(try sluice.get()["X-Upstream"] == "y") }
            #expect(x.requestCount == before)
            let metrics = try sluice.metrics()
            #expect(metrics.sum("sluice_target_drained", ["upstream": "x"]) == 1)
            #expect(metrics.sum("sluice_target_drained", ["upstream": "y"]) == 0)
        }

        let undrained = try sluice.command("undrain", "x")
        #expect(undrained.output == "x: drained no more\n" && undrained.status == 0)
        let back = try sluice.connect()
        let names = try (1...100).map { _ in try back.get()["X-Upstream"] }
        #expect((46...54).contains(names.count { $0 == "x" }))
    }

    @Test func `with nothing else left a drain has no effect and says so`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        let result = try sluice.command("drain", "x")
        #expect(result.status == 0)
        #expect(
            result.errors.contains("warning: the drain of x has no effect in split kong"),
            "\(result.errors)")
        #expect(try sluice.command("status").output.contains("has no effect in split kong"))
        for _ in 1...20 { #expect(try sluice.get().status == 200) }
        #expect(x.connectionCount < 20)
    }

    @Test func `a wait ends with the last exchange, with its time, or with a signal`() throws {
        let gate = Gate()
        let x = try ScriptedUpstream(answering: { _ in
            gate.wait()
            return .ok()
        })
        let y = try ScriptedUpstream(name: "y")
        let sluice = try Sluice(Settings(x: x.port, y: y.port, weights: "{x: 1, y: 0}"))
        let busy = try sluice.connect()
        try busy.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(eventually { x.requests.count == 1 })
        try sluice.set(x: 1, y: 1)

        let late = try sluice.command("drain", "x", "--wait", "300ms")
        #expect(late.status == 1)
        #expect(late.output.hasPrefix("x: drained; 1 request (oldest "), "\(late.output)")
        #expect(late.errors.contains("the time is over: 1 request (oldest "), "\(late.errors)")
        let metrics = try sluice.metrics()
        #expect(
            metrics.samples[
                #"sluice_upstream_oldest_inflight_seconds{upstream="x",kind="request"}"#] ?? 0
                > 0.3)

        let files = try TemporaryFolder()
        let command = [Sluice.binary, "drain", "x", "--wait", "1h", "--socket", sluice.socket]
        let waiting = try ChildProcess(
            command, output: files["output"], errors: files["errors"])
        #expect(eventually { files.size(of: "output") > 0 })
        waiting.signal(SIGINT)
        #expect(try waiting.waitForExit() == 1)
        #expect(try files.read("errors").contains("interrupted: x stays drained"))
        #expect(try files.read("output").contains("x: drained already, since "))

        let last = try ChildProcess(
            command, output: files["last"], errors: files["last errors"])
        #expect(eventually { files.size(of: "last") > 0 })
        gate.open()
        #expect(try last.waitForExit() == 0)
        #expect(try busy.takeResponse().status == 200)
        #expect(try busy.get()["X-Upstream"] == "y")
    }

    @Test func `bad requests are refused with their reason, on the command line too`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        #expect(try sluice.control("POST", "/v1/upstreams/z/drain").status == 404)
        #expect(try sluice.control("POST", "/v1/upstreams/x/drain", "{").status == 400)
        #expect(try sluice.control("GET", "/v1/upstreams/z").status == 404)
        #expect(try sluice.control("GET", "/v1/upstreams").text.contains(#""name": "x""#))
        #expect(try sluice.admin("GET", "/v1/upstreams/x").status == 200)
        #expect(try sluice.admin("POST", "/v1/upstreams/x/drain").status == 403)
        #expect(try sluice.admin("POST", "/v1/upstreams/x/undrain").status == 403)
        let unknown = try sluice.command("drain", "x", "--target", "127.0.0.1:1")
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("expected 127.0.0.1:\(x.port)"), "\(unknown.errors)")
        #expect(try sluice.command("drain", "x", "--wait", "soon").status == 2)
        #expect(try sluice.command("drain").status == 2)
        #expect(try sluice.command("undrain", "z").status == 1)
        #expect(try sluice.control("GET", "/v1/upstreams/x").text.contains(#""drains": []"#))
        let json = try sluice.command("drain", "x", "--json", "--wait", "5s")
        #expect(json.status == 0 && json.output.hasPrefix("{"), "\(json.output)")
        sluice.crash()
        #expect(try sluice.command("drain", "x").status == 69)
    }

    @Test func `a reload keeps what the settings keep and drops the rest`() throws {
        let (a, b) = (try ScriptedUpstream(name: "a"), try ScriptedUpstream(name: "b"))
        var settings = Settings(x: a.port, b.port)
        let sluice = try Sluice(settings)
        for upstream in [a, b] {
            let result = try sluice.command("drain", "x", "--target", "127.0.0.1:\(upstream.port)")
            #expect(result.status == 0)
        }
        settings.upstreams = [("x", [a.port, 1])]
        try sluice.folder.replace("sluice.yaml", with: settings.text)
        sluice.reload()
        #expect(eventually { sluice.logCount("is in force") == 1 })
        #expect(sluice.logCount("the drain of x 127.0.0.1:\(b.port) is dropped") == 1)
        let state = try sluice.folder.read("state/drains.state")
        #expect(state.contains("target 127.0.0.1:\(a.port)\n"))
        #expect(!state.contains(":\(b.port)\n"))
    }

    /// How many requests nginx has answered; those that it has answered before this call are in.
    private static func settledCount(_ nginx: Nginx) throws -> Int {
        #expect(try Wire(port: nginx.port).get().status == 200)
        return nginx.requestCount
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
