import Foundation
import Testing

/// The guard before Admin APIs, the audit, latches and tokens, in the real program.
@Suite struct FreezeTests {
    private static func settings(
        x: UInt16, y: UInt16, weights: String = "{x: 90, y: 10}", more: String = ""
    ) -> Settings {
        var settings = Settings(
            x: x, y: y,
            weights: "\(weights)\n  admin-x: {admin-x: 1}\n  admin-y: {admin-y: 1}")
        settings.upstreams += [("admin-x", [x]), ("admin-y", [y])]
        let guarding = { (side: String) in
            "admin-\(side): {address: 127.0.0.1:0, split: admin-\(side), "
                + "guard: {kind: kong_admin, split: kong, upstream: \(side)}}"
        }
        settings.listener =
            "address: 127.0.0.1:0, split: kong}\n  \(guarding("x"))\n  \(guarding("y"))\n"
            + "  other: {address: 127.0.0.1:0"
        settings.more = more
        return settings
    }

    private static func ask(_ port: UInt16, _ method: String, _ path: String) throws -> Message {
        try Wire(port: port).exchange("\(method) \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
    }

    @Test func `of all methods and paths only what is harmless reaches a frozen Admin API`() throws
    {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Sluice(Self.settings(x: x.port, y: y.port))
        let freeze = try sluice.command("freeze", "kong", "--reason", "upgrade")
        #expect(freeze.status == 0 && freeze.errors.isEmpty, "\(freeze.errors)")
        #expect(freeze.output.hasPrefix("kong: frozen (both) since "), "\(freeze.output)")
        let port = try #require(try sluice.boundPort(of: "admin-x"))
        let methods = [
            "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "get", "PURGE", "GETT",
        ]
        let plain = [
            "/", "/services", "/services/", "/default/services", "/services?size=1&offset=%2e",
            "/schemas/services/validate", "/schemas/plugins/validate", "/debug/node/log-level",
            "/debug/node/log-level/debug", "/" + String(repeating: "a", count: 9_000),
        ]
        let others = [
            "/services/..", "/./services", "//services", "/%73ervices", "/services;a=b",
            "/services/%2e%2e/x", "/schemas/services/validate%2f", "http://h/services",
            "/schemas//validate", "/a..b",
        ]
        var expected: [String] = []
        for method in methods {
            for path in plain + others {
                let isRead = ["GET", "HEAD", "OPTIONS"].contains(method) && plain.contains(path)
                let isHarmless =
                    method == "POST" && path.hasPrefix("/schemas/") && plain.contains(path)
                    || method == "PUT" && path.hasPrefix("/debug/") && plain.contains(path)
                let answer = try Self.ask(port, method, path)
                let passes = isRead || isHarmless
                #expect(answer.status == (passes ? 200 : 423), "\(method) \(path.prefix(60))")
                if passes { expected.append("\(method) \(path) HTTP/1.1") }
                guard !passes, method != "HEAD" else { continue }
                #expect(answer.text.hasPrefix(#"{"message":"The Admin API is frozen"#))
            }
        }
        let override = ["GET /services HTTP/1.1", "Host: h", "X-HTTP-Method-Override: DELETE"]
        let lines = override.map { $0 + "\r\n" }.joined()
        #expect(try Wire(port: port).exchange(lines + "\r\n").status == 423)
        #expect(x.requests.map(\.startLine) == expected)
        #expect(y.requests.isEmpty)
        let refused = try sluice.metrics().sum(
            "sluice_guard_refused_total", ["listener": "admin-x"])
        #expect(Int(refused) == methods.count * (plain.count + others.count) + 1 - expected.count)
        #expect(sluice.logCount("admin write refused at admin-x: 127.0.0.1 wanted ") > 0)
        #expect(try sluice.get().status == 200)
    }

    @Test func `modes, restarts and the end`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Sluice(Self.settings(x: x.port, y: y.port))
        let statuses = {
            try ["admin-x", "admin-y"].map { name in
                let port = try #require(try sluice.boundPort(of: name))
                return try Self.ask(port, "DELETE", "/services/a").status
            }
        }
        #expect(try statuses() == [200, 200])
        #expect(try sluice.command("freeze", "kong", "--mode", "candidate").status == 0)
        #expect(try statuses() == [200, 423])
        #expect(try sluice.command("freeze", "kong", "--mode", "both").status == 0)
        #expect(try statuses() == [423, 423])
        for end in ["SIGKILL", "SIGTERM"] {
            if end == "SIGKILL" { sluice.crash() } else { #expect(try sluice.stop() == 0) }
            try sluice.start()
            #expect(sluice.logCount("split kong is frozen since ") == 1)
            #expect(try statuses() == [423, 423])
        }
        sluice.reload()
        #expect(eventually { sluice.logCount("is in force") == 1 })
        #expect(try statuses() == [423, 423])
        #expect(try sluice.command("status").output.contains("kong: frozen (both) since "))
        sluice.crash()
        try sluice.folder.write("nonsense", to: "state/freeze.state")
        try sluice.start()
        #expect(sluice.logCount("freeze.state cannot be used") > 0)
        #expect(try statuses() == [423, 423])
        let unfreeze = try sluice.command("unfreeze", "kong", "--reason", "done")
        #expect(unfreeze.status == 0 && unfreeze.output == "kong: not frozen\n")
        #expect(try statuses() == [200, 200])
        #expect(try sluice.command("freeze", "king").status == 1)
        #expect(try sluice.command("freeze", "kong", "--mode", "x").status == 2)
    }

    @Test func `every change is in the audit, which no crash and no edit leaves unnoticed`() throws
    {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Sluice(Self.settings(x: x.port, y: y.port))
        let audit = { (arguments: [String]) in
            try ChildProcess.run(
                [Sluice.binary, "audit", "--config", sluice.folder["sluice.yaml"]] + arguments)
        }
        try sluice.set(x: 50, y: 50)
        #expect(try sluice.command("drain", "y", "--reason", "kernel").status == 0)
        #expect(try sluice.command("freeze", "kong").status == 0)
        #expect(try sluice.command("rollback", "kong", "--reason", "back").status == 0)
        let shown = try audit([]).output
        for words in [
            "weights kong: x=90 y=10 -> x=50 y=50", "drain y: false -> true: kernel",
            "freeze kong: off -> both", "rollback kong: x=50 y=50 -> x=100 y=0: back",
            "(pid ",
        ] { #expect(shown.contains(words), "\(shown)") }
        #expect(try audit(["--verify"]).status == 0)
        sluice.crash()
        let text = try sluice.folder.read("state/audit.jsonl")
        try sluice.folder.write(String(text.dropLast(20)), to: "state/audit.jsonl")
        #expect(try audit(["--verify"]).status == 1)
        try sluice.start()
        try sluice.set(x: 60, y: 40)
        #expect(sluice.logCount("audit.jsonl: its last line was torn by a crash") == 1)
        let verified = try audit(["--verify"])
        #expect(verified.status == 0, "\(verified.errors)")
        let json = try audit(["--json", "--last", "2"]).output
        #expect(json.split(separator: "\n").count == 2 && json.contains("\"recovered\""))
        let edited = try sluice.folder.read("state/audit.jsonl")
            .replacingOccurrences(of: "kernel", with: "colonel")
        try sluice.folder.write(edited, to: "state/audit.jsonl")
        let broken = try audit(["--verify"])
        #expect(broken.status == 1 && broken.errors.contains("the chain breaks at line "))
    }

    @Test func `a latched upstream gets nothing without force`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Sluice(Self.settings(x: x.port, y: y.port))
        let latch = { try sluice.control("PUT", "/v1/splits/kong/latch", $0) }
        #expect(try latch(#"{"upstream": "x"}"#).status == 409)
        try sluice.set(x: 0, y: 100)
        #expect(try latch(#"{"upstream": "x", "reason": "finished"}"#).status == 200)
        for _ in 0..<2 {
            let refused = try sluice.command("split", "kong", "x=10", "y=90")
            #expect(refused.status == 1 && refused.errors.contains("(finished)"))
            let rollback = try sluice.command("rollback", "kong")
            #expect(rollback.status == 1 && rollback.errors.contains("x is kept at weight 0"))
            sluice.crash()
            try sluice.start()
        }
        #expect(try sluice.command("status").output.contains("kong: x is kept at weight 0 since "))
        #expect(try sluice.command("split", "kong", "x=10", "y=90", "--force").status == 0)
        #expect(try sluice.split().weights == ["x": 10, "y": 90])
    }

    @Test func `a latch is set and lifted by command`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Sluice(Self.settings(x: x.port, y: y.port))
        let early = try sluice.command("latch", "kong", "x")
        #expect(early.status == 1 && early.errors.contains("weight"))
        try sluice.set(x: 0, y: 100)
        for ending in ["finished\n", "finished (as before)\n"] {
            let latched = try sluice.command("latch", "kong", "x", "--reason", "finished")
            #expect(latched.status == 0 && latched.output.hasPrefix("kong: x is kept at weight 0"))
            #expect(latched.output.hasSuffix(": \(ending)"), "\(latched.output)")
        }
        #expect(try sluice.command("split", "kong", "x=1", "y=99").status == 1)
        for ending in ["again\n", "again (as before)\n"] {
            let lifted = try sluice.command("unlatch", "kong", "x", "--reason", "restored")
            #expect(lifted.status == 0 && lifted.output == "kong: x may have weight \(ending)")
        }
        #expect(try sluice.command("split", "kong", "x=1", "y=99").status == 0)
        #expect(try sluice.command("unlatch", "kong", "z").status == 1)
        #expect(try sluice.command("unlatch", "kong").status == 2)
    }

