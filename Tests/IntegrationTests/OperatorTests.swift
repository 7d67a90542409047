import Foundation
import Testing

/// The log, the doctor and metrics that are pushed, as operators have them.
@Suite(.ownThreads)
struct OperatorTests {
    @Test func `the level of the log changes at once, for a while, and is written down`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.more = "log: {level: warning}\n"
        // Its ports are learned from lines of the level notice.
        settings.more = "log: {level: notice}\n"
        let sluice = try Sluice(settings)
        #expect(try sluice.command("log-level").output == "notice, as configured\n")
        _ = try sluice.control("GET", "/v1/splits")
        #expect(sluice.logCount("control: GET \"/v1/splits\": 200") == 0)
        let changed = try sluice.command("log-level", "debug", "--for", "1h", "--reason", "look")
        #expect(changed.output.hasPrefix("debug, configured: notice, for 3"), "\(changed)")
        _ = try sluice.control("GET", "/v1/splits")
        #expect(eventually { sluice.logCount("control: GET \"/v1/splits\": 200") == 1 })
        let audit = try sluice.command("audit", "--config", sluice.folder["sluice.yaml"])
        #expect(audit.output.contains("log-level: notice -> debug: look"), "\(audit)")
        #expect(try sluice.command("log-level", "configured").output == "notice, as configured\n")
        #expect(try sluice.command("log-level", "warning", "--for", "1s").status == 0)
        #expect(eventually { sluice.logCount("log level: warning -> notice, the time") == 1 })

        // A refused change is one line, with who and why.
        #expect(try sluice.command("split", "kong", "y=1").status == 1)
        #expect(sluice.logCount("refused with 400: PUT \"/v1/splits/kong\" by ") == 1)
        #expect(try sluice.command("log-level", "loud").status == 1)
        #expect(try sluice.command("log-level", "debug", "--for", "soon").status == 2)
        #expect(try sluice.admin("PUT", "/v1/log", #"{"level": "debug"}"#).status == 403)

