import Foundation
import KongLike
import Testing

/// Which requests the new side of an upgrade has not seen, with real traffic.
@Suite(.serialized, .ownThreads)
struct UpgradeRequestsTests {
    private static func node(
        _ version: KongVersion, _ database: KongDatabase, _ cluster: String
    ) throws -> KongNode {
        var settings = KongNodeSettings()
        settings.cluster = cluster
        settings.seed = cluster == "x" ? 1 : 2
        let node = KongNode(version: version, database: database, settings: settings)
        try node.start()
        return node
    }

    private struct Answer: Decodable {
        struct Requests: Decodable {
            struct Row: Decodable {
                let request: String
                let count: Int
            }
            let known: Int
            let not_told_apart: Int
            let unseen_count: Int
            let unseen: [Row]
        }
        struct Side: Decodable { let answers_429: Int }
        let requests: Requests
        let sides: [Side]

        /// The rows that are not made up by the test's hostile client.
        var named: [String] {
            requests.unseen.filter { !$0.request.contains("%") && !$0.request.contains("junk") }
                .map { "\($0.request) \($0.count)" }
        }
    }

    private static func status(_ sluice: Sluice) throws -> Answer {
        let result = try sluice.command("upgrade", "status", "kong", "--json")
        struct All: Decodable { let upgrades: [Answer]? }
        let data = Data(result.output.utf8)
        if let all = try? JSONDecoder().decode(All.self, from: data).upgrades?.first { return all }
        return try JSONDecoder().decode(Answer.self, from: data)
    }

    @Test(.timeLimit(.minutes(5)))
    func `what X has answered and Y has not is named, through restarts and hostile paths`()
        throws
    {
        let database = try KongDatabase.sample(version: "3.4.1")
        let x = try Self.node("3.4.1", database, "x")
        let y = try Self.node("3.4.2", database, "y")
        defer { for node in [x, y] { node.stop() } }
        var settings = Settings(
            x: UInt16(x.proxyPort), y: UInt16(y.proxyPort),
            weights: "{weights: {x: 100, y: 0}, stable: x, candidate: y, "
                + "pins: [{when: {header: {to: y}, client: 127.0.0.1}, upstream: y}], "
                + "upgrade: {watch: 0s}}")
        settings.keys = ["x": "kong: true", "y": "kong: true"]
        let sluice = try Sluice(settings)
        #expect(try sluice.get("/api/before").status == 200)
        #expect(try sluice.command("upgrade", "start", "kong").status == 0)
        let wire = try sluice.connect()
        for number in 0..<5 { _ = try wire.get("/api/orders/\(number)") }
        for number in 0..<3 { _ = try wire.get("/users/\(number)/x?y=/z") }
        _ = try wire.get("/api/new")
        #expect(
            try Self.status(sluice).named
                == ["GET /api/orders 5", "GET /users/{id} 3", "GET /api/new 1"])
        // Y is tested at weight 0, and one is seen.
        #expect(try sluice.get("/users/77/other", fields: ["to: y"]).status == 404)
        let text = try sluice.command("upgrade", "status").output
        #expect(
            text.contains("y has not seen yet what x has answered: GET /api/orders (5), "),
            "\(text)")
        try Self.attack(sluice)
        #expect(try sluice.stop() == 0)
        try sluice.start()
        let first = try Self.status(sluice)
        #expect(first.named == ["GET /api/orders 5", "GET /api/new 1"], "\(first.named)")
        #expect(first.requests.not_told_apart > 1_000)
        try sluice.set(x: 0, y: 100)
        _ = try sluice.get("/api/orders/9")
        #expect(try eventually { try Self.status(sluice).named == ["GET /api/new 1"] })
        // After a crash all but the last seconds is known.
        #expect(
            try eventually {
                let kept = try sluice.folder.read("state/upgrade.counts")
                return kept.contains(#"["GET /api/orders", 5, 1]"#)
                    || kept.contains(#"["GET /api/orders",5,1]"#)
            })
        sluice.crash()
        try sluice.start()
        #expect(try Self.status(sluice).named == ["GET /api/new 1"])
        let page = try sluice.admin("GET", "/metrics").text
        #expect(page.contains(#"sluice_upgrade_unseen_prefixes{split="kong"} "#))
    }

    /// Thousands of paths, long ones, and bytes that are no text.
    private static func attack(_ sluice: Sluice) throws {
        let wire = try sluice.connect()
        for number in 0..<1_500 {
            let path = "/junk\(number)x/" + String(repeating: "a", count: number)
            #expect(try wire.get(path).status == 404)
        }
        for byte in UInt8(1)...255 {
            let wire = try sluice.connect()
            var request = Data("GET /junk".utf8)
            request.append(contentsOf: [byte, byte, 0x2f, byte])
            request.append(contentsOf: " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8)
            try wire.send(request)
            _ = try? wire.takeToEnd()
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `429 of either side counts from the upgrade's begin, over a crash`() throws {
        let database = try KongDatabase.sample(version: "3.4.1")
        let x = try Self.node("3.4.1", database, "x")
        defer { x.stop() }
        var settings = Settings(
            x: UInt16(x.proxyPort), y: UInt16(x.proxyPort),
            weights: "{weights: {x: 100, y: 0}, stable: x, candidate: y}")
        settings.keys = ["x": "kong: true"]
        let sluice = try Sluice(settings)
        func refuse(_ count: Int) throws {
            let wire = try sluice.connect()
            var left = count
            #expect(
                try eventually {
                    if try wire.get("/limited").status == 429 { left -= 1 }
                    return left == 0
                })
        }
        try refuse(3)
        #expect(try sluice.command("upgrade", "start", "kong").status == 0)
        try refuse(4)
        #expect(
            try eventually { try Self.status(sluice).sides.map(\.answers_429) == [4, 0] })
        #expect(
            eventually {
                let kept = try? sluice.folder.read("state/upgrade.counts")
                return kept?.contains(#""limited": [4, 0]"#) == true
                    || kept?.contains(#""limited":[4,0]"#) == true
            })
        sluice.crash()
        try sluice.start()
        try refuse(2)
        #expect(
            try eventually { try Self.status(sluice).sides.map(\.answers_429) == [6, 0] })
    }
}
