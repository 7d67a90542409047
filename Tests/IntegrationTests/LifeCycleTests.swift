import Foundation
import Kernel
import Testing

/// Stopping, and reading the settings again.
@Suite(.ownThreads)
struct LifeCycleTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `a stop lets exchanges finish and ends with 0`(signal: Int32) throws {
        let gate = Gate()
        let x = try ScriptedUpstream(answering: { request in
            if request.target == "/slow" { gate.wait() }
            return .ok("done")
        })
        let sluice = try Sluice(Settings(x: x.port))
        let busy = try sluice.connect()
        let idle = try sluice.connect()
        #expect(try idle.get().status == 200)
        try busy.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(eventually { x.requests.count == 2 })

        sluice.child?.signal(signal)
        #expect(eventually { (try? sluice.connect()) == nil })
        #expect(try sluice.control("GET", "/readyz").status == 503)
        #expect(try sluice.control("GET", "/healthz").status == 200)
        gate.open()
        let answer = try busy.takeResponse()
        #expect(answer.text == "done")
        #expect(answer["Connection"] == "close")
        #expect(try busy.isEnded())
        #expect(try idle.isEnded())
        #expect(try sluice.child?.waitForExit() == 0)
        #expect(!FileManager.default.fileExists(atPath: sluice.socket))
    }

    @Test func `a second signal ends it at once`() throws {
        let gate = Gate()
        let x = try ScriptedUpstream(answering: { _ in
            gate.wait()
            return .ok()
        })
        var settings = Settings(x: x.port)
        // Longer than the test has patience.
        settings.more = "shutdown_grace: 1h"
        let sluice = try Sluice(settings)
        let busy = try sluice.connect()
        try busy.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(eventually { x.connectionCount == 1 })
        sluice.child?.signal(SIGTERM)
        #expect(eventually { sluice.log.contains("stopping") })
        #expect(sluice.child?.isRunning == true)
        sluice.child?.signal(SIGTERM)
        #expect(throws: Never.self) { try sluice.child?.waitForExit() }
        gate.open()
    }

    @Test func `an exchange that outlasts the grace is broken off`() throws {
        let gate = Gate()
        let x = try ScriptedUpstream(answering: { _ in
            gate.wait()
            return .ok()
        })
        var settings = Settings(x: x.port)
        settings.more = "shutdown_grace: 300ms"
        let sluice = try Sluice(settings)
        let busy = try sluice.connect()
        try busy.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(eventually { x.connectionCount == 1 })
        #expect(try sluice.stop() != nil)
        #expect(try busy.isEnded())
        gate.open()
    }

    @Test func `during the delay clients are served while /readyz says no`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.more = "shutdown_delay: 1h"
        let sluice = try Sluice(settings)
        sluice.child?.signal(SIGTERM)
        #expect(try eventually { try sluice.control("GET", "/readyz").status == 503 })
        #expect(try sluice.get().status == 200)
        sluice.child?.signal(SIGTERM)
        #expect(throws: Never.self) { try sluice.child?.waitForExit() }
    }

    @Test func `the delay comes to its end`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.more = "shutdown_delay: 1s"
        let sluice = try Sluice(settings)
        #expect(try sluice.stop() == 0)
    }

    @Test func `settings are read again under load without a failed request`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        var settings = Settings(x: x.port, y: y.port, weights: "{x: 1, y: 1}")
        let sluice = try Sluice(settings)
        let load = Load(port: sluice.port, connections: 4)
        for round in 1...10 {
            settings.weights = "{x: \(round), y: 1}"
            // An upstream more in every other round.
            settings.upstreams = [("x", [x.port]), ("y", [y.port])]
            if round % 2 == 0 { settings.upstreams.append(("z", [x.port])) }
            try sluice.folder.replace("sluice.yaml", with: settings.text)
            sluice.reload()
            #expect(eventually { sluice.logCount("is in force") == round })
            #expect(try sluice.split().weights["x"] == Double(round))
        }
        let report = try load.finish()
        #expect(report.faults.isEmpty)
        #expect(report.answers > 0)
    }

    @Test func `bad settings change nothing and are pointed at`() throws {
        let x = try ScriptedUpstream(name: "x")
        let settings = Settings(x: x.port)
        let sluice = try Sluice(settings)
        let load = Load(port: sluice.port)
        let bad = settings.text.replacing("workers:", with: "wrokers:")
        try sluice.folder.replace("sluice.yaml", with: bad)
        sluice.reload()
        #expect(try eventually { try !sluice.status().reload.successful })
        #expect(try sluice.metrics().sum("sluice_config_last_reload_successful") == 0)
        #expect(try sluice.status().reload.errors.first?.contains("sluice.yaml:") == true)
        #expect(sluice.log.contains("wrokers"))
        try sluice.folder.replace("sluice.yaml", with: settings.text)
        sluice.reload()
        #expect(try eventually { try sluice.status().reload.successful })
        #expect(try load.finish().faults.isEmpty)
    }

    @Test func `a control socket without a folder is told before anything is opened`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        let folder = try TemporaryFolder()
        settings.socket = folder["none/sluice.sock"]
        try folder.write(settings.text, to: "sluice.yaml")
        let result = try ChildProcess.run(
            [Sluice.binary, "run", "--config", folder["sluice.yaml"]])
        #expect(result.status == 1)
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 1 && lines[0].contains("there is no folder \(folder["none"]);"))
    }

    @Test func `what needs a restart is passed over and named`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        let sluice = try Sluice(settings)
        settings.workers = 1
        settings.more = "user: nobody\nshutdown_grace: 1s\nshutdown_delay: 1s\n"
        try sluice.folder.replace("sluice.yaml", with: settings.text)
        sluice.reload()
        #expect(eventually { sluice.logCount("is in force") == 1 })
        for key in ["workers", "user", "shutdown_grace", "shutdown_delay"] {
            #expect(sluice.log.contains("`\(key)` has changed: that needs a restart"), "\(key)")
        }
        #expect(sluice.logCount("needs a restart") == 4)
    }

    @Test func `listeners come and go while the others keep their connections`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        let sluice = try Sluice(settings)
        let load = Load(port: sluice.port)
        let old = settings.listener
        settings.listener = "\(old), split: kong}\n  second: {address: 127.0.0.1:0"
        try sluice.folder.replace("sluice.yaml", with: settings.text)
        sluice.reload()
        #expect(eventually { sluice.logCount("is in force") == 1 })
        let port = try #require(try sluice.boundPort(of: "second"))
        #expect(port != sluice.port)
        #expect(try Wire(port: port).get().text == "x")

        settings.listener = old
        try sluice.folder.replace("sluice.yaml", with: settings.text)
        sluice.reload()
        #expect(eventually { (try? Wire(port: port)) == nil })
        #expect(try load.finish().faults.isEmpty)
    }

    @Test func `a listener whose address is taken leaves everything as it was`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        let sluice = try Sluice(settings)
        let load = Load(port: sluice.port)
        settings.listener += ", split: kong}\n  second: {address: 127.0.0.1:\(x.port)"
        settings.weights = "{x: 5}"
        try sluice.folder.replace("sluice.yaml", with: settings.text)
        sluice.reload()
        #expect(try eventually { try !sluice.status().reload.successful })
        #expect(try sluice.split().weights == ["x": 1])
        #expect(try load.finish().faults.isEmpty)
    }
}

/// Holds a thread of an upstream back until a test has seen enough.
final class Gate: Sendable {
    private let isOpen = Lock(false)

    func open() { isOpen.withLock { $0 = true } }
    func wait() { _ = eventually { isOpen.withLock { $0 } } }
}
