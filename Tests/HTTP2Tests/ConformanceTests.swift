import HTTP2
import Testing

/// What RFC 9113 and RFC 7541 have a server do, frame by frame.
struct ConformanceTests {
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

    private static func fields(_ change: ([(String, String)]) -> [(String, String)]) -> [UInt8] {
        Wire.headers(
            1,
            change([
                (":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a.test"),
            ]))
    }

    /// Messages that break the rules of section 8: their stream ends, and no other.
    static let malformed: [Case] = [
        .init("8.2.1 a name in upper case", 1, fields { $0 + [("X-Up", "1")] }),
        .init("8.2.1 a name with a space", 1, fields { $0 + [("x y", "1")] }),
        .init("8.2.1 an empty name", 1, fields { $0 + [("", "1")] }),
        .init("8.2.1 a value with a line feed", 1, fields { $0 + [("x", "a\nb")] }),
        .init("8.2.1 a value with a zero byte", 1, fields { $0 + [("x", "a\0b")] }),
        .init("8.2.1 a value that begins with a space", 1, fields { $0 + [("x", " a")] }),
        .init("8.2.2 connection", 1, fields { $0 + [("connection", "close")] }),
        .init("8.2.2 keep-alive", 1, fields { $0 + [("keep-alive", "5")] }),
        .init("8.2.2 proxy-connection", 1, fields { $0 + [("proxy-connection", "close")] }),
        .init("8.2.2 transfer-encoding", 1, fields { $0 + [("transfer-encoding", "chunked")] }),
        .init("8.2.2 upgrade", 1, fields { $0 + [("upgrade", "h2c")] }),
        .init("8.2.2 te other than trailers", 1, fields { $0 + [("te", "gzip")] }),
        .init("8.3 a pseudo-field behind a field", 1, fields { [("x", "1")] + $0 }),
        .init("8.3 an unknown pseudo-field", 1, fields { $0 + [(":x", "1")] }),
        .init("8.3 a pseudo-field of answers", 1, fields { $0 + [(":status", "200")] }),
        .init("8.3.1 no method", 1, fields { Array($0.dropFirst()) }),
        .init("8.3.1 no scheme", 1, fields { $0.filter { $0.0 != ":scheme" } }),
        .init("8.3.1 no path", 1, fields { $0.filter { $0.0 != ":path" } }),
        .init("8.3.1 an empty path", 1, fields { $0.map { $0.0 == ":path" ? ($0.0, "") : $0 } }),
        .init(
            "8.3.1 a path with a space", 1,
            fields { $0.map { $0.0 == ":path" ? ($0.0, "/a b") : $0 } }),
        .init(
            "8.3.1 a path that is none", 1, fields { $0.map { $0.0 == ":path" ? ($0.0, "a") : $0 } }
        ),
        .init("8.3.1 two methods", 1, fields { [(":method", "GET")] + $0 }),
        .init("8.3.1 two paths", 1, fields { $0 + [(":path", "/")] }),
        .init(
            "8.3.1 a method with a space", 1,
            fields { $0.map { $0.0 == ":method" ? ($0.0, "GE T") : $0 } }),
        .init("8.3.1 another host than the authority", 1, fields { $0 + [("host", "b.test")] }),
        .init(
            "8.1.1 two lengths", 1,
            fields { $0 + [("content-length", "0"), ("content-length", "1")] }),
        .init("8.1.1 a length that is none", 1, fields { $0 + [("content-length", "x")] }),
        .init("8.1.1 a length without a body", 1, fields { $0 + [("content-length", "1")] }),
        .init(
            "8.1.1 more body than the length", 1,
            Wire.request(1, [("content-length", "1")], method: "POST", ends: false)
                + Wire.frame(.data, Wire.Flag.endStream, stream: 1, [1, 2])),
        .init(
            "8.1.1 less body than the length", 1,
            Wire.request(1, [("content-length", "3")], method: "POST", ends: false)
                + Wire.frame(.data, Wire.Flag.endStream, stream: 1, [1, 2])),
        .init(
            "8.1 trailers that do not end the stream", 1,
            Wire.request(1, method: "POST", ends: false)
                + Wire.headers(1, [("x", "1")], ends: false)),
        .init(
            "8.1 a pseudo-field in trailers", 1,
            Wire.request(1, method: "POST", ends: false)
                + Wire.headers(1, [(":path", "/")])),
        .init(
            "6.9.1 a window above its limit", 3,
            Wire.request(1, ends: false)
                + Wire.frame(.windowUpdate, 0, stream: 1, Wire.big(0x7fff_ffff))),
        .init(
            // nghttp2 ends the stream only, where the standard has the connection end.
            "6.9.2 SETTINGS that make a window overflow", 3,
            Wire.request(1, ends: false)
                + Wire.frame(.windowUpdate, 0, stream: 1, Wire.big(0x7fff_0000))
                + Wire.frame(.settings, stream: 0, [0, 4, 0, 1, 0, 0])),
    ]

