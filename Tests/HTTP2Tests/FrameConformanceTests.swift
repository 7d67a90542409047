import HTTP2
import Testing

/// What RFC 9113 says of single frames beside what ConformanceTests has: where they may stand, what
/// is passed over, and what ends the connection.
struct FrameConformanceTests {
    typealias Case = ConformanceTests.Case

    private static let eight = [UInt8](repeating: 7, count: 8)
    private static func long(_ kind: UInt8, _ flags: UInt8 = 0, stream: Int32) -> [UInt8] {
        Wire.frame(kind, flags, stream: stream, [UInt8](repeating: 0, count: 16_385))
    }
    /// A head of which more is to come.
    private static let begun = Wire.frame(.headers, 1, stream: 1, [0x82])

    /// What ends the connection, and with which code.
    static let fatal: [Case] = [
        .init("4.2 SETTINGS that are too long", 6, long(4, stream: 0)),
        .init("4.2 PING that is too long", 6, long(6, stream: 0)),
        .init("4.2 WINDOW_UPDATE that is too long", 6, long(8, stream: 0)),
        .init("4.2 CONTINUATION that is too long", 6, begun + long(9, stream: 1)),
        .init("4.2 a frame of an unknown kind that is too long", 6, long(0x99, stream: 0)),
        .init(
            "4.3 PRIORITY in a head", 1, begun + Wire.frame(.priority, stream: 1, [0, 0, 0, 0, 9])),
        .init("4.3 HEADERS of another stream in a head", 1, begun + Wire.request(3)),
        .init("4.3 HEADERS of the same stream in a head", 1, begun + Wire.request(1)),
        .init("4.3 DATA in a head", 1, begun + Wire.frame(.data, stream: 1, [1])),
        .init("4.3 SETTINGS in a head", 1, begun + Wire.frame(.settings)),
        .init("4.3 RST_STREAM in a head", 1, begun + Wire.frame(.reset, stream: 1, Wire.big(8))),
        .init(
            "4.3 GOAWAY in a head", 1, begun + Wire.frame(.goAway, stream: 0, eight)),
        .init(
            "4.3 a window update in a head", 1,
            begun + Wire.frame(.windowUpdate, stream: 1, Wire.big(1))),
        .init(
            "5.5 a frame of an unknown kind in a head", 1,
            begun + Wire.frame(0x99, 0, stream: 1, [])),
        .init(
            "4.3 a head that breaks in its last piece", 9,
            begun + Wire.frame(.continuation, 4, stream: 1, [0xff, 0xff, 0xff, 0xff, 0xff])),
        .init("4.3 a head that ends within a field", 9, Wire.frame(.headers, 5, stream: 1, [0x40])),
        .init(
            "5.1 CONTINUATION on a stream whose end came", 1,
            Wire.request(1) + Wire.frame(.continuation, 4, stream: 1, [0x82])),
        .init(
            "5.1 CONTINUATION on a stream that was reset", 1,
            Wire.request(1) + Wire.frame(.reset, stream: 1, Wire.big(8))
                + Wire.frame(.continuation, 4, stream: 1, [0x82])),
        .init("6.3 PRIORITY on stream 0", 1, Wire.frame(.priority, stream: 0, [0, 0, 0, 0, 9])),
        .init(
            "6.3 PRIORITY that is too long", 6,
            Wire.frame(.priority, stream: 1, [0, 0, 0, 0, 9, 9])),
        .init(
            "6.4 RST_STREAM that is too long", 6,
            Wire.request(1, ends: false) + Wire.frame(.reset, stream: 1, Wire.big(8) + [0])),
        .init(
            "6.5.2 a frame size of 16,383", 1,
            Wire.frame(.settings, stream: 0, [0, 5, 0, 0, 0x3f, 0xff])),
        .init(
            "6.5.2 a frame size of 2^24", 1, Wire.frame(.settings, stream: 0, [0, 5, 1, 0, 0, 0])),
        .init(
            "6.5.2 a good setting before one that is not", 1,
            Wire.frame(.settings, stream: 0, [0, 3, 0, 0, 0, 9, 0, 2, 0, 0, 0, 9])),
        .init(
            "6.6 PUSH_PROMISE on stream 0", 1, Wire.frame(.pushPromise, 4, stream: 0, Wire.big(2))),
        .init(
            "6.6 PUSH_PROMISE on an idle stream", 1,
            Wire.frame(.pushPromise, 4, stream: 1, Wire.big(2) + [0x82])),
        .init("6.7 PING that is longer", 6, Wire.frame(.ping, stream: 0, eight + [0])),
        .init(
            "6.9 WINDOW_UPDATE of a wrong length on a stream", 6,
            Wire.request(1, ends: false) + Wire.frame(.windowUpdate, stream: 1, [0, 1])),
        .init(
            "6.9.1 windows that add up to too much", 3,
            Wire.frame(.windowUpdate, stream: 0, Wire.big(0x7fff_0000))
                + Wire.frame(.windowUpdate, stream: 0, Wire.big(0x0000_ffff))),
        .init(
            "6.10 CONTINUATION on stream 0", 1,
            begun + Wire.frame(.continuation, 4, stream: 0, [0x84])),
        .init(
            "6.10 CONTINUATION behind the end of a head", 1,
            Wire.frame(.headers, 0, stream: 1, [])
                + Wire.frame(
                    .continuation, 4, stream: 1,
                    Wire.block([
                        (":method", "POST"), (":scheme", "https"), (":path", "/"),
                        (":authority", "a.test"),
                    ])) + Wire.frame(.continuation, 4, stream: 1, [])),
        .init(
            "6.10 CONTINUATION behind DATA", 1,
            Wire.request(1, method: "POST", ends: false) + Wire.frame(.data, stream: 1, [1])
                + Wire.frame(.continuation, 4, stream: 1, [0x82])),
        .init(
            "7541 2.3.3 the name of an index that is not there", 9,
            Wire.frame(.headers, 5, stream: 1, [0x82, 0x86, 0x84, 0x7f, 0x40, 1, 0x61])),
        .init(
            "7541 4.1 an index that was thrown out for room", 9,
            // 4,000 bytes, then 200 more: the first is gone.
            Wire.frame(
                .headers, 5, stream: 1,
                [0x82, 0x86, 0x84, 0x40] + Wire.string([0x61])
                    + Wire.string([UInt8](repeating: 0x62, count: 4_000)) + [0x40]
                    + Wire.string([0x63]) + Wire.string([UInt8](repeating: 0x62, count: 200))
                    + [0xbf])),
        .init(
            "7541 4.4 a field that is larger than the table empties it", 9,
            Wire.frame(
                .headers, 5, stream: 1,
                [0x82, 0x86, 0x84, 0x40, 1, 0x61, 1, 0x62, 0x40] + Wire.string([0x63])
                    + Wire.string([UInt8](repeating: 0x62, count: 5_000)) + [0xbe])),
        .init(
            "7541 4.3 a table of 0 holds nothing", 9,
            Wire.frame(
                .headers, 5, stream: 1, [0x20, 0x82, 0x86, 0x84, 0x40, 1, 0x61, 1, 0x62, 0xbe])),
    ]

