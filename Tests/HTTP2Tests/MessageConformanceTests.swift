import HTTP2
import Testing

/// What RFC 9113 section 8 and RFC 8441 say of requests beside what ConformanceTests has.
struct MessageConformanceTests {
    typealias Case = ConformanceTests.Case

    private static let plain = [
        (":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a.test"),
    ]

    private static func request(
        _ more: [(String, String)] = [], without: String = "", method: String = "GET",
        path: String = "/"
    ) -> [UInt8] {
        let fields = plain.filter { $0.0 != without }.map { name, value in
            (name, name == ":method" ? method : name == ":path" ? path : value)
        }
        return Wire.headers(1, fields + more)
    }

    /// A field whose bytes are no text.
    private static func raw(_ name: [UInt8], _ value: [UInt8]) -> [UInt8] {
        Wire.frame(
            .headers, 5, stream: 1,
            Wire.block(plain) + [0x00] + Wire.string(name) + Wire.string(value))
    }

    private static func trailers(_ fields: [(String, String)]) -> [UInt8] {
        Wire.request(1, method: "POST", ends: false) + Wire.frame(.data, stream: 1, [1])
            + Wire.headers(1, fields)
    }

    private static func connect(_ fields: [(String, String)]) -> [UInt8] {
        Wire.headers(1, [(":method", "CONNECT")] + fields, ends: false)
    }

    private static func body(_ length: String, _ sizes: Int...) -> [UInt8] {
        let head = Wire.request(1, [("content-length", length)], method: "POST", ends: false)
        return head
            + sizes.enumerated().flatMap { number, size in
                Wire.frame(
                    .data, number == sizes.count - 1 ? Wire.Flag.endStream : 0, stream: 1,
                    [UInt8](repeating: 1, count: size))
            }
    }

    /// Messages that break the rules: their stream ends, and no other.
    static let malformed: [Case] = [
        .init("8.2.1 a name with DEL", 1, raw([0x78, 0x7f], [0x79])),
        .init("8.2.1 a name with a byte above 127", 1, raw([0x78, 0x80], [0x79])),
        .init("8.2.1 a name with a colon in its middle", 1, request([("a:b", "1")])),
        .init("8.2.1 a name with a tab", 1, request([("a\tb", "1")])),
        .init("8.2.1 a name with a zero byte", 1, request([("a\0b", "1")])),
        .init("8.2.1 a value with a carriage return", 1, request([("x", "a\rb")])),
        .init("8.2.1 a value that ends with a space", 1, request([("x", "a ")])),
        .init("8.2.1 a value that ends with a tab", 1, request([("x", "a\t")])),
        .init("8.2.1 a value that begins with a tab", 1, request([("x", "\ta")])),
        .init("8.2.1 a value that smuggles a field", 1, request([("x", "a\r\ny: b")])),
        .init("8.2.1 a path that smuggles a line", 1, request(path: "/ HTTP/1.1\r\nx: y")),
        .init("8.2.1 a method that smuggles a line", 1, request(method: "GET / HTTP/1.1\r\nx:")),
        .init("8.2.2 connection in trailers", 1, trailers([("connection", "close")])),
        .init(
            "8.2.2 transfer-encoding in trailers", 1, trailers([("transfer-encoding", "chunked")])),
        .init("8.2.1 upper case in trailers", 1, trailers([("X", "1")])),
        .init("8.1 a pseudo-field of answers in trailers", 1, trailers([(":status", "200")])),
        .init("8.3.1 two schemes", 1, request([(":scheme", "https")])),
        .init("8.3.1 two authorities", 1, request([(":authority", "a.test")])),
        .init("8.3.1 an empty method", 1, request(method: "")),
        .init("8.3.1 an asterisk that is not for OPTIONS", 1, request(path: "*")),
        .init("8.3.1 a whole address for a path", 1, request(path: "https://a.test/")),
        .init(
            "8.3.1 two hosts", 1,
            request([("host", "a.test"), ("host", "b.test")], without: ":authority")),
        .init("8.5 CONNECT without an authority", 1, connect([])),
        .init("8.5 CONNECT with a path", 1, connect([(":authority", "a:1"), (":path", "/")])),
        .init(
            "8.5 CONNECT with a scheme", 1, connect([(":authority", "a:1"), (":scheme", "http")])),
        .init("8441 a protocol without CONNECT", 1, request([(":protocol", "websocket")])),
        .init(
            "8441 extended CONNECT without a path", 1,
            connect([(":protocol", "websocket"), (":scheme", "http"), (":authority", "a")])),
        .init(
            "8441 extended CONNECT without a scheme", 1,
            connect([(":protocol", "websocket"), (":path", "/"), (":authority", "a")])),
        .init(
            "8441 extended CONNECT without an authority", 1,
            connect([(":protocol", "websocket"), (":path", "/"), (":scheme", "http")])),
        .init("8.1.1 a negative length", 1, body("-1", 0)),
        .init("8.1.1 a length with a sign", 1, body("+1", 1)),
        .init("8.1.1 a list of lengths", 1, body("1, 1", 1)),
        .init("8.1.1 a length that is too large for anybody", 1, body("99999999999999999999", 1)),
        .init("8.1.1 an empty length", 1, body("", 0)),
        .init("8.1.1 more over many frames", 1, body("5", 2, 2, 2)),
        .init("8.1.1 less over many frames", 1, body("7", 2, 2, 2)),
        .init(
            "8.1.1 less, with trailers", 1,
            Wire.request(1, [("content-length", "2")], method: "POST", ends: false)
                + Wire.frame(.data, stream: 1, [1]) + Wire.headers(1, [("x", "1")])),
    ]

