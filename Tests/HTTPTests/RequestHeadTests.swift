import HTTP
import Testing

struct `A good request` {
    @Test(arguments: GoodRequests.all)
    func `is complete with its last byte and not before`(sample: String) {
        let bytes = wire(sample)
        var head = RequestHead()
        for count in 0..<bytes.count {
            let progress = head.parse(bytes.span.extracting(first: count), limits: HeadLimits())
            #expect(progress == .incomplete, "cut at \(count)")
        }
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        #expect(head.byteCount == bytes.count)
        #expect(progressByByte(sample) == .complete)
    }

    @Test(arguments: GoodRequests.all)
    func `ends where its head ends, whatever follows`(sample: String) {
        for rest in ["GET / HTTP/1.1\r\n\r\n", "\n", "\u{0}", "\r\n\r\n"] {
            var head = RequestHead()
            #expect(head.parse(wire(sample + rest).span, limits: HeadLimits()) == .complete)
            #expect(head.byteCount == wire(sample).count)
        }
    }

    @Test(arguments: [
        ("GET", HTTP.Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put),
        ("DELETE", .delete), ("OPTIONS", .options), ("TRACE", .trace), ("PATCH", .patch),
        ("get", .other), ("G", .other), ("PROPFIND", .other), ("XXXXXGET", .other),
        ("!#$%&'*+-.^_`|~09", .other),
    ])
    func `has a method`(name: String, method: HTTP.Method) {
        let bytes = wire("\(name) /p HTTP/1.1\r\nHost: a\r\n\r\n")
        var head = RequestHead()
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        #expect(head.method == method)
        #expect(text(bytes, head.methodRange) == name)
    }

    @Test func `repeats safely only with an idempotent method`() {
        let repeatable = HTTP.Method.allCases.filter(\.isIdempotent)
        #expect(repeatable == [.get, .head, .put, .delete, .options, .trace])
    }

    @Test(arguments: [
        ("/a?b", "/a?b", "h"), ("http://b", "", "b"), ("http://b/", "/", "b"),
        ("hTTps://b:1/p?q", "/p?q", "b:1"), ("http://b?q", "?q", "b"),
        ("//b/p", "//b/p", "h"),
    ])
    func `has a path and a host`(target: String, path: String, host: String) {
        let bytes = wire("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
        var head = RequestHead()
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        #expect(text(bytes, head.targetRange) == target)
        #expect(text(bytes, head.pathRange) == path)
        #expect(text(bytes, head.hostRange) == host)
    }

    @Test(arguments: [
        ("", BodyFraming.none), ("Content-Length: 0\r\n", .length(0)),
        ("Content-Length: 5, 5\r\nContent-Length: 5\r\n", .length(5)),
        ("Content-Length: 9223372036854775807\r\n", .length(UInt64(Int64.max))),
        ("Transfer-Encoding: cHuNkEd\r\n", .chunked), ("content_length: 5\r\n", .none),
        ("Transfer_Encoding: chunked\r\n", .none),
    ])
    func `has a framing`(fields: String, framing: BodyFraming) {
        var head = RequestHead()
        let bytes = wire("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        #expect(head.framing == framing)
    }

    @Test(arguments: [
        ("1.1", "", true), ("1.1", "Connection: close\r\n", false),
        ("1.1", "Connection: keep-alive, CLOSE\r\n", false),
        ("1.1", "Connection: x\r\nConnection: close\r\n", false), ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: keep-alive, close\r\n", false),
        ("1.1", "Connection: closed\r\n", true),
    ])
    func `says whether its connection stays`(version: String, fields: String, stays: Bool) {
        var head = RequestHead()
        let bytes = wire("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n")
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        #expect(head.version == (version == "1.1" ? .http11 : .http10))
        #expect(head.keepAlive == stays)
    }

    @Test func `says what its client waits for and accepts`() {
        var head = RequestHead()
        let fields = "Expect: 100-CONTINUE\r\nTE: gzip, trailers\r\nUpgrade: x\r\n\r\n"
        let newer = wire("GET / HTTP/1.1\r\nHost: a\r\n" + fields)
        #expect(head.parse(newer.span, limits: HeadLimits()) == .complete)
        #expect(head.expectsContinue && head.acceptsTrailers)
        let older = wire("GET / HTTP/1.0\r\n" + fields)
        #expect(head.parse(older.span, limits: HeadLimits()) == .complete)
        #expect(head.expectsContinue == false)
        let plain = wire("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(head.parse(plain.span, limits: HeadLimits()) == .complete)
        #expect(!head.expectsContinue && !head.acceptsTrailers)
    }

    @Test(arguments: [
        (
            "GET / HTTP/1.1\r\n"
                + "Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket",
            true
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo/2", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: H2C", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: a, b", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: a\r\nUpgrade: b", false),
        ("GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: a", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c-14", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: HTTP/2.0", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: a b", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: a/", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: /1", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: a/1/2", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: \"a\"", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade:", false),
        (
            "GET / HTTP/1.1\r\nContent-Length: 0\r\n"
                + "Host: a\r\nConnection: upgrade\r\nUpgrade: a",
            false
        ),
        (
            "PUT / HTTP/1.1\r\n"
                + "Host: a\r\nContent-Length: 1\r\nConnection: upgrade\r\nUpgrade: a",
            false
        ),
    ])
    func `asks for one other protocol, without a body, or for none`(
        lines: String, isAsked: Bool
    ) {
        var head = RequestHead()
        let bytes = wire(lines + "\r\n\r\n")
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        #expect(head.upgradeRange.isEmpty == !isAsked)
        #expect((head.upgradeMark == 0) == !isAsked)
    }

    @Test(arguments: [
        ("", true), ("Connection: close, keep-alive, upgrade\r\n", true),
        ("Connection: TE\r\nTE: trailers\r\n", true), ("Connection: X-Sum\r\n", false),
    ])
    func `has its trailers passed on unless Connection may name them`(
        fields: String, isKept: Bool
    ) {
        var head = RequestHead()
        let bytes = wire("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        #expect(head.keepsTrailers == isKept)
    }

    @Test func `costs few parses when it arrives byte by byte`() {
        let filler = String(repeating: "X: 0123456789\r\n", count: 190)
        let bytes = wire("GET / HTTP/1.1\r\nHost: a\r\n" + filler + "\r\n")
        var scan = HeadScan()
        let parses = (1...bytes.count).filter {
            scan.isWorthParsing(bytes.span.extracting(first: $0), limits: HeadLimits())
        }
        #expect(parses.count <= 14)
        #expect(parses.last == bytes.count)
    }
}
