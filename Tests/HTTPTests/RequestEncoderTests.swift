import HTTP
import Testing

struct `A forwarded request` {
    /// What an untrusted client gets beside its own fields.
    static func added(
        host: String = "a", address: String = "192.0.2.7", id: String = named
    ) -> String {
        let hostLine = host.isEmpty ? "" : "X-Forwarded-Host: \(host)\r\n"
        return "X-Forwarded-For: \(address)\r\nX-Real-IP: \(address)\r\n"
            + "X-Forwarded-Proto: http\r\n\(hostLine)X-Forwarded-Port: 8000\r\n\(id)\r\n"
    }

    /// The field that names a request whose client does not.
    static let named = "X-Request-Id: 0123456789abcdeffedcba9876543210\r\n"

    @Test func `keeps everything else byte for byte`() {
        let head =
            "GET /p%20/%2e//..?q=%zz&&a HTTP/1.1\r\nHost: a\r\nx_y:  odd \t\r\n"
            + "ACCEPT:*/*\r\nEmpty:\r\nX-Latin: \u{e9}\r\nx_y: twice\r\n"
        #expect(forwarded(head + "\r\n") == head + Self.added())
    }

    @Test func `loses the empty lines before it`() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\n"
        #expect(forwarded("\r\n\r\n" + head + "\r\n") == head + Self.added())
    }

    @Test(arguments: [
        "Connection: keep-alive\r\n", "connection: close\r\n", "Keep-Alive: timeout=5\r\n",
        "Proxy-Connection: keep-alive\r\n", "TE: trailers\r\n", "Upgrade: websocket\r\n",
        "keep_alive: 1\r\n", "Proxy_Connection: 1\r\n", "Content_Length: 5\r\n",
        "transfer_encoding: chunked\r\n", "Connection: X-A\r\nx-a: 1\r\nX_A: 2\r\n",
        "X_A: 1\r\nConnection: close, x_a\r\n", "Connection: cookie\r\nCookie: a=b\r\n",
        "X-Real-IP: 1\r\n", "x_real_ip: 1\r\n", "X-Forwarded-For: 1\r\n",
        "X_Forwarded-For: 1\r\n", "X-FORWARDED_PROTO: https\r\n", "X-Forwarded-Host: b\r\n",
        "X-Forwarded-Port: 1\r\n", "Forwarded: for=1\r\n", "Connection: te\r\nTE: x\r\n",
    ])
    func `loses what is not for the upstream`(fields: String) {
        let expected = "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n" + Self.added()
        for at in 0..<3 {
            var lines = ["Host: a\r\n", "A: 1\r\n", "B: 2\r\n"]
            lines.insert(fields, at: at)
            #expect(forwarded("GET / HTTP/1.1\r\n\(lines.joined())\r\n") == expected)
        }
    }

    @Test(arguments: [
        "Authorization: x", "Trailer: x", "Proxy-Authorization: x", "User_Agent: x",
        "Content_Type: x", "X-Forwarded-Prefix: /x", "X-Forwarded: x", "Expect: 100-continue",
        "Accept-Encoding: gzip", "TEX: x", "Hos: x", "Upgrade-Insecure-Requests: 1",
    ])
    func `keeps a field, also when Connection names another`(line: String) {
        let head = "GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n"
        #expect(forwarded(head + "\r\n") == head + Self.added())
        #expect(forwarded(head + "Connection: x-y\r\n\r\n") == head + Self.added())
    }

    @Test func `keeps what Connection cannot name`() {
        let head =
            "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nContent-Length: 5\r\n"
        let names = "host, AUTHORIZATION, content-length, content_length, X-Forwarded-For,"
        let connection = "Connection: \(names) x-real-ip, transfer-encoding, forwarded\r\n\r\n"
        #expect(forwarded(head + connection) == head + Self.added())
        let trusted = forwarded(head + "Forwarded: for=x\r\n" + connection, trusted: true)
        #expect(trusted?.contains("Forwarded: for=x\r\n") == true)
    }

    @Test(arguments: [
        ("Content-Length: 0", "Content-Length: 0"),
        ("content-length:\t007, 7", "Content-Length: 7"),
        ("Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5"),
        ("transfer-encoding:\tChunked ", "Transfer-Encoding: chunked"),
    ])
    func `is framed anew`(sent: String, framing: String) {
        let result = forwarded("POST / HTTP/1.1\r\nHost: a\r\n\(sent)\r\nA: 1\r\n\r\n")
        #expect(
            result == "POST / HTTP/1.1\r\nHost: a\r\nA: 1\r\n\(framing)\r\n" + Self.added())
    }

    @Test(arguments: [
        ("GET http://b:81/p?q", "GET /p?q", "b:81"), ("GET http://b", "GET /", "b"),
        ("GET http://b?q", "GET /?q", "b"), ("OPTIONS http://b", "OPTIONS *", "b"),
        ("OPTIONS http://b?q", "OPTIONS /?q", "b"), ("OPTIONS http://b/", "OPTIONS /", "b"),
    ])
    func `is in origin form, for the host of its target`(
        sent: String, line: String, host: String
    ) {
        let result = forwarded("\(sent) HTTP/1.1\r\nA: 1\r\nHost: a\r\nB: 2\r\n\r\n")
        let expected = "\(line) HTTP/1.1\r\nA: 1\r\nB: 2\r\nHost: \(host)\r\n"
        #expect(result == expected + Self.added(host: host))
    }

    @Test(arguments: [
        ("OPTIONS *", "Max-Forwards: 7\r\n", "Max-Forwards: 6\r\n"),
        ("TRACE /", "max-forwards: 001\r\n", "Max-Forwards: 0\r\n"),
        ("OPTIONS /", "Connection: max-forwards\r\nMax-Forwards: 2\r\n", "Max-Forwards: 1\r\n"),
    ])
    func `has one hop less before it`(sent: String, fields: String, expected: String) {
        let result = forwarded("\(sent) HTTP/1.1\r\n\(fields)Host: a\r\n\r\n")
        let added = Self.added().dropLast() + expected + "\r\n"
        #expect(result == "\(sent) HTTP/1.1\r\nHost: a\r\n" + added)
    }

    @Test(arguments: ["GET", "HEAD", "POST", "options", "X"])
    func `keeps Max-Forwards where it means nothing`(method: String) {
        let head = "\(method) / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n"
        #expect(forwarded(head + "\r\n") == head + Self.added())
    }

    @Test(arguments: ["websocket", "WebSocket", "foo/2", "TLS/1.0"])
    func `asks for the other protocol as its client did`(name: String) {
        let head = "GET / HTTP/1.1\r\nHost: a\r\n"
        let asked = "Connection: keep-alive, Upgrade\r\nUpgrade: \(name)\r\n\r\n"
        let expected = "Connection: upgrade\r\nUpgrade: \(name)\r\n" + Self.added()
        #expect(forwarded(head + asked) == head + expected)
    }

    @Test func `is HTTP 1-1 with a Host, also for HTTP 1-0`() {
        #expect(
            forwarded("GET /p HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
                == "GET /p HTTP/1.1\r\nHost: a\r\n" + Self.added())
        #expect(
            forwarded("GET /p HTTP/1.0\r\n\r\n")
                == "GET /p HTTP/1.1\r\nHost: localhost\r\n" + Self.added(host: ""))
    }
}

