import Foundation
import KongLike
import Testing

/// How long connections live, and what stops and reloads do to them.
struct ConnectionTests {
    private static let request = "GET /api HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let slow = "GET /api?delay=150 HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let pieces =
        "GET /api?chunks=5&every=30 HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let webSocket =
        "GET /api HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    private static func node(
        _ version: KongVersion = "3.4.1", _ change: (inout KongNodeSettings) -> Void = { _ in }
    ) async throws -> KongNode {
        var settings = KongNodeSettings()
        change(&settings)
        let node = KongNode(version: version, database: try .sample(), settings: settings)
        try await node.start()
        return node
    }

    @Test(arguments: [("2.8.4", 100), ("3.4.1", 1_000)])
    func `the last request of a connection is told so`(
        _ version: String, _ count: Int
    ) async throws {
        let node = try await Self.node(KongVersion(version))
        let client = try Client(node.proxyPort)
        for _ in 1..<count {
            try client.send(Self.request)
            #expect(try client.answer()["Connection"] == "keep-alive")
        }
        try client.send(Self.request)
        #expect(try client.answer()["Connection"] == "close")
        #expect(try client.isEnded())
    }

    @Test func `an idle connection ends without a word`() async throws {
        let node = try await Self.node { $0.times = .measured.scaled(by: 0.001) }
        let client = try Client(node.proxyPort)
        #expect(try client.get("/api").status == 200)
        #expect(try client.isEnded())
        // So do nothing, half a head and half a body: no 408.
        for start in [
            "", "GET /api HT", "POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
        ] {
            let client = try Client(node.proxyPort)
            try client.send(start)
            #expect(try client.isEnded())
        }
        #expect(await eventually { node.openConnections == 0 })
    }

    @Test func `a WebSocket echoes`() async throws {
        let node = try await Self.node()
        let client = try Client(node.proxyPort)
        try client.send(Self.webSocket)
        let answer = Answer(head: try client.take(through: "\r\n\r\n"), body: "")
        #expect(
            answer.text == """
                HTTP/1.1 101 Switching Protocols
                Connection: upgrade
                Upgrade: websocket
                Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                Date: *
                X-Kong-Upstream-Latency: 0
                X-Kong-Proxy-Latency: 1
                Via: kong/3.4.1


                """)
        try client.send("ping")
        #expect(try client.take(exactly: 4) == "ping")
    }

    @Test func `quit finishes what is under way and says nothing before`() async throws {
        let node = try await Self.node()
        let (idle, new) = (try Client(node.proxyPort), try Client(node.proxyPort))
        let (slow, chunked) = (try Client(node.proxyPort), try Client(node.proxyPort))
        let tunnel = try Client(node.proxyPort)
        #expect(try idle.get("/api").status == 200)
        try tunnel.send(Self.webSocket)
        _ = try tunnel.take(through: "\r\n\r\n")
        try slow.send(Self.slow)
        try chunked.send(Self.pieces)
        #expect(await eventually { node.requestCount == 4 && node.openConnections == 5 })
        node.quit()
        #expect(try idle.isEnded() && new.isEnded())
        #expect(throws: ClientError.system("connect", ECONNREFUSED)) { try Client(node.proxyPort) }
        let answer = try slow.answer()
        #expect(answer.status == 200 && answer["Connection"] == "keep-alive")
        #expect(try slow.isEnded())
        let whole = try chunked.answer()
        #expect(whole.body.contains("piece 4") && whole["Connection"] == "keep-alive")
        #expect(try chunked.isEnded())
        try tunnel.send("ping")
        #expect(try tunnel.take(exactly: 4) == "ping")
        #expect(node.openConnections == 1 && !node.isRunning)
    }

    @Test func `stop cuts everything`() async throws {
        let node = try await Self.node()
        let (slow, chunked) = (try Client(node.proxyPort), try Client(node.proxyPort))
        let tunnel = try Client(node.proxyPort)
        try tunnel.send(Self.webSocket)
        _ = try tunnel.take(through: "\r\n\r\n")
        try slow.send(Self.slow)
        try chunked.send(Self.pieces)
        _ = try chunked.take(through: "piece 1\n")
        node.stop()
        #expect(try slow.isEnded() && tunnel.isEnded())
        #expect(try !chunked.takeToEnd().contains("0\r\n\r\n"))
        try await node.ended()
        #expect(node.openConnections == 0)
        #expect(throws: ClientError.system("connect", ECONNREFUSED)) { try Client(node.proxyPort) }
    }

    @Test func `a reload has no gap, and old connections end behind their answers`() async throws {
        let node = try await Self.node { $0.times.reload = .milliseconds(60) }
        let (idle, slow) = (try Client(node.proxyPort), try Client(node.proxyPort))
        let tunnel = try Client(node.proxyPort)
        try tunnel.send(Self.webSocket)
        _ = try tunnel.take(through: "\r\n\r\n")
        #expect(try idle.get("/api").status == 200)
        try slow.send(Self.slow)
        node.reload()
        // Until new workers are up an idle connection serves.
        #expect(try idle.get("/api").status == 200)
        #expect(try idle.isEnded())
        #expect(try slow.answer().status == 200)
        #expect(try slow.isEnded())
        #expect(try Client(node.proxyPort).get("/api").status == 200)
        try tunnel.send("ping")
        #expect(try tunnel.take(exactly: 4) == "ping")
    }

    @Test func `a node starts again on its ports at once`() async throws {
        let node = try await Self.node()
        let ports = [node.proxyPort, node.adminPort, node.statusPort]
        for _ in 0..<20 {
            let client = try Client(node.proxyPort)
            #expect(try client.get("/api").status == 200)
            node.quit()
            try await node.start()
            #expect([node.proxyPort, node.adminPort, node.statusPort] == ports)
        }
        await #expect(throws: KongNode.StartError.alreadyRunning) { try await node.start() }
    }

    @Test func `a slow start refuses until it is up`() async throws {
        let node = try await Self.node {
            $0.startsSlowly = true
            $0.times.start = .milliseconds(50)
        }
        let port = node.proxyPort
        node.quit()
        async let start: Void = node.start()
        let isRefused = try await eventually {
            do {
                _ = try Client(port)
                return false
            } catch ClientError.system("connect", ECONNREFUSED) {
                return true
            }
        }
        #expect(isRefused)
        try await start
        #expect(try Client(port).get("/api").status == 200)
    }

    @Test func `nobody starts without the database, nor an old version behind finish`()
        async throws
    {
        let database = try KongDatabase.sample(version: "3.4.1")
        let x = KongNode(version: "3.4.1", database: database)
        let y = KongNode(version: "3.4.2", database: database)
        database.migrate(to: "3.4.2")
        try await x.start()
        try await y.start()
        database.finishMigrations()
        #expect(try Client(x.proxyPort).get("/api").status == 200)
        x.stop()
        await #expect(throws: KongNode.StartError.databaseTooNew) { try await x.start() }
        y.stop()
        database.isReachable = false
        await #expect(throws: KongNode.StartError.noDatabase) { try await y.start() }
        database.isReachable = true
        try await y.start()
    }

    @Test func `thousands of connections leave nothing behind`() async throws {
        let node = try await Self.node()
        for _ in 0..<2_000 {
            let client = try Client(node.proxyPort)
            #expect(try client.get("/api").status == 200)
        }
        #expect(await eventually { node.openConnections == 0 })
        #expect(node.requestCount == 2_000)
    }
}
