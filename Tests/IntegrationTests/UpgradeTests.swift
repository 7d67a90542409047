import Foundation
import KongLike
import Testing

/// A whole upgrade by hand: two clusters that behave as Kong's, guards before their Admin APIs.
@Suite(.serialized, .ownThreads)
struct UpgradeTests {
    private static func node(
        _ version: KongVersion, _ database: KongDatabase, _ cluster: String
    ) throws -> KongNode {
        var settings = KongNodeSettings()
        settings.cluster = cluster
        settings.seed = cluster == "x" ? 1 : 2
        settings.times = KongTimes.measured.scaled(by: 0.1)
        let node = KongNode(version: version, database: database, settings: settings)
        try node.start()
        return node
    }

    private static func settings(_ x: KongNode, _ y: KongNode) -> Settings {
        let smoke =
            "{path: /api, compare: {fields: [content-type]}}, "
            + "{path: /keyed, compare: {json: true}}"
        var settings = Settings(
            x: UInt16(x.proxyPort), y: UInt16(y.proxyPort),
            weights: "{weights: {x: 100, y: 0}, stable: x, candidate: y, "
                + "upgrade: {watch: 0s, smoke: [\(smoke)]}}\n"
                + "  admin-x: {admin-x: 1}\n  admin-y: {admin-y: 1}")
        for (name, node) in [("x", x), ("y", y)] {
            settings.upstreams.append(("admin-\(name)", [UInt16(node.adminPort)]))
            settings.keys[name] =
                "kong: true, admin: {url: 'http://127.0.0.1:\(node.adminPort)', interval: 5s}"
        }
        let guarding = { (side: String) in
            "admin-\(side): {address: 127.0.0.1:0, split: admin-\(side), "
                + "guard: {kind: kong_admin, split: kong, upstream: \(side)}}"
        }
        settings.listener =
            "address: 127.0.0.1:0, split: kong}\n  \(guarding("x"))\n  \(guarding("y"))\n"
            + "  other: {address: 127.0.0.1:0"
        return settings
    }

    /// The command of an upgrade, which must be taken or refused with such words.
    private func upgrade(
        _ sluice: Sluice, _ arguments: String, status: Int32 = 0, says words: String = ""
    ) throws {
        let parts = ["upgrade"] + arguments.split(separator: " ").map(String.init)
        let result = try ChildProcess.run(
            [Sluice.binary] + parts, environment: ["SLUICE_SOCKET": sluice.socket])
        let text = result.output + result.errors
        #expect(result.status == status && text.contains(words), "\(arguments): \(text)")
    }