    @Test(arguments: malformed)
    func `a malformed message ends its stream and no other`(test: Case) {
        let server = Peer.server()
        server.take(test.bytes)
        server.take(Wire.request(3))
        let frames = Wire.frames(server.gather())
        let resets = frames.filter { $0.kind == Wire.Kind.reset.rawValue }
        #expect(resets.map(\.stream) == [1])
        #expect(resets.first?.code == test.code)
        #expect(frames.allSatisfy { $0.kind != Wire.Kind.goAway.rawValue })
        #expect(server.messages[3]?.hasEnded == true)
    }

    /// What ends the connection.
    static let fatal: [Case] = [
        .init("3.4 no preface", 1, []),
        .init(
            "4.2 a frame that is too long", 6,
            Wire.frame(.data, stream: 1, [UInt8](repeating: 0, count: 16_385))),
        .init(
            "4.3 a block that is no HPACK", 9,
            Wire.frame(.headers, 5, stream: 1, [0xff, 0xff, 0xff, 0xff, 0xff])),
        .init(
            "7541 2.3.3 an index that is not there", 9, Wire.frame(.headers, 5, stream: 1, [0xc6])),
        .init(
            "7541 4.2 a table that is too large", 9,
            Wire.frame(.headers, 5, stream: 1, [0x3f, 0xe1, 0xff, 0x03])),
        .init(
            "7541 5.2 padding of Huffman's code that is too long", 9,
            Wire.frame(
                .headers, 5, stream: 1,
                [0, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x84, 0x49, 0x50, 0x9f, 0xff])),
        .init(
            "7541 5.2 padding of Huffman's code with zeros", 9,
            Wire.frame(
                .headers, 5, stream: 1,
                [0, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x83, 0x49, 0x50, 0x90])),
        .init(
            "7541 5.2 the end of Huffman's code in a string", 9,
            Wire.frame(
                .headers, 5, stream: 1,
                [0, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x84, 0xff, 0xff, 0xff, 0xff])),
        .init(
            "7541 5.1 a number that is too large", 9,
            Wire.frame(.headers, 5, stream: 1, [0xff] + [UInt8](repeating: 0xff, count: 12) + [0])),
        .init(
            "7541 4.2 a new size of the table behind a field", 9,
            Wire.frame(.headers, 5, stream: 1, [0x82, 0x20])),
        .init(
            "7541 5.2 a string that is longer than its block", 9,
            Wire.frame(.headers, 5, stream: 1, [0, 1, 0x78, 9, 0x79])),
        .init("7541 6.1 index 0", 9, Wire.frame(.headers, 5, stream: 1, [0x80])),
        .init("5.1.1 an even stream", 1, Wire.request(2)),
        .init("5.1.1 a stream that goes back", 1, Wire.request(5) + Wire.request(3)),
        .init(
            "5.1 DATA on a stream whose end came", 5,
            Wire.request(1) + Wire.frame(.data, 0, stream: 1, [1])),
        .init("5.1 HEADERS on a stream whose end came", 5, Wire.request(1) + Wire.request(1)),
        .init("5.1 CONTINUATION on an idle stream", 1, Wire.frame(.continuation, 4, stream: 1, [])),
        .init(
            "6.9 a window update of 0 on a stream", 1,
            Wire.request(1, ends: false) + Wire.frame(.windowUpdate, 0, stream: 1, Wire.big(0))),
        .init(
            "5.3.1 a stream that depends on itself", 1,
            Wire.frame(
                .headers, 5 | Wire.Flag.priority, stream: 1, Wire.big(1) + [0, 0x82, 0x86, 0x84])),
        .init(
            "4.2 HEADERS that are too long", 6,
            Wire.frame(.headers, 5, stream: 1, [UInt8](repeating: 0, count: 16_385))),
        .init("6.8 GOAWAY of a wrong length", 6, Wire.frame(.goAway, stream: 0, [0, 0])),
        .init(
            "6.5.2 ENABLE_CONNECT_PROTOCOL of 2", 1,
            Wire.frame(.settings, stream: 0, [0, 8, 0, 0, 0, 2])),
        .init("5.1 DATA on an idle stream", 1, Wire.frame(.data, 1, stream: 1, [1])),
        .init("5.1 RST_STREAM on an idle stream", 1, Wire.frame(.reset, stream: 1, Wire.big(8))),
        .init(
            "5.1 WINDOW_UPDATE on an idle stream", 1,
            Wire.frame(.windowUpdate, stream: 1, Wire.big(8))),
        .init("6.1 DATA on stream 0", 1, Wire.frame(.data, 0, stream: 0, [1])),
        .init(
            "6.1 padding as long as the frame", 1,
            Wire.request(1, ends: false)
                + Wire.frame(.data, Wire.Flag.padded, stream: 1, [5, 0, 0, 0, 0])),
        .init("6.2 HEADERS on stream 0", 1, Wire.request(0)),
        .init(
            "6.2 padding of HEADERS", 1,
            Wire.frame(.headers, 5 | Wire.Flag.padded, stream: 1, [9, 0x82])),
        .init(
            "6.3 PRIORITY of a wrong length", 6,
            Wire.request(1, ends: false) + Wire.frame(.priority, stream: 1, [0, 0, 0, 0])),
        .init(
            "6.4 RST_STREAM of a wrong length", 6,
            Wire.request(1, ends: false) + Wire.frame(.reset, stream: 1, [0, 0, 0])),
        .init("6.4 RST_STREAM on stream 0", 1, Wire.frame(.reset, stream: 0, Wire.big(8))),
        .init("6.5 SETTINGS of a wrong length", 6, Wire.frame(.settings, stream: 0, [0, 0, 0])),
        .init("6.5 SETTINGS on a stream", 1, Wire.frame(.settings, stream: 1)),
        .init(
            "6.5 an acknowledgement with a payload", 6,
            Wire.frame(.settings, 1, stream: 0, [0, 1, 0, 0, 0, 0])),
        .init("6.5.2 ENABLE_PUSH of 2", 1, Wire.frame(.settings, stream: 0, [0, 2, 0, 0, 0, 2])),
        .init(
            "6.5.2 a window of 2^31", 3, Wire.frame(.settings, stream: 0, [0, 4, 0x80, 0, 0, 0])),
        .init("6.5.2 a frame size of 1", 1, Wire.frame(.settings, stream: 0, [0, 5, 0, 0, 0, 1])),
        .init(
            "6.6 a client that pushes", 1,
            Wire.request(1, ends: false) + Wire.frame(.pushPromise, 4, stream: 1, Wire.big(2))),
        .init("6.7 PING of a wrong length", 6, Wire.frame(.ping, stream: 0, [0])),
        .init(
            "6.7 PING on a stream", 1, Wire.frame(.ping, stream: 1, [UInt8](repeating: 0, count: 8))
        ),
        .init(
            "6.8 GOAWAY on a stream", 1,
            Wire.frame(.goAway, stream: 1, [UInt8](repeating: 0, count: 8))),
        .init(
            "6.9 WINDOW_UPDATE of a wrong length", 6,
            Wire.frame(.windowUpdate, stream: 0, [0, 0, 1])),
        .init("6.9 a window update of 0", 1, Wire.frame(.windowUpdate, stream: 0, Wire.big(0))),
        .init(
            "6.9.1 a window above its limit", 3,
            Wire.frame(.windowUpdate, stream: 0, Wire.big(0x7fff_ffff))),
        .init(
            "6.10 CONTINUATION behind nothing", 1, Wire.frame(.continuation, 4, stream: 1, [0x82])),
        .init(
            "6.10 a frame between HEADERS and CONTINUATION", 1,
            Wire.frame(.headers, 1, stream: 1, [0x82])
                + Wire.frame(.ping, stream: 0, [UInt8](repeating: 0, count: 8))),
        .init(
            "6.10 CONTINUATION of another stream", 1,
            Wire.frame(.headers, 1, stream: 1, [0x82])
                + Wire.frame(.continuation, 4, stream: 3, [0x84])),
    ]