    @Test(arguments: fatal, [1, .max])
    func `a broken connection ends with GOAWAY`(test: Case, piece: Int) {
        let server = Peer.server()
        server.take(test.bytes, piece: piece)
        let frames = Wire.frames(server.gather())
        let last = frames.last { $0.kind == Wire.Kind.goAway.rawValue }
        #expect(last?.code == test.code, "\(frames)")
        #expect(server.isOver)
    }

    /// What a server takes without a word of complaint. Stream 1 has a request whose end came.
    static let harmless: [Case] = [
        .init(
            "5.1 PRIORITY on an idle stream", 0, Wire.frame(.priority, stream: 9, [0, 0, 0, 0, 9])),
        .init(
            "5.1 PRIORITY on a stream whose end came", 0,
            Wire.frame(.priority, stream: 1, [0, 0, 0, 0, 9])),
        .init(
            "5.1 a window update on a stream whose end came", 0,
            Wire.frame(.windowUpdate, stream: 1, Wire.big(9))),
        .init(
            "5.1 RST_STREAM on a stream whose end came", 0,
            Wire.frame(.reset, stream: 1, Wire.big(8))),
        .init(
            "5.1 what may still come for a stream that is closed", 0,
            Wire.frame(.reset, stream: 1, Wire.big(8))
                + Wire.frame(.windowUpdate, stream: 1, Wire.big(9))
                + Wire.frame(.reset, stream: 1, Wire.big(8))
                + Wire.frame(.priority, stream: 1, [0, 0, 0, 0, 9])),
        .init(
            "4.1 a frame of an unknown kind on a stream", 0,
            Wire.frame(0x99, 0xff, stream: 1, [1])),
        .init(
            "4.1 the reserved bit of a stream's number", 0,
            Wire.frame(.windowUpdate, stream: 1 | .min, Wire.big(9))),
        .init(
            "6.9 the reserved bit of a window update", 0,
            Wire.frame(.windowUpdate, stream: 0, Wire.big(0x8000_0009))),
        .init("4.1 undefined flags", 0, Wire.frame(.ping, 0xfe, stream: 0, eight)),
        .init("6.5 SETTINGS without any", 0, Wire.frame(.settings)),
        .init(
            "6.5.3 the same setting many times", 0,
            Wire.frame(
                .settings, stream: 0, [0, 4, 0, 0, 0, 9, 0, 4, 0, 0, 0, 8, 0, 4, 0, 0, 1, 0])),
        .init(
            "6.5.2 settings at their ends", 0,
            Wire.frame(
                .settings, stream: 0,
                [0, 1, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0, 0, 0]
                    + [0, 4, 0x7f, 0xff, 0xff, 0xff, 0, 5, 0, 0xff, 0xff, 0xff, 0, 6, 0, 0, 0, 0])),
        .init("6.7 an answer to no PING", 0, Wire.frame(.ping, 1, stream: 0, eight)),
        .init(
            "7 RST_STREAM with a code that nobody knows", 0,
            Wire.frame(.reset, stream: 1, Wire.big(0xfefe_fefe))),
    ]

