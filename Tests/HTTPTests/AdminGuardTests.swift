import Bytes
import HTTP
import Testing

/// What a guard before Kong's Admin API takes for a write.
struct AdminGuardTests {
    static let reading = ["GET", "HEAD", "OPTIONS"]
    static let writing = [
        "POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "Get", "gET", "GETT", "GE", "G", "HEADX",
        "OPTION", "PROPFIND", "LOCK", "MKCOL", "PURGE", "QUERY", "LINK", "X-GET", "post", "Put",
        "GET.", "GET'", String(repeating: "A", count: 32),
    ]
    static let validating = ["/schemas/services/validate", "/schemas/plugins/validate"]
    static let logging = ["/debug/node/log-level", "/debug/node/log-level/debug"]
    static let plain =
        [
            "/", "/services", "/services/", "/services/my.service", "/default/services",
            "/consumers/a@b.example", "/tags/a,b", "/certificates/0a-1b_c~d", "/status",
            "/Services", "/services/.well-known", "/services/a.",
            "/" + String(repeating: "a", count: 16_000),
        ] + validating + logging
    static let ambiguous = [
        "/services/..", "/../services", "/..", "/.", "/./services", "/services/.", "/services/./x",
        "//services", "/services//", "//", "/services//routes", "/services/%2e%2e", "/%73ervices",
        "/services/%", "/services/%00", "/services/%2F", "/services;a=b", "/services/;", "/;",
        "/services/..;/x", "/a..b", "/services/...", "/services/a\\b", "/services/<a>",
        "/services/\"", "/services/^", "/services/`", "/services/{a}", "/services/|",
        "/schemas/services/validate%20", "/schemas/./validate", "/schemas/../validate",
        "/schemas//validate", "/debug/node/log-level/..", "/debug//node/log-level",
        "/" + String(repeating: "a", count: 15_000) + "/../services",
    ]
    static let lookalikes = [
        "/schemas/services/validate/", "/schemas/services/Validate", "/SCHEMAS/services/validate",
        "/schemas/validate", "/schemas/services/validate/x", "/schemas/a/b/validate",
        "/x/schemas/services/validate", "/schemas/services/validatex",
        "/schemas/servicesvalidate", "/schemas/services", "/schemas/Services/validate",
        "/schemas/a.b/validate", "/schemas/a:b/validate", "/default/schemas/services/validate",
        "/schemas/plugins/validate/validate",
        "/schemas/" + String(repeating: "a", count: 65)
            + "/validate", "/debug/cluster/log-level/debug", "/debug/node/log-level/",
        "/debug/node/log-level/debug/", "/debug/node/log-level/DEBUG",
        "/debug/node/log-level/debugx", "/debug/node/log-levels", "/debug/node/log-level/all",
        "/default/debug/node/log-level/debug", "/debug/node",
    ]
    static let queries = ["", "?", "?size=1000", "?a=%2e%2e/..;//", "?/schemas/services/validate"]

