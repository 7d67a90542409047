import HTTP2
import Testing

/// What RFC 9113 has a client do, frame by frame: the side that speaks to targets.
struct ClientTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let code: UInt32

        init(_ name: String, _ code: UInt32, _ bytes: [UInt8]) {
            testDescription = name
            self.code = code
            self.bytes = bytes
        }
    }

    private static func answer(
        _ fields: [(String, String)], ends: Bool = true, stream: Int32 = 1
    ) -> [UInt8] { Wire.headers(stream, fields, ends: ends) }

    /// Answers that break the rules of section 8: their stream ends, and no other.
    static let malformed: [Case] = [
        .init("8.2.1 a name in upper case", 1, answer([(":status", "200"), ("X-Up", "1")])),
        .init("8.2.1 a value with a line feed", 1, answer([(":status", "200"), ("x", "a\nb")])),
        .init("8.2.2 connection", 1, answer([(":status", "200"), ("connection", "close")])),
        .init(
            "8.2.2 transfer-encoding", 1,
            answer([(":status", "200"), ("transfer-encoding", "chunked")])),
        .init("8.3 a pseudo-field behind a field", 1, answer([("x", "1"), (":status", "200")])),
        .init("8.3 a pseudo-field of requests", 1, answer([(":status", "200"), (":path", "/")])),
        .init("8.3.2 no status", 1, answer([("x", "1")])),
        .init("8.3.2 two of them", 1, answer([(":status", "200"), (":status", "200")])),
        .init("8.3.2 a status of letters", 1, answer([(":status", "2x0")])),
        .init("8.3.2 a status of two digits", 1, answer([(":status", "20")])),
        .init("8.6 101", 1, answer([(":status", "101")], ends: false)),
        .init("8.1 an end with an interim answer", 1, answer([(":status", "103")])),
        .init(
            "8.1 trailers that do not end the stream", 1,
            answer([(":status", "200")], ends: false) + answer([("x", "1")], ends: false)),
        .init(
            "8.1 a status in trailers", 1,
            answer([(":status", "200")], ends: false) + answer([(":status", "200")])),
        .init(
            "8.1.1 two lengths", 1,
            answer([
                (":status", "200"), ("content-length", "0"), ("content-length", "1"),
            ])),
        .init(
            "8.1.1 more body than the length", 1,
            answer([(":status", "200"), ("content-length", "1")], ends: false)
                + Wire.frame(.data, Wire.Flag.endStream, stream: 1, [1, 2])),
        .init(
            "8.1.1 less body than the length", 1,
            answer([(":status", "200"), ("content-length", "3")], ends: false)
                + Wire.frame(.data, Wire.Flag.endStream, stream: 1, [1, 2])),
        .init("8.1.1 no body", 1, answer([(":status", "200"), ("content-length", "3")])),
    ]

    @Test(arguments: malformed)
    func `a malformed answer ends its stream and no other`(test: Case) {
        let client = Peer.client()
        _ = client.open("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        _ = client.gather()
        client.take(test.bytes)
        client.take(Self.answer([(":status", "204")], stream: 3))
        let resets = Wire.frames(client.gather()).filter { $0.kind == 3 }
        #expect(resets.map(\.stream) == [1])
        #expect(resets.map(\.code) == [test.code])
        #expect(client.messages[1]?.closedWith == test.code)
        #expect(client.messages[1]?.hasEnded != true)
        #expect(client.messages[3]?.closedWith == 0)
        #expect(client.counts.malformed == 1)
    }

    /// What ends the connection.
    static let fatal: [Case] = [
        .init("3.4 no SETTINGS first", 1, Wire.frame(.ping, stream: 0, Wire.big(1) + Wire.big(2))),
        .init("5.1 an answer to no request", 1, answer([(":status", "200")], stream: 3)),
        .init("5.1.1 a request of the server's", 1, Wire.request(2)),
        .init("5.1 DATA before HEADERS", 1, Wire.frame(.data, stream: 1, [1])),
        .init(
            "6.5.2 a server that lets push", 1,
            Wire.frame(.settings, stream: 0, [0, 2, 0, 0, 0, 1])),
        .init(
            "6.6 a promise without a stream", 1, Wire.frame(.pushPromise, 4, stream: 0, Wire.big(2))
        ),
    ]

    @Test(arguments: fatal, [1, .max])
    func `a broken server ends the connection`(test: Case, piece: Int) {
        let client = Peer(isServer: false)
        if !test.testDescription.hasPrefix("3.4") { client.take(Wire.frame(.settings)) }
        _ = client.open("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        _ = client.gather()
        client.take(test.bytes, piece: piece)
        let last = Wire.frames(client.gather()).last { $0.kind == Wire.Kind.goAway.rawValue }
        #expect(last?.code == test.code)
        #expect(client.isOver)
        #expect(client.fault == .protocol)
        #expect(client.counts.brokenRules == 1)
    }

    @Test func `a server that pushes before it knows better gets no stream`() {
        let client = Peer.client()
        client.take(
            Wire.frame(
                .pushPromise, 4, stream: 1,
                Wire.big(2)
                    + Wire.block([
                        (":method", "GET"), (":scheme", "https"), (":path", "/"),
                        (":authority", "a.test"),
                    ])))
        client.take(Self.answer([(":status", "200")]))
        #expect(client.order == [1])
        #expect(client.messages[1]?.heads == ["HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n"])
        #expect(Wire.frames(client.gather()).contains { $0.kind == 3 && $0.stream == 2 })
    }

    @Test(arguments: ["204", "304"])
    func `an answer without a body has no framing, even when its end comes late`(status: String) {
        let client = Peer.client()
        client.take(Self.answer([(":status", status)], ends: false))
        client.take(Wire.frame(.data, Wire.Flag.endStream, stream: 1))
        #expect(client.messages[1]?.heads == ["HTTP/1.1 \(status) \r\n\r\n"])
        #expect(client.messages[1]?.hasEnded == true)
    }

    @Test func `no more streams are opened than the server lets`() {
        let client = Peer(isServer: false)
        client.take(Wire.frame(.settings, stream: 0, [0, 3, 0, 0, 0, 2]))
        let head = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
        #expect([client.open(head), client.open(head), client.open(head)] == [1, 3, nil])
        _ = client.gather()
        client.take(Self.answer([(":status", "204")]))
        #expect(client.open(head) == 5)
    }

    @Test func `a request that was not sent when the server went away is told as refused`() {
        let client = Peer.client()
        #expect(client.open("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n") == 3)
        client.take(Wire.frame(.goAway, stream: 0, Wire.big(1) + Wire.big(0)))
        _ = client.gather()
        client.take([])
        #expect(client.messages[3]?.closedWith == HTTP2Code.refusedStream)
        #expect(client.messages[1]?.closedWith == nil)
        #expect(client.open("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n") == nil)
        client.take(Self.answer([(":status", "204")]))
        #expect(client.messages[1]?.closedWith == 0)
        _ = client.gather()
        #expect(client.isOver)
    }

    @Test func `a request above the last that the server takes is told as refused`() {
        let client = Peer.client()
        _ = client.open("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        _ = client.gather()
        client.take(Wire.frame(.goAway, stream: 0, Wire.big(1) + Wire.big(0)))
        #expect(client.messages[3]?.closedWith == HTTP2Code.refusedStream)
        #expect(client.goneAway.map(\.last) == [1])
    }

    @Test func `a request that was not sent when the connection ended is told as refused`() {
        let client = Peer.client()
        let sent = client.open("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n") ?? 0
        _ = client.gather()
        let unsent = client.open("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n") ?? 0
        client.end()
        #expect(client.messages[sent]?.closedWith == HTTP2Code.cancel)
        #expect(client.messages[unsent]?.closedWith == HTTP2Code.refusedStream)
    }

    @Test func `a head larger than the server takes is not sent`() {
        let client = Peer(isServer: false)
        client.take(Wire.frame(.settings, stream: 0, [0, 6, 0, 0, 0, 200]))
        // Four fields, each with 32 bytes besides what it has: 166 without the path.
        func opening(_ pathCount: Int) -> HTTP2Session.Opening {
            let path = String(repeating: "x", count: pathCount - 1)
            return client.tryToOpen("GET /\(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(opening(35) == .headTooLarge)
        #expect(opening(34) == .opened(1))
    }

    @Test(arguments: [
        "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nx: a\nb\r\n\r\n",
    ])
    func `what must not be asked is not asked`(head: String) {
        #expect(Peer.client().open(head) == nil)
    }
}