    @Test(arguments: harmless, [1, .max])
    func `what may come is taken, and other streams go on`(test: Case, piece: Int) {
        let server = Peer.server()
        server.take(Wire.request(1))
        server.take(test.bytes, piece: piece)
        server.take(Wire.request(3))
        let frames = Wire.frames(server.gather())
        #expect(frames.allSatisfy { $0.kind != 3 && $0.kind != 7 }, "\(frames)")
        #expect(server.messages[3]?.hasEnded == true)
        #expect(server.fault == nil)
    }

    /// What is no connection of HTTP/2 from its beginning.
    static let beginnings: [Case] = [
        .init("3.4 a request before SETTINGS", 1, Wire.preface + Wire.request(1)),
        .init("3.4 PING before SETTINGS", 1, Wire.preface + Wire.frame(.ping, stream: 0, eight)),
        .init("3.4 an acknowledgement before SETTINGS", 1, Wire.preface + Wire.frame(.settings, 1)),
        .init(
            "3.4 a frame of an unknown kind before SETTINGS", 1,
            Wire.preface + Wire.frame(0x99, 0, stream: 0, [])),
        .init("3.4 a preface that is wrong at its end", 1, Wire.preface.dropLast() + [0x21]),
    ]

    @Test(arguments: beginnings, [1, .max])
    func `a connection begins with the preface and SETTINGS`(test: Case, piece: Int) {
        let server = Peer(isServer: true)
        server.take(test.bytes, piece: piece)
        let frames = Wire.frames(server.gather())
        #expect(frames.first?.kind == Wire.Kind.settings.rawValue)
        #expect(server.isBroken || frames.contains { $0.kind == 7 && $0.code == test.code })
        #expect(server.messages.isEmpty)
    }

