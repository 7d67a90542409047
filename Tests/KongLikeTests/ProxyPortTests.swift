import KongLike
import Testing

/// Every byte of what a node says on its proxy port.
struct ProxyPortTests {
    private static func node(
        _ version: KongVersion, _ change: (inout KongNodeSettings) -> Void = { _ in }
    ) async throws -> KongNode {
        var settings = KongNodeSettings()
        change(&settings)
        let node = KongNode(version: version, database: try .sample(), settings: settings)
        try await node.start()
        return node
    }

    struct Marks {
        let version: KongVersion
        let via: String
        let requestID: String
        let bodyID: String

        /// Kong 3.8 calls itself Server where a service that failed does not.
        var failedServer: String { version == "3.8.0" ? "Server: kong/3.8.0\n" : "" }
    }

    static let versions = [
        Marks(version: "2.8.4", via: "kong/2.8.4", requestID: "", bodyID: ""),
        Marks(version: "3.4.1", via: "kong/3.4.1", requestID: "", bodyID: ""),
        Marks(version: "3.4.2", via: "kong/3.4.2", requestID: "", bodyID: ""),
        Marks(
            version: "3.8.0", via: "1.1 kong/3.8.0", requestID: "X-Kong-Request-Id: *\n",
            bodyID: ",\n  \"request_id\":\"*\""),
    ]

