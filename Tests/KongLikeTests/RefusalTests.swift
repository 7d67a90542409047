import KongLike
import Testing

/// What a node says to requests that break rules, and which of them it takes all the same.
struct RefusalTests {
    private static func node(_ version: KongVersion = "3.4.1") async throws -> KongNode {
        let node = KongNode(version: version, database: try .sample())
        try await node.start()
        return node
    }

    private static let long = String(repeating: "a", count: 8_300)
    private static let many = (0..<5).map { "X-\($0): \(String(long.prefix(7_000)))\r\n" }

    static let refused: [(status: Int, request: String)] = [
        (400, "garbage\r\n\r\n"), (400, "\u{16}\u{3}\u{1}"), (400, "get /api HTTP/1.1\r\n"),
        (400, "GET /api HTTP/1.1\r\n\r\n"),
        (400, "GET /api HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        (400, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET /api HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (
            400,
            "POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
        ),
        (
            400,
            "POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"
        ),
        (400, "POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxy\r\n"),
        (
            400,
            "POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"
        ),
        (400, "GET /api HTTP/1.1\r\nHost : a\r\n\r\n"),
        (400, "GET /api HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"),
        (400, "GET /api HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n"),
        (400, "GET /api HTTP/1.1\r\nHost: a\r\n\(many.joined())\r\n"),
        (405, "TRACE /api HTTP/1.1\r\nHost: a\r\n\r\n"),
        (414, "GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n"),
        (
            501,
            "POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
        ),
    ]

    @Test(arguments: refused) func `it is refused and the connection closed`(
        _ status: Int, _ request: String
    ) async throws {
        let node = try await Self.node()
        let client = try Client(node.proxyPort)
        try client.send(request)
        let answer = try client.answer()
        #expect(answer.status == status && answer["Connection"] == "close")
        #expect(try client.isEnded())
    }

    private static let fields = (0..<150).map { "X-\($0): a\r\n" }.joined()

    static let taken: [String] = [
        "PURGE /api HTTP/1.1\r\nHost: a\r\n\r\n", "GET /api HTTP/1.1\nHost: a\n\n",
        "GET http://a/api HTTP/1.1\r\nHost: b\r\n\r\n", "GET /api HTTP/1.2\r\nHost: a\r\n\r\n",
        "GET /api HTTP/1.1\r\nHost: a\r\n\(fields)\r\n",
        "GET /api HTTP/1.1\r\nHost: a\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\n",
        "GET /api HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        "\r\nGET /api HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ]

    @Test(arguments: taken) func `it is passed on`(_ request: String) async throws {
        let node = try await Self.node()
        let client = try Client(node.proxyPort)
        try client.send(request)
        let answer = try client.answer()
        #expect(answer.status == 200 && answer["Connection"] == "keep-alive")
    }

    @Test func `HTTP 1.0 is answered and closed, or kept when it asks for it`() async throws {
        let node = try await Self.node()
        let client = try Client(node.proxyPort)
        try client.send("GET /api HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try client.answer()["Connection"] == "keep-alive")
        try client.send("GET /api HTTP/1.0\r\n\r\n")
        #expect(try client.answer()["Connection"] == "close")
        #expect(try client.isEnded())
    }

    @Test func `a head may come byte by byte`() async throws {
        let node = try await Self.node()
        let client = try Client(node.proxyPort)
        for byte in Array("POST /api?echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi".utf8)
        {
            try client.send([byte])
        }
        #expect(try client.answer().body.contains("\"body\":\"hi\""))
    }

    @Test func `100-continue is answered at once`() async throws {
        let node = try await Self.node()
        let client = try Client(node.proxyPort)
        let head = "Host: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        try client.send("POST /api?echo HTTP/1.1\r\n\(head)")
        #expect(try client.take(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send("hi")
        #expect(try client.answer().body.contains("\"body\":\"hi\""))
    }

    @Test func `pipelined requests are answered in their order`() async throws {
        let node = try await Self.node()
        let client = try Client(node.proxyPort)
        let paths = ["/api?delay=20", "/none", "/api?bytes=3", "/closed"]
        try client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        #expect(try paths.map { _ in try client.answer().status } == [200, 404, 200, 503])
    }

    @Test func `an answer of its own does not wait for the body`() async throws {
        let node = try await Self.node()
        let client = try Client(node.proxyPort)
        try client.send("POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        #expect(try client.answer().status == 404)
        try client.send("cdGET /api HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.answer().status == 200)
    }
}