struct `A request's name` {
    private typealias Forwarded = `A forwarded request`

    @Test(arguments: [
        "a", "550e8400-e29b-41d4-a716-446655440000", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        String(repeating: "7", count: 128),
    ])
    func `is kept where the client gives one`(name: String) {
        let head = "GET / HTTP/1.1\r\nx-REQUEST-id: \(name) \r\nHost: a\r\n"
        #expect(forwarded(head + "\r\n") == head + Forwarded.added(id: ""))
        let old = "GET / HTTP/1.0\r\nX-Request-Id: \(name)\r\n\r\n"
        #expect(forwarded(old)?.contains("\r\nX-Request-Id: \(name)\r\n") == true)
    }

    @Test func `is kept when Connection lists it`() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: 7\r\n"
        let sent = head + "Connection: x-request-id, X_Request_Id\r\n\r\n"
        #expect(forwarded(sent) == head + Forwarded.added(id: ""))
    }

    @Test(arguments: [
        "X-Request-Id:\r\n", "X-Request-Id: \t \r\n", "X-Request-Id: a b\r\n",
        "X-Request-Id: a\tb\r\n", "X-Request-Id: \u{e9}\r\n", "X-Request-Id: a\u{80}\r\n",
        "X-Request-Id: \(String(repeating: "7", count: 129))\r\n",
        "X-Request-Id: a\r\nX-Request-Id: b\r\n", "X-Request-Id: a\r\nx-request-id: a\r\n",
        "X-Request-Id: a\r\nX-Request-Id:\r\n",
        "X_Request_Id: a\r\n", "X-Request_Id: a\r\nx_request-id: b\r\n",
    ])
    func `is made where the client gives none, a bad one or several`(fields: String) {
        let expected = "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\n" + Forwarded.added()
        for at in 0..<3 {
            var lines = ["Host: a\r\n", "A: 1\r\n"]
            lines.insert(fields, at: at)
            #expect(forwarded("GET / HTTP/1.1\r\n\(lines.joined())\r\n") == expected)
        }
    }

    @Test func `is the client's own beside a lookalike, which goes`() {
        let sent = "GET / HTTP/1.1\r\nHost: a\r\nX_Request_Id: evil\r\nX-Request-Id: good\r\n\r\n"
        let expected = "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: good\r\n"
        #expect(forwarded(sent) == expected + Forwarded.added(id: ""))
    }

    @Test func `does not touch the fields of tracing`() {
        let head =
            "GET / HTTP/1.1\r\nHost: a\r\n"
            + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
            + "tracestate: a=b,c=d\r\nX-B3-TraceId: 1\r\nX-Correlation-ID: 2\r\n"
        #expect(forwarded(head + "\r\n") == head + Forwarded.added())
    }
}