        // The settings have the next word, and may change how lines look.
        settings.more = "log: {level: info, format: json}\n"
        try sluice.folder.write(settings.text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.log.contains(#""message": "#) })
        #expect(try sluice.command("log-level").output == "info, as configured\n")
    }

    @Test func `names that are none are refused, and others come back as they were typed`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Sluice(Settings(x: x.port, y: y.port))
        for words in [
            ["split", ""], ["split", "", "x=1", "y=1"], ["split", " "], ["rollback", ""],
            ["freeze", ""], ["unfreeze", ""], ["latch", "", "x"], ["latch", "kong", ""],
            ["unlatch", "", "x"], ["drain", ""], ["undrain", ""], ["shift", "", "--max-age", "1m"],
            ["upgrade", "start", ""], ["upgrade", "status", ""], ["upgrade", "finish", ""],
        ] {
            let result = try sluice.command(words)
            #expect(result.status == 2, "\(words): \(result)")
            #expect(result.errors.contains("expected the name of a"), "\(words): \(result)")
        }
        let unknown = try sluice.command("split", "a b/%\u{1b}")
        #expect(unknown.status == 1)
        #expect(
            unknown.errors.hasPrefix(#"there is no split "a b/%\u{1B}"; expected kong"#),
            "\(unknown)")
        let outdated = try sluice.command("split", "kong", "x=1", "y=1", "--if-generation", "99")
        #expect(outdated.status == 1)
        #expect(
            outdated.errors == "generation 99 is outdated; expected 1\n", "\(outdated)")
    }

    @Test func `a reason moves no cursor, wherever it is shown`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Sluice(Settings(x: x.port, y: y.port))
        let reason = "a\u{1b}[2J\u{202e}\nb"
        #expect(try sluice.command("split", "kong", "x=1", "y=1", "--reason", reason).status == 0)
        #expect(try sluice.command("drain", "y", "--reason", reason).status == 0)
        for words in [
            ["split"], ["status"], ["top", "--once"], ["drain", "y"],
            ["audit", "--config", sluice.folder["sluice.yaml"]],
        ] {
            let result = try sluice.command(words)
            #expect(result.output.contains(#"a\x1b[2J\u{202e}\nb"#), "\(words): \(result)")
            #expect(!result.output.contains("\u{1b}"), "\(words)")
        }
        let json = try sluice.command("split", "kong", "--json")
        #expect(json.output.contains(#"a\u001b[2J"#), "\(json)")
    }

    @Test func `metrics are pushed, to whom the settings say, as long as they say so`() throws {
        let x = try ScriptedUpstream(name: "x")
        let (first, second) = (try Datagrams(), try Datagrams())
        func text(_ more: String) -> String {
            var settings = Settings(x: x.port)
            settings.more = more
            return settings.text
        }
        var settings = Settings(x: x.port)
        settings.more =
            "statsd: {address: \"localhost:\(first.port)\", interval: 1s, prefix: edge}\n"
        let sluice = try Sluice(settings)
        #expect(first.contains { $0.contains("edge.build_info.") })
        for _ in 0..<3 { _ = try sluice.get() }
        #expect(first.contains { $0.contains("edge.split_routed_total.kong.x.sequence:") })
        #expect(first.received.allSatisfy { $0.utf8.count <= 1_432 })
        let lines = first.received.flatMap { $0.split(separator: "\n") }
        let routed = lines.filter { $0.hasPrefix("edge.split_routed_total.kong.x.sequence:") }
        let sum = routed.compactMap { line in
            line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }
        }
        #expect(sum.reduce(0, +) == 3, "\(routed)")

        try sluice.folder.write(
            text(
                "statsd: {address: \"127.0.0.1:\(second.port)\", interval: 1s, format: dogstatsd, "
                    + "tags: {env: test}}\n"),
            to: "sluice.yaml")
        sluice.reload()
        #expect(second.contains { $0.contains("|#env:test,split:kong,upstream:x") })
        let page = try sluice.control("GET", "/metrics").text
        #expect(page.contains("\nsluice_statsd_datagrams_total "))
        #expect(page.contains("\nsluice_statsd_errors_total 0\n"))

        // A name that leads nowhere is counted, and holds up nothing.
        try sluice.folder.write(
            text("statsd: {address: \"nowhere.invalid:8125\", interval: 1s}\n"), to: "sluice.yaml")
        sluice.reload()
        #expect(
            try eventually {
                let page = try sluice.control("GET", "/metrics").text
                return !page.contains("\nsluice_statsd_errors_total 0\n")
            })
        #expect(eventually { sluice.logCount("statsd: nowhere.invalid cannot be looked up") == 1 })
        #expect(try sluice.get().status == 200)
        try sluice.folder.write(text(""), to: "sluice.yaml")
        sluice.reload()
        #expect(
            try eventually {
                !(try sluice.control("GET", "/metrics").text).contains("sluice_statsd")
            })
        #expect(try sluice.stop() == 0)
    }

    @Test func `the doctor looks at ports, targets, folders and Kong`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        let config = sluice.folder["doctor.yaml"]
        let dead = try LoopbackAddress.freePort()
        var settings = Settings(x: x.port, y: dead)
        settings.listener = "address: 127.0.0.1:\(sluice.port)"
        try sluice.folder.write(settings.text, to: "doctor.yaml")

        let sick = try ChildProcess.run([Sluice.binary, "doctor", "--config", config])
        #expect(sick.status == 1)
        #expect(
            sick.output.contains(
                "ok    listener api 127.0.0.1:\(sluice.port): held by the running sluice\n"))
        #expect(
            sick.output.contains("ok    target 127.0.0.1:\(x.port) of x: can be connected to\n"))
        #expect(sick.output.contains("fail  target 127.0.0.1:\(dead) of y: 127.0.0.1:\(dead): "))
        #expect(
            sick.output.contains(
                """
                kong.conf of x, so that it believes who the client is:
                    trusted_ips = 127.0.0.1/32
                    real_ip_header = X-Forwarded-For
                    real_ip_recursive = on

                """))

        // Nobody else may hold the port.
        settings.socket = "none.sock"
        try sluice.folder.write(settings.text, to: "doctor.yaml")
        let other = try ChildProcess.run([Sluice.binary, "doctor", "--config", config, "--json"])
        #expect(other.status == 1)
        #expect(other.output.contains("somebody else listens there"))
        #expect(
            try JSONSerialization.jsonObject(with: Data(other.output.utf8)) is [String: Any])

        // Where another target of the same upstream can be had, one that cannot is a warning.
        try sluice.folder.write(Settings(x: x.port, dead).text, to: "doctor.yaml")
        let half = try ChildProcess.run([Sluice.binary, "doctor", "--config", config])
        #expect(half.status == 0, "\(half.output)")
        #expect(half.output.contains("warn  target 127.0.0.1:\(dead) of x: "), "\(half.output)")

        try sluice.folder.write(Settings(x: x.port).text, to: "doctor.yaml")
        let well = try ChildProcess.run([Sluice.binary, "doctor", "--config", config])
        #expect(well.status == 0, "\(well.output)")
        try sluice.folder.write("listeners: 1\n", to: "doctor.yaml")
        let bad = try ChildProcess.run([Sluice.binary, "doctor", "--config", config])
        #expect(bad.status == 1 && bad.output.contains("fail  settings: \(config):1:"))
    }
}