    @Test(.timeLimit(.minutes(5)))
    func `an upgrade by hand, with a crash in its middle and one behind its end`() throws {
        let database = try KongDatabase.sample(version: "3.4.1")
        let x = try Self.node("3.4.1", database, "x")
        database.migrate(to: "3.4.2")
        let y = try Self.node("3.4.2", database, "y")
        let sluice = try Sluice(Self.settings(x, y))
        try upgrade(sluice, "status", says: "no upgrade; `sluice upgrade start SPLIT` begins one")
        try upgrade(sluice, "ack backup --note n", status: 1, says: "no upgrade")
        try upgrade(sluice, "start kong --reason upgrade", says: "upgrade of kong, from x to y")
        try upgrade(sluice, "start kong", status: 1, says: "is under way")
        #expect(try sluice.command("freeze", "kong").status == 0)
        for step in ["backup", "changes", "migrations"] {
            try upgrade(sluice, "ack \(step) --note ticket-7", says: "[x] \(step)")
        }
        try upgrade(sluice, "ack freeze --note n", status: 1, says: "sluice sees it for itself")
        try smoke(sluice, y)
        try move(sluice)
        try upgrade(sluice, "finish", status: 1, says: "first: metrics")
        sluice.crash()
        try sluice.start()
        try upgrade(sluice, "ack metrics --note looked kong", says: "[x] metrics")
        #expect(try sluice.command("split", "kong", "x=1", "y=99").status == 0)
        try upgrade(sluice, "finish", status: 1, says: "x still has a weight")
        try sluice.set(x: 0, y: 100)
        database.finishMigrations()
        #expect(
            try eventually {
                try sluice.command("upgrade", "finish", "--note", "ran").status == 0
            })
        try end(sluice, x)
    }

    private func smoke(_ sluice: Sluice, _ y: KongNode) throws {
        y.faults.missingRoutes = ["api"]
        #expect(
            try eventually {
                let result = try sluice.command("upgrade", "smoke")
                return result.status == 1 && result.output.contains("    status 200, 404\n")
            })
        try upgrade(sluice, "status", says: "[!] smoke")
        y.faults.missingRoutes = []
        #expect(
            try eventually {
                let result = try sluice.command("upgrade", "smoke", "kong")
                return result.status == 0
                    && result.output.hasSuffix("2 of 2 answers are alike at x and y\n")
            })
        y.faults.isFrozen = true
        try upgrade(sluice, "smoke", status: 1, says: "    y: no answer in time\n")
        y.faults.isFrozen = false
        #expect(try eventually { try sluice.command("upgrade", "smoke").status == 0 })
    }

    private func move(_ sluice: Sluice) throws {
        let wire = try sluice.connect()
        for (old, new) in [(90, 10), (0, 100)] {
            try sluice.set(x: old, y: new)
            for _ in 0..<20 { #expect(try wire.get("/api").status == 200) }
        }
        var text = ""
        let isSeen = try eventually {
            text = try sluice.command("upgrade", "status").output
            return ["versions", "health", "smoke", "shift", "empty"].allSatisfy {
                text.contains("[x] \($0)")
            }
        }
        #expect(isSeen, "\(text)")
    }

    /// From the word on that migrations are finished.
    private func end(_ sluice: Sluice, _ x: KongNode) throws {
        for _ in 0..<2 {
            let raised = try sluice.command("split", "kong", "x=10", "y=90")
            #expect(
                raised.status == 1 && raised.errors.contains("`kong migrations finish` has run"))
            #expect(try sluice.command("rollback", "kong").status == 1)
            #expect(
                try eventually {
                    try sluice.command("upgrade", "status").output
                        .contains("x has nothing in flight: it may be removed")
                })
            let status = try sluice.command("status").output
            #expect(status.contains("upgrade kong: finished, "), "\(status)")
            sluice.crash()
            try sluice.start()
        }
        let status = try sluice.command("upgrade", "status", "--json").output
        #expect(status.contains("\"ticket-7\"") && status.contains("\"latched\": \"x\""))
        x.quit()
        try upgrade(sluice, "done", status: 1, says: "nobody said that x is removed")
        try upgrade(sluice, "ack remove --note quit", says: "[x] remove")
        try upgrade(sluice, "done", status: 1, says: "writes are still frozen")
        #expect(try sluice.command("unfreeze", "kong").status == 0)
        try upgrade(sluice, "done --note over", says: "the upgrade of kong is over")
        try upgrade(sluice, "done", status: 1, says: "is over")
        sluice.crash()
        try sluice.start()
        try upgrade(sluice, "status kong", says: "from x to y: done, since ")
        #expect(try sluice.get("/api").status == 200)
        let audit = try ChildProcess.run([
            Sluice.binary, "audit", "--config", sluice.folder["sluice.yaml"], "--last", "100",
        ])
        for words in [
            "upgrade_start kong: - -> running: upgrade",
            "acknowledgement kong backup: open -> done: ticket-7",
            "upgrade_finish kong: running -> finished: ran", "latch kong x: false -> true",
            "upgrade_done kong: finished -> done: over",
        ] { #expect(audit.output.contains(words), "\(audit.output)") }
    }
}