    @Test(arguments: versions) func `an answer of the service`(_ marks: Marks) async throws {
        let node = try await Self.node(marks.version)
        let answer = try Client(node.proxyPort).get("/api")
        #expect(
            answer.text == """
                HTTP/1.1 200 OK
                Content-Type: text/plain; charset=UTF-8
                Content-Length: 6
                Connection: keep-alive
                Date: *
                Server: tiny-backend/1
                X-Kong-Upstream-Latency: 0
                X-Kong-Proxy-Latency: 1
                Via: \(marks.via)
                \(marks.requestID)
                hello

                """)
    }

    /// What a request gets, beside the fields that all of Kong's own answers have.
    struct Own {
        let path: String
        let status: String
        var fields = ""
        let message: String
    }

    static let own = [
        Own(path: "/", status: "404 Not Found", message: "no Route matched with those values"),
        Own(
            path: "/keyed", status: "401 Unauthorized",
            fields: "WWW-Authenticate: Key realm=\"kong\"\n",
            message: "No API key found in request"),
        Own(
            path: "/keyed?apikey=wrong", status: "401 Unauthorized",
            fields: "WWW-Authenticate: Key realm=\"kong\"\n",
            message: "Invalid authentication credentials"),
        Own(
            path: "/empty", status: "503 Service Temporarily Unavailable",
            message: "failure to get a peer from the ring-balancer"),
    ]

    @Test(arguments: versions, own) func `an answer of its own`(
        _ marks: Marks, _ own: Own
    ) async throws {
        let node = try await Self.node(marks.version)
        let client = try Client(node.proxyPort)
        let answer = try client.get(own.path, "Accept: */*")
        #expect(
            answer.text == """
                HTTP/1.1 \(own.status)
                Date: *
                Content-Type: application/json; charset=utf-8
                Connection: keep-alive
                \(own.fields)Content-Length: \(answer.body.utf8.count)
                X-Kong-Response-Latency: 0
                Server: kong/\(marks.version)
                \(marks.requestID)
                {
                  "message":"\(own.message)"\(marks.bodyID)
                }
                """)
        // The connection stays open.
        #expect(try client.get("/api").status == 200)
    }

    @Test func `the body without a route has 52 bytes`() async throws {
        let node = try await Self.node("3.4.1")
        #expect(try Client(node.proxyPort).get("/")["Content-Length"] == "52")
    }

    @Test(arguments: versions) func `request-termination has a body in one line`(
        _ marks: Marks
    ) async throws {
        let node = try await Self.node(marks.version)
        let answer = try Client(node.proxyPort).get("/closed")
        #expect(answer.status == 503 && answer.body == "{\"message\":\"Service unavailable\"}")
        #expect(answer["Server"] == "kong/\(marks.version)" && answer["Via"] == nil)
    }

    struct Failure {
        let status: String
        let milliseconds: Int
        let message: String
        let set: @Sendable (inout KongFaults) -> Void
    }

    static let failures = [
        Failure(
            status: "502 Bad Gateway", milliseconds: 0,
            message: "An invalid response was received from the upstream server",
            set: { $0.service = .refuses }),
        Failure(
            status: "502 Bad Gateway", milliseconds: 0,
            message: "An invalid response was received from the upstream server",
            set: { $0.service = .closes }),
        Failure(
            status: "504 Gateway Time-out", milliseconds: 20,
            message: "The upstream server is timing out",
            set: { $0.serviceDelay = .seconds(70) }),
    ]

    @Test(arguments: versions, failures) func `an answer for a service that failed`(
        _ marks: Marks, _ failure: Failure
    ) async throws {
        let node = try await Self.node(marks.version)
        try node.database.change(.services, "tiny", ["read_timeout": 20])
        failure.set(&node.faults)
        let client = try Client(node.proxyPort)
        let answer = try client.get("/api")
        #expect(
            answer.text == """
                HTTP/1.1 \(failure.status)
                Date: *
                Content-Type: application/json; charset=utf-8
                Connection: keep-alive
                Content-Length: \(answer.body.utf8.count)
                X-Kong-Upstream-Latency: \(failure.milliseconds)
                X-Kong-Proxy-Latency: 1
                Via: \(marks.via)
                \(marks.failedServer)\(marks.requestID)
                {
                  "message":"\(failure.message)"\(marks.bodyID)
                }
                """)
        node.faults = KongFaults()
        #expect(try client.get("/api").status == 200)
    }

    @Test func `a used up limit is common to both clusters`() async throws {
        let database = try KongDatabase.sample()
        // A window that is not over while the test runs.
        let id = try #require(database.all(.plugins).first { $0["name"] == "rate-limiting" })
        try database.change(
            .plugins, try #require(id["id"]?.text),
            ["config": ["hour": 20, "policy": "cluster"]])
        let x = KongNode(version: "3.4.1", database: database)
        let y = KongNode(version: "3.4.2", database: database)
        try await x.start()
        try await y.start()
        let client = try Client(x.proxyPort)
        for left in (0..<20).reversed() {
            let answer = try client.get("/limited")
            #expect(answer.status == 200 && answer["RateLimit-Remaining"] == "\(left)")
        }
        let answer = try Client(y.proxyPort).get("/limited")
        #expect(answer.status == 429)
        #expect(answer.body == "{\n  \"message\":\"API rate limit exceeded\"\n}")
        let reset = try #require(answer["RateLimit-Reset"])
        #expect(answer["Retry-After"] == reset && reset != "0")
        #expect(answer["RateLimit-Limit"] == "20" && answer["RateLimit-Remaining"] == "0")
        #expect(answer["X-RateLimit-Limit-Hour"] == "20")
        #expect(answer["X-RateLimit-Remaining-Hour"] == "0")
        #expect(answer["Server"] == "kong/3.4.2")
        // Without the database nothing is counted.
        database.isReachable = false
        #expect(try Client(y.proxyPort).get("/limited").status == 200)
    }

    @Test func `without the database known keys go on and others fail`() async throws {
        let node = try await Self.node("3.4.1") { $0.workers = 1 }
        let client = try Client(node.proxyPort)
        #expect(try client.get("/keyed", "apikey: secret").status == 200)
        node.database.isReachable = false
        #expect(try client.get("/keyed", "apikey: secret").status == 200)
        let answer = try client.get("/keyed", "apikey: another")
        #expect(answer.status == 500)
        #expect(answer.body == "{\n  \"message\":\"An unexpected error occurred\"\n}")
        #expect(answer["Server"] == "kong/3.4.1" && answer["Via"] == nil)
    }

    @Test(arguments: versions) func `with headers off nothing tells of Kong`(
        _ marks: Marks
    ) async throws {
        let node = try await Self.node(marks.version) { $0.showsMarks = false }
        let client = try Client(node.proxyPort)
        for path in ["/api", "/none", "/keyed"] {
            let answer = try client.get(path)
            #expect(!answer.head.contains("X-Kong"))
            #expect(answer["Via"] == nil)
            #expect(answer["Server"] == (path == "/api" ? "tiny-backend/1" : nil))
        }
    }

    @Test func `faults come and go while it runs`() async throws {
        let node = try await Self.node("3.4.1")
        let client = try Client(node.proxyPort)
        node.faults.missingRoutes = ["api"]
        #expect(try client.get("/api").status == 404)
        node.faults = KongFaults()
        node.faults.failingPlugins = ["key-auth"]
        let failed = try client.get("/keyed", "apikey: secret")
        #expect(failed.status == 500 && failed["Server"] == "kong/3.4.1")
        #expect(try client.get("/api").status == 200)
        node.faults = KongFaults()
        node.faults.via = "kong/9.9.9"
        #expect(try client.get("/api")["Via"] == "kong/9.9.9")
        node.faults = KongFaults()
        node.faults.gatewayDelay = .milliseconds(15)
        #expect(try client.get("/api")["X-Kong-Proxy-Latency"] == "15")
        #expect(try client.get("/none")["X-Kong-Response-Latency"] == "15")
        node.faults = KongFaults()
        node.faults.serviceDelay = .milliseconds(15)
        #expect(try client.get("/api")["X-Kong-Upstream-Latency"] == "15")
        node.faults.isFrozen = true
        try client.send("GET /api HTTP/1.1\r\nHost: a\r\n\r\n")
        let second = try Client(node.proxyPort)
        try second.send("GET /api HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.isQuiet && second.isQuiet)
        node.faults = KongFaults()
        #expect(try client.answer().status == 200)
        #expect(try second.answer().status == 200)
    }

    static let types = [
        ("text/html", "text/html; charset=utf-8", "<p>no Route matched"),
        ("text/plain", "text/plain; charset=utf-8", "no Route matched"),
        ("application/xml", "application/xml; charset=utf-8", "<message>no Route matched"),
        ("application/json", "application/json; charset=utf-8", "\"message\":\"no Route"),
    ]

    @Test(arguments: types) func `the type of an error follows Accept`(
        _ accept: String, _ type: String, _ words: String
    ) async throws {
        let node = try await Self.node("3.4.1")
        let answer = try Client(node.proxyPort).get("/none", "Accept: \(accept)")
        #expect(answer["Content-Type"] == type && answer.body.contains(words))
    }

    @Test func `a gRPC request gets a grpc-status`() async throws {
        let node = try await Self.node("3.4.1")
        let answer = try Client(node.proxyPort).get("/none", "Content-Type: application/grpc")
        #expect(answer["grpc-status"] == "12" && answer["Content-Type"] == "application/grpc")
    }
}
