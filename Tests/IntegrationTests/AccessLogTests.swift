import Foundation
import Testing

/// The access log of the running program: its file, its signals, what is told about it.
@Suite(.ownThreads)
struct AccessLogTests {
    @Test func `each request is a line of JSON soon after its answer`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Self.settings(x, "access_log: {to: access.log}"))
        #expect(try sluice.get("/a?b=1", fields: ["User-Agent: me"]).status == 200)
        #expect(eventually { sluice.logLines("access.log").count == 1 })
        let line = try #require(sluice.logLines("access.log").first)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let entry = try #require(object as? [String: Any])
        #expect(entry["path"] as? String == "/a?b=1" && entry["user_agent"] as? String == "me")
        #expect(entry["target"] as? String == "127.0.0.1:\(x.port)")
        #expect(entry["request_id"] as? String == x.requests.first?["X-Request-Id"])
        // It is counted when it has been written.
        let isCounted = try eventually {
            try sluice.metrics().sum("sluice_access_log_lines_total") == 1
        }
        #expect(isCounted)
        let status = try sluice.command("status").output
        #expect(status.contains("access log: \(sluice.folder["access.log"]), json, is written\n"))
    }

    @Test func `a clean stop writes every line, to standard output as well`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(
            Self.settings(x, "access_log: {to: stdout, format: combined}"))
        let client = try sluice.connect()
        for number in 0..<300 { #expect(try client.get("/\(number)").status == 200) }
        #expect(try sluice.stop() == 0)
        let lines = sluice.logLines("output")
        #expect(lines.count == 300)
        #expect(lines.allSatisfy { $0.hasSuffix(#" HTTP/1.1" 200 1 "-" "-""#) })
    }

    @Test func `rotation by name and signal loses no line under load`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Self.settings(x, "access_log: {to: access.log}"))
        let load = Load(port: sluice.port, connections: 4)
        for round in 1...8 {
            #expect(eventually { sluice.folder.size(of: "access.log") > 0 })
            let (old, new) = (sluice.folder["access.log"], sluice.folder["access.log.\(round)"])
            try FileManager.default.moveItem(atPath: old, toPath: new)
            sluice.reopenLog()
            #expect(eventually { sluice.logCount("opened anew") == round })
        }
        let report = try load.finish()
        #expect(try sluice.stop() == 0)
        let names = (1...8).map { "access.log.\($0)" } + ["access.log"]
        let lines = names.flatMap { sluice.logLines($0) }
        #expect(report.faults.isEmpty && lines.count == report.answers)
        for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }

    @Test func `a kill loses no line that was written, and a block need not be full for that`()
        throws
    {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Self.settings(x, "access_log: {to: access.log}"))
        let load = Load(port: sluice.port)
        #expect(eventually { load.answers > 100 })
        let count = load.answers
        #expect(eventually { sluice.logLines("access.log").count >= count })
        sluice.crash()
        _ = try? load.finish()
        #expect(try sluice.folder.read("access.log").hasSuffix("\n"))
        #expect(sluice.logLines("access.log").count >= count)
    }

    @Test func `settings that are read again move the log without losing a line`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Self.settings(x, "access_log: {to: a.log}"))
        let load = Load(port: sluice.port, connections: 3)
        #expect(eventually { sluice.folder.size(of: "a.log") > 0 })
        let next = Self.settings(x, "access_log: {to: b.log, format: combined}")
        try sluice.folder.replace("sluice.yaml", with: next.text)
        sluice.reload()
        #expect(eventually { sluice.folder.size(of: "b.log") > 0 })
        let report = try load.finish()
        #expect(try sluice.stop() == 0)
        let (a, b) = (sluice.logLines("a.log"), sluice.logLines("b.log"))
        #expect(report.faults.isEmpty && a.count + b.count == report.answers)
        #expect(a.allSatisfy { $0.hasPrefix("{") } && b.allSatisfy { $0.hasPrefix("127.0.0.1 ") })
    }

    @Test func `settings that are read again open the same log anew`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Self.settings(x, "access_log: {to: access.log}"))
        #expect(try sluice.get("/1").status == 200)
        #expect(eventually { sluice.logLines("access.log").count == 1 })
        try FileManager.default.moveItem(
            atPath: sluice.folder["access.log"], toPath: sluice.folder["old.log"])
        sluice.reload()
        #expect(eventually { sluice.logCount("opened anew") == 1 })
        #expect(try sluice.get("/2").status == 200)
        #expect(eventually { sluice.logLines("access.log").count == 1 })
        #expect(sluice.logLines("old.log").count == 1)
    }

    @Test func `a log that cannot be opened refuses the start`() throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        try folder.write(
            Self.settings(x, "access_log: {to: missing/access.log}").text, to: "sluice.yaml")
        let result = try ChildProcess.run(
            [Sluice.binary, "run", "--config", folder["sluice.yaml"]])
        #expect(result.status == 1)
        #expect(result.errors.contains("access_log: cannot open "))
        #expect(result.errors.contains("missing/access.log: No such file or directory"))
    }

    @Test func `a log that cannot be opened leaves a reload without effect`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Self.settings(x, "access_log: {to: access.log}"))
        let next = Self.settings(x, "access_log: {to: missing/access.log}")
        try sluice.folder.replace("sluice.yaml", with: next.text)
        sluice.reload()
        #expect(try eventually { try !sluice.status().reload.successful })
        #expect(try sluice.get("/still").status == 200)
        #expect(eventually { sluice.logLines("access.log").count == 1 })
    }

    @Test func `a full disk is told and costs no request`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Self.settings(x, "access_log: {to: /dev/full}"))
        #expect(try sluice.get().status == 200)
        #expect(eventually { sluice.log.contains("access log /dev/full: No space left") })
        let isCounted = try eventually {
            try sluice.metrics().sum("sluice_access_log_errors_total") > 0
        }
        #expect(isCounted)
        let status = try sluice.command("status").output
        #expect(status.contains("/dev/full, json, cannot be written: No space left on device"))
        #expect(try sluice.stop() == 0)
        #expect(sluice.log.contains("access log: the last 1 lines are lost"))
    }

    @Test func `the signal does no harm where there is no log`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        sluice.reopenLog()
        #expect(eventually { sluice.log.contains("nothing to open anew") })
        #expect(try sluice.get().status == 200)
        #expect(try sluice.metrics().sum("sluice_access_log_lines_total") == 0)
    }

    private static func settings(_ x: ScriptedUpstream, _ more: String) -> Settings {
        var settings = Settings(x: x.port)
        settings.more = more
        return settings
    }
}

extension Sluice {
    /// The whole lines of a file in the proxy's folder.
    fileprivate func logLines(_ name: String) -> [Substring] {
        let text = (try? folder.read(name)) ?? ""
        return text.split(separator: "\n")
    }
}