    @Test func `a token opens the admin address, and its name is in the audit`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        var settings = Self.settings(x: x.port, y: y.port)
        let folder = try TemporaryFolder()
        try folder.write("correct-horse-battery\n", to: "ops.token")
        settings.adminMore = ", tokens: [{name: ops, file: ops.token}]"
        let sluice = try Sluice(settings, in: folder)
        let body = #"{"weights": {"x": 1, "y": 1}}"#
        let put = { (field: String) in
            try sluice.admin("PUT", "/v1/splits/kong", body, fields: field.isEmpty ? [] : [field])
        }
        let none = try put("")
        #expect(none.status == 401 && none["WWW-Authenticate"] == "Bearer")
        #expect(try put("Authorization: Bearer correct-horse-batterz").status == 401)
        #expect(try put("Authorization: Bearer correct-horse-battery").status == 200)
        #expect(try sluice.admin("GET", "/v1/status").status == 200)
        let audit = try folder.read("state/audit.jsonl")
        #expect(audit.contains(#""token": "ops""#) && !audit.contains("horse"))
        #expect(eventually { sluice.logCount("refused without a right token") > 0 })
        #expect(!sluice.log.contains("horse"))
        #expect(sluice.logCount("may be read by others") == 1)
        try folder.replace("ops.token", with: "another-long-token\n")
        sluice.reload()
        #expect(eventually { sluice.logCount("is in force") == 1 })
        #expect(try put("Authorization: Bearer correct-horse-battery").status == 401)
        #expect(try put("Authorization: Bearer another-long-token").status == 200)
        try folder.replace("ops.token", with: "short\n")
        sluice.reload()
        #expect(eventually { sluice.logCount("nothing changes") == 1 })
        #expect(try put("Authorization: Bearer another-long-token").status == 200)
    }
}