    @Test func `frames of a stream that was reset reach nobody`() {
        let server = Peer.server()
        server.take(Wire.request(1, method: "POST", ends: false))
        server.take(Wire.frame(.reset, stream: 1, Wire.big(8)))
        let before = server.messages[1]
        server.take(Wire.frame(.data, 1, stream: 1, [1, 2, 3]))
        server.take(Wire.request(1))
        #expect(server.messages[1] == before)
        #expect(server.order == [1])
    }

    @Test func `padding and priorities are taken off, in frames of any shape`() {
        let server = Peer.server()
        let head = Wire.block([
            (":method", "POST"), (":scheme", "https"), (":path", "/"), (":authority", "a.test"),
        ])
        let flags = Wire.Flag.endHeaders | Wire.Flag.padded | Wire.Flag.priority
        let zeros = [UInt8](repeating: 0, count: 255)
        server.take(
            Wire.frame(
                .headers, flags, stream: 1, [255] + Wire.big(0x8000_0003) + [200] + head + zeros))
        server.take(Wire.frame(.data, Wire.Flag.padded, stream: 1, [0, 1]))
        server.take(Wire.frame(.data, Wire.Flag.padded, stream: 1, [255, 2] + zeros))
        server.take(Wire.frame(.data, Wire.Flag.padded, stream: 1, [255] + zeros))
        server.take(Wire.frame(.data, 0, stream: 1, [UInt8](repeating: 3, count: 16_384)))
        server.take(Wire.frame(.data, 0xff & ~Wire.Flag.padded, stream: 1, [4]))
        let message = server.messages[1]
        #expect(message?.heads.count == 1)
        #expect(message?.body == [1, 2] + [UInt8](repeating: 3, count: 16_384) + [4])
        #expect(message?.hasEnded == true)
        #expect(server.fault == nil)
    }

    @Test func `padding counts in the windows, and is given back`() {
        let server = Peer.server()
        server.take(Wire.request(1, method: "POST", ends: false))
        let padded = [255] + [UInt8](repeating: 0, count: 255)
        // Four times the window of the stream, in padding behind a byte.
        for _ in 0..<1_024 {
            server.take(
                Wire.frame(.data, Wire.Flag.padded, stream: 1, [255, 9] + padded.dropFirst()))
            _ = server.gather()
        }
        #expect(server.fault == nil)
        #expect(server.messages[1]?.closedWith == nil)
        #expect(server.messages[1]?.body.count == 1_024)
    }

    @Test func `a client that goes away is served to its end`() {
        let server = Peer.server()
        server.take(Wire.request(1))
        server.take(
            Wire.frame(.goAway, stream: 0, Wire.big(0) + Wire.big(0xfefe_fefe) + [1, 2, 3]))
        #expect(!server.isOver)
        #expect(server.goneAway.map(\.code) == [0xfefe_fefe])
        server.write("HTTP/1.1 200 OK\r\n\r\nhello", to: 1)
        #expect(Wire.frames(server.gather()).contains { $0.kind == 0 && $0.stream == 1 })
        #expect(server.messages[1]?.closedWith == 0)
    }
}

/// How a server keeps to what its client's SETTINGS say.
struct ClientSettingsTests {
    private func bodies(_ server: Peer) -> [Int] {
        Wire.frames(server.gather()).filter { $0.kind == 0 }.map(\.payload.count)
    }

    private func server(_ settings: [UInt8]) -> Peer {
        let peer = Peer(isServer: true)
        peer.take(Wire.preface + Wire.frame(.settings, stream: 0, settings))
        _ = peer.gather()
        peer.take(Wire.request(1))
        return peer
    }