    /// nil when the parser itself refuses the head.
    private func sign(
        _ method: String, _ target: String, _ fields: String = "",
        allowing allowed: AllowedRequests = AllowedRequests()
    ) -> WriteSign?? {
        let bytes = wire("\(method) \(target) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
        var head = RequestHead()
        guard head.parse(bytes.span, limits: HeadLimits()) == .complete else { return nil }
        return .some(head.writeSign(bytes.span, allowing: allowed))
    }

    @Test func `of all methods and paths only what is known to be harmless passes`() {
        var (passed, refused) = (0, 0)
        for method in Self.reading + Self.writing {
            for path in Self.plain + Self.ambiguous + Self.lookalikes {
                for query in Self.queries {
                    let isRead =
                        Self.reading.contains(method) && !Self.ambiguous.contains(path)
                        || method == "POST" && query.isEmpty && Self.validating.contains(path)
                        || method == "PUT" && query.isEmpty && Self.logging.contains(path)
                    guard let sign = sign(method, path + query) else { continue }
                    #expect((sign == nil) == isRead, "\(method) \(path.prefix(60))\(query)")
                    if isRead { passed += 1 } else { refused += 1 }
                }
            }
        }
        #expect(passed > 500 && refused > 5_000)
    }

    @Test(arguments: [
        "OPTIONS *", "GET http://h/services", "GET http://h", "OPTIONS http://h",
        "GET http://h/../services", "POST http://h/schemas/services/validate",
        "GET https://other/services",
    ])
    func `a target that is no plain path is a write`(line: String) {
        let words = line.split(separator: " ").map(String.init)
        #expect(sign(words[0], words[1]) == .some(.target))
    }

    @Test(arguments: [
        ("X-HTTP-Method-Override: DELETE", WriteSign.methodOverride),
        ("x-http-method-override: get", .methodOverride),
        ("X_HTTP_Method_Override: DELETE", .methodOverride),
        ("X-HTTP_METHOD-override:", .methodOverride),
        ("X-HTTP-Method: DELETE", .methodOverride),
        ("X-Method-Override: DELETE", .methodOverride),
        ("A: b\r\nConnection: X-Method-Override\r\nX-Method-Override: DELETE", .methodOverride),
        ("Upgrade: websocket", .upgrade),
        ("Upgrade: h2c\r\nConnection: Upgrade", .upgrade),
        ("Connection: keep-alive, upgrade", .upgrade),
        ("Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: a", .upgrade),
    ])
    func `a field that may change what a request is makes it a write`(
        fields: String, expected: WriteSign
    ) {
        for method in Self.reading {
            #expect(sign(method, "/services", fields + "\r\n") == .some(expected), "\(method)")
        }
        #expect(sign("POST", Self.validating[0], fields + "\r\n") == .some(expected))
    }

    @Test func `fields of other names change nothing`() {
        let fields = "X-HTTP-Method-Overrides: a\r\nX-Method: b\r\nKong-Admin-Token: c\r\n"
        #expect(sign("GET", "/services", fields) == .some(nil))
    }

    @Test func `what an operator allows passes by method and exact path`() {
        let allowed = AllowedRequests(["DELETE /cache", "POST /consumers/test"])
        #expect(sign("DELETE", "/cache", allowing: allowed) == .some(nil))
        #expect(sign("POST", "/consumers/test", allowing: allowed) == .some(nil))
        for (method, path) in [
            ("POST", "/cache"), ("DELETE", "/cache/"), ("DELETE", "/cache/a"), ("DELETE", "/Cache"),
            ("delete", "/cache"), ("DELETE", "/cache?a"), ("DELETE", "/cach"), ("DELETE", "/"),
            ("DELETE", "//cache"), ("DELETE", "/x/../cache"), ("PUT", "/consumers/test"),
        ] {
            let found = sign(method, path, allowing: allowed)
            #expect(found != nil && found != .some(nil), "\(method) \(path)")
        }
        let fields = "X-HTTP-Method-Override: PUT\r\n"
        #expect(sign("DELETE", "/cache", fields, allowing: allowed) == .some(.methodOverride))
    }

    @Test func `credentials are told by their names alone`() {
        let bytes = wire(
            "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic c2VjcmV0\r\nX: y\r\n"
                + "Kong_Admin_Token: secret\r\n\r\n")
        var head = RequestHead()
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        #expect(head.credentialNames(bytes.span) == ["authorization", "kong-admin-token"])
    }

    @Test func `the refusal has the form of Kong's own errors`() {
        var buffer = Buffer(capacity: OwnAnswer.mostBytes)
        let empty = Buffer(capacity: 16)
        OwnAnswer.frozen.encode(
            version: .http11, keepAlive: false, isHead: false, requestID: empty, into: &buffer)
        let answer = text(buffer.bytes)
        let body =
            #"{"message":"The Admin API is frozen for an upgrade: it can only be read."}"#
        #expect(answer.hasPrefix("HTTP/1.1 423 Locked\r\nContent-Type: application/json\r\n"))
        #expect(answer.contains("\r\nContent-Length: \(body.utf8.count)\r\n"))
        #expect(answer.contains("\r\nX-Sluice-Error: frozen\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n" + body))
    }
}