    @Test(arguments: fatal, [1, 7, .max])
    func `a broken connection ends with GOAWAY`(test: Case, piece: Int) {
        let server: Peer
        if test.bytes.isEmpty {
            server = Peer(isServer: true)
            server.take(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), piece: piece)
            #expect(server.isBroken)
            return
        }
        server = Peer.server()
        server.take(test.bytes, piece: piece)
        let frames = Wire.frames(server.gather())
        let last = frames.last { $0.kind == Wire.Kind.goAway.rawValue }
        #expect(last?.code == test.code, "\(frames)")
        #expect(server.isOver)
    }

    @Test func `pings and settings are acknowledged, unknown frames and settings passed over`() {
        let server = Peer.server()
        server.take(Wire.frame(.ping, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8]))
        server.take(Wire.frame(.settings, stream: 0, [0, 99, 0, 0, 0, 1]))
        server.take(Wire.frame(0x99, 0, stream: 0, [1, 2, 3]))
        server.take(Wire.frame(.priority, stream: 1, [0, 0, 0, 0, 9]))
        let frames = Wire.frames(server.gather())
        #expect(
            frames.contains(
                Wire.Frame(kind: 6, flags: 1, stream: 0, payload: [1, 2, 3, 4, 5, 6, 7, 8])))
        #expect(frames.contains(Wire.Frame(kind: 4, flags: 1, stream: 0, payload: [])))
        server.take(Wire.request(3))
        #expect(server.messages[3]?.hasEnded == true)
    }

    @Test func `crumbs of cookies are joined, and the authority becomes Host`() {
        let server = Peer.server()
        server.take(Wire.request(1, [("cookie", "a=1"), ("x", "2"), ("cookie", "b=2")]))
        #expect(
            server.messages[1]?.heads == [
                "GET / HTTP/1.1\r\nhost: a.test\r\nx: 2\r\ncookie: a=1; b=2\r\n\r\n"
            ])
    }

    @Test func `the same host beside the authority stands once`() {
        let server = Peer.server()
        server.take(Wire.request(1, [("host", "A.TEST")]))
        #expect(server.messages[1]?.heads == ["GET / HTTP/1.1\r\nhost: a.test\r\n\r\n"])
    }

    @Test(arguments: [
        ("https", "a.test", "a.test:443", true), ("https", "a.test:443", "A.test", true),
        ("http", "a.test:80", "a.test", true), ("http", "a.test:80", "a.test:80", true),
        ("http", "a.test", "a.test:443", false), ("https", "a.test", "a.test:80", false),
        ("https", "a.test:8443", "a.test", false), ("http", "a:80", ":80", false),
        ("ftp", "a.test", "a.test:80", false),
    ])
    func `Host may say the scheme's own port, or not`(
        scheme: String, authority: String, host: String, isSame: Bool
    ) {
        let server = Peer.server()
        let fields = [
            (":method", "GET"), (":scheme", scheme), (":path", "/"), (":authority", authority),
            ("host", host),
        ]
        server.take(Wire.headers(1, fields))
        let heads = server.messages[1]?.heads ?? []
        #expect(heads == (isSame ? ["GET / HTTP/1.1\r\nhost: \(authority)\r\n\r\n"] : []))
    }

    @Test(arguments: ["application/grpc", "Application/gRPC+proto", "text/plain"])
    func `an answer that is nothing but a head says no length to a call`(type: String) {
        let server = Peer.server()
        server.take(Wire.request(1, [("content-type", type)], method: "POST"))
        server.write("HTTP/1.1 200 OK\r\ngrpc-status: 12\r\ncontent-length: 0\r\n\r\n", to: 1)
        let heads = Wire.frames(server.gather()).filter { $0.kind == 1 }
        // content-length, whose name stands in the static table (RFC 7541 section 6.2.2).
        let length: [UInt8] = [0x0f, 0x0d, 0x01, 0x30]
        #expect(heads.count == 1)
        #expect(heads.first?.payload.contains(length) == (type == "text/plain"))
    }

    @Test func `a head over many frames is one`() {
        let server = Peer.server()
        let block = Wire.block([
            (":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a.test"),
            ("x", String(repeating: "y", count: 40)),
        ])
        server.take(Wire.frame(.headers, 1, stream: 1, Array(block[..<20])))
        server.take(Wire.frame(.continuation, 0, stream: 1, Array(block[20..<50])))
        let other = Peer.server()
        // Another connection uses the same workspace meanwhile.
        swap(&server.work, &other.work)
        other.take(Wire.request(1, [("z", "1")]))
        swap(&server.work, &other.work)
        server.forgetText()
        server.take(Wire.frame(.continuation, 4, stream: 1, Array(block[50...])))
        #expect(
            server.messages[1]?.heads == [
                "GET / HTTP/1.1\r\nhost: a.test\r\nx: \(String(repeating: "y", count: 40))\r\n\r\n"
            ])
    }

    @Test func `CONNECT comes as it is, extended CONNECT as an upgrade`() {
        let server = Peer.server()
        server.take(Wire.headers(1, [(":method", "CONNECT"), (":authority", "b.test:443")]))
        server.take(
            Wire.headers(
                3,
                [
                    (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"),
                    (":path", "/chat"), (":authority", "a.test"),
                    ("sec-websocket-version", "13"),
                ], ends: false))
        #expect(
            server.messages[1]?.heads.first?.hasPrefix("CONNECT b.test:443 HTTP/1.1\r\n") == true)
        #expect(
            server.messages[3]?.heads.map { $0.replacing(/key: .{22}==/, with: "key: KEY") } == [
                """
                GET /chat HTTP/1.1\r\nhost: a.test\r\nconnection: upgrade\r\n\
                upgrade: websocket\r\nsec-websocket-key: KEY\r\n\
                sec-websocket-version: 13\r\n\r\n
                """
            ])
    }
}