    @Test func `no frame is longer than 16 KiB where the client says nothing else`() {
        let server = server([])
        server.write(
            "HTTP/1.1 200 OK\r\nx: \(String(repeating: "~", count: 40_000))\r\n\r\n", to: 1,
            isLast: false)
        server.write([UInt8](repeating: 1, count: 65_536), to: 1, isLast: true)
        let frames = Wire.frames(server.gather())
        #expect(frames.allSatisfy { $0.payload.count <= 16_384 })
        // A long head goes on in CONTINUATION, of which the last alone ends it.
        let head = frames.prefix { $0.kind == 1 || $0.kind == 9 }
        #expect(head.count > 1)
        #expect(head.dropFirst().allSatisfy { $0.kind == 9 })
        #expect(head.map { $0.flags & 4 } == head.indices.map { $0 == head.count - 1 ? 4 : 0 })
        #expect(frames.filter { $0.kind == 0 }.map(\.payload.count).reduce(0, +) == 65_535)
    }

    @Test func `a window that shrinks below nothing holds the body until it is above again`() {
        let server = server([0, 4, 0, 0, 0, 10])
        server.write("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 30), to: 1)
        #expect(bodies(server) == [10])
        // -7, then 0, then 1.
        server.take(Wire.frame(.settings, stream: 0, [0, 4, 0, 0, 0, 3]))
        #expect(bodies(server) == [])
        server.take(Wire.frame(.windowUpdate, stream: 1, Wire.big(7)))
        #expect(bodies(server) == [])
        server.take(Wire.frame(.windowUpdate, stream: 1, Wire.big(1)))
        #expect(bodies(server) == [1])
        // Of streams that are here the window grows too.
        server.take(Wire.frame(.settings, stream: 0, [0, 4, 0, 0, 0, 5]))
        #expect(bodies(server) == [2])
        server.take(Wire.frame(.settings, stream: 0, [0, 4, 0, 0, 1, 0]))
        #expect(bodies(server) == [17])
        #expect(server.messages[1]?.closedWith == 0)
    }

    @Test func `the window of the connection holds all streams, that of a stream only it`() {
        let server = server([0, 4, 0, 1, 0, 0])
        server.take(Wire.request(3))
        for stream in [Int32(1), 3] {
            server.write("HTTP/1.1 200 OK\r\n\r\n", to: stream, isLast: false)
            server.write([UInt8](repeating: 1, count: 40_000), to: stream, isLast: true)
        }
        #expect(bodies(server).reduce(0, +) == 65_535)
        server.take(Wire.frame(.windowUpdate, stream: 1, Wire.big(1_000)))
        server.take(Wire.frame(.windowUpdate, stream: 3, Wire.big(1_000)))
        #expect(bodies(server) == [])
        server.take(Wire.frame(.windowUpdate, stream: 0, Wire.big(20_000)))
        #expect(bodies(server).reduce(0, +) == 14_465)
    }

    @Test func `a client that keeps no table gets heads that need none`() {
        let server = server([0, 1, 0, 0, 0, 0])
        var blocks: [[UInt8]] = []
        for stream in [Int32(1), 3, 5] {
            if stream > 1 { server.take(Wire.request(stream)) }
            server.write("HTTP/1.1 200 OK\r\nserver: x\r\nx-own: y\r\n\r\n", to: stream)
            blocks += Wire.frames(server.gather()).filter { $0.kind == 1 }.map(\.payload)
        }
        // The change of the table's size is told once, before all else (RFC 7541 section 4.2).
        #expect(blocks.first?.first == 0x20)
        // Whoever uses a table writes the second head another way than the first.
        #expect(blocks.count == 3)
        #expect(blocks.dropFirst().allSatisfy { $0 == Array(blocks[0].dropFirst()) })
    }
}