struct `A trusted client` {
    @Test func `has its forwarding fields kept and itself appended`() {
        let kept =
            "GET / HTTP/1.1\r\nHost: a\r\nX-Real-IP: 1\r\nX-Forwarded-Proto: 2\r\n"
            + "X-Forwarded-Host: 3\r\nX-Forwarded-Port: 4\r\nForwarded: for=5\r\n"
        let result = forwarded(
            kept + "X-Forwarded-For: 6, 7\r\nX-Forwarded-For:\r\nx-forwarded-for: 8\r\n\r\n",
            trusted: true)
        let named = `A forwarded request`.named
        #expect(result == kept + "X-Forwarded-For: 6, 7, 8, 192.0.2.7\r\n\(named)\r\n")
    }

    @Test func `has the missing ones set`() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\n"
        let added = `A forwarded request`.added()
        #expect(forwarded(head + "\r\n", trusted: true) == head + added)
        #expect(forwarded(head + "X_Real_IP: 1\r\n\r\n", trusted: true) == head + added)
    }

    @Test func `is told to have come over TLS when it did`() {
        let result = forwarded("GET / HTTP/1.1\r\nHost: a\r\n\r\n", secure: true)
        #expect(result?.contains("\r\nX-Forwarded-Proto: https\r\n") == true)
    }
}

struct `A client address` {
    @Test(arguments: [
        (UInt128(0xffff_0000_0000), "0.0.0.0"), (0xffff_ffff_ffff, "255.255.255.255"),
        (0xffff_0a64_0901, "10.100.9.1"), (0, "::"), (1, "::1"),
        (0x2001_0db8_0000_0000_0000_0000_0000_0001, "2001:db8::1"),
        (0x2001_0db8_0000_0001_0000_0000_0000_0001, "2001:db8:0:1::1"),
        (0x2001_0000_0000_0001_0000_0000_0001_0001, "2001::1:0:0:1:1"),
        (0x2001_0db8_0000_0001_0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
        (0xfe80_0000_0000_0000_0000_0000_0000_0000, "fe80::"),
        (0x0001_0002_0003_0004_0005_0006_0000_0000, "1:2:3:4:5:6::"),
        (0x0000_0000_0001_0002_0003_0004_0005_0006, "::1:2:3:4:5:6"),
        (0xffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        (0xc000_0207, "::c000:207"), (0x1_ffff_c000_0207, "::1:ffff:c000:207"),
    ])
    func `is written in its shortest form`(bits: UInt128, expected: String) {
        let result = forwarded("GET / HTTP/1.1\r\nHost: a\r\n\r\n", from: bits)
        #expect(result?.contains("\r\nX-Forwarded-For: \(expected)\r\n") == true)
        #expect(result?.contains("\r\nX-Real-IP: \(expected)\r\n") == true)
    }
}