    @Test(arguments: malformed)
    func `a malformed message ends its stream and no other`(test: Case) {
        let server = Peer.server()
        server.take(test.bytes)
        server.take(Wire.request(3))
        let frames = Wire.frames(server.gather())
        let resets = frames.filter { $0.kind == Wire.Kind.reset.rawValue }
        #expect(resets.map(\.stream) == [1], "\(server.messages[1]?.heads ?? [])")
        #expect(resets.first?.code == test.code)
        #expect(frames.allSatisfy { $0.kind != Wire.Kind.goAway.rawValue })
        #expect(server.messages[3]?.hasEnded == true)
    }

    /// What is unusual and allowed, and the head that comes of it.
    static let allowed: [(String, [UInt8], String)] = [
        (
            "OPTIONS *", request(method: "OPTIONS", path: "*"),
            "OPTIONS * HTTP/1.1\r\nhost: a.test\r\n\r\n"
        ),
        (
            "a Host for an authority", request([("host", "b.test")], without: ":authority"),
            "GET / HTTP/1.1\r\nhost: b.test\r\n\r\n"
        ),
        (
            "te with trailers", request([("te", "trailers")]),
            "GET / HTTP/1.1\r\nhost: a.test\r\nte: trailers\r\n\r\n"
        ),
        ("an empty value", request([("x", "")]), "GET / HTTP/1.1\r\nhost: a.test\r\nx: \r\n\r\n"),
        (
            "a tab and a space in a value", request([("x", "a\t b")]),
            "GET / HTTP/1.1\r\nhost: a.test\r\nx: a\t b\r\n\r\n"
        ),
        (
            "a name of signs", request([("!#$%&'*+-.^_`|~0", "1")]),
            "GET / HTTP/1.1\r\nhost: a.test\r\n!#$%&'*+-.^_`|~0: 1\r\n\r\n"
        ),
        (
            "a method of its own", request(method: "M-SEARCH"),
            "M-SEARCH / HTTP/1.1\r\nhost: a.test\r\n\r\n"
        ),
    ]

    @Test(arguments: allowed)
    func `what is allowed comes as it was sent`(name: String, bytes: [UInt8], head: String) {
        let server = Peer.server()
        server.take(bytes)
        #expect(server.messages[1]?.heads == [head])
        #expect(server.messages[1]?.hasEnded == true)
    }

    @Test func `the bytes of a value above 127 come as they are`() {
        let server = Peer.server()
        server.take(Self.raw([0x78], [0xc3, 0xa4, 0xff]))
        // 0xff is no text; what comes is compared where it can be.
        #expect(server.messages[1]?.heads.first?.contains("x: ä") == true)
        #expect(server.messages[1]?.hasEnded == true)
    }

    @Test(arguments: [[5], [2, 3], [0, 5, 0], [1, 1, 1, 1, 1, 0]])
    func `a body as long as it says is taken`(sizes: [Int]) {
        let server = Peer.server()
        server.take(
            Wire.request(1, [("content-length", "5")], method: "POST", ends: false))
        for (number, size) in sizes.enumerated() {
            server.take(
                Wire.frame(
                    .data, number == sizes.count - 1 ? 1 : 0, stream: 1,
                    [UInt8](repeating: 1, count: size)))
        }
        #expect(server.messages[1]?.body.count == 5)
        #expect(server.messages[1]?.hasEnded == true)
        #expect(Wire.frames(server.gather()).allSatisfy { $0.kind != 3 && $0.kind != 7 })
    }

    /// Answers that break the rules end their stream towards us; what a target sends is not trusted
    /// more than what a client does.
    @Test(arguments: [
        [(":status", "99")], [(":status", "1000")], [(":status", "2x0")], [],
        [(":status", "200"), (":status", "200")], [(":status", "101")],
        [("x", "1"), (":status", "200")], [(":status", "200"), (":path", "/")],
        [(":status", "200"), ("X", "1")], [(":status", "200"), ("connection", "close")],
        [(":status", "200"), ("transfer-encoding", "chunked")],
        [(":status", "200"), ("x", "a\r\nb: c")],
        [(":status", "200"), ("content-length", "1"), ("content-length", "1")],
    ])
    func `a malformed answer ends its stream`(fields: [(String, String)]) {
        let client = Peer.client()
        client.take(Wire.headers(1, fields, ends: false))
        #expect(
            Wire.frames(client.gather()).contains { $0.kind == 3 && $0.stream == 1 && $0.code == 1 }
        )
        #expect(client.messages[1]?.hasEnded != true)
    }
}
