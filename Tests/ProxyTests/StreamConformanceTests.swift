import Kernel
import Settings
import Telemetry
import Testing

@testable import Proxy

extension LiveTests {
    /// Clients that break the rules of HTTP/2 over real sockets, beside others that do
    /// not: what they are told, and that the others go on.
    @Suite
    struct StreamConformanceTests {
        struct Case: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let code: UInt32
            let bytes: [UInt8]

            init(_ name: String, _ code: UInt32, _ bytes: [UInt8]) {
                testDescription = name
                self.code = code
                self.bytes = bytes
            }
        }

        /// One of each code, and of each place where a rule is kept.
        static let fatal: [Case] = [
            .init("a frame that is too long", 6, Frames.make(0, 0, 1, Frames.zeros(16_385))),
            .init("PING on a stream", 1, Frames.make(6, 0, 1, Frames.zeros(8))),
            .init(
                "a window of the connection that overflows", 3,
                Frames.make(8, 0, 0, [0x7f, 255, 255, 255])),
            .init("a window of 2^31", 3, Frames.make(4, 0, 0, [0, 4, 128, 0, 0, 0])),
            .init("a head that is no HPACK", 9, Frames.make(1, 5, 1, [0x80])),
            .init(
                "DATA behind the end of a request", 5, Frames.request(1) + Frames.make(0, 0, 1, [1])
            ),
            .init("DATA on an idle stream", 1, Frames.make(0, 1, 1, [1])),
            .init("an even stream", 1, Frames.request(2)),
            .init("a stream that goes back", 1, Frames.request(5) + Frames.request(3)),
            .init(
                "a frame within a head", 1,
                Frames.make(1, 1, 1, [0x82]) + Frames.make(6, 0, 0, Frames.zeros(8))),
            .init(
                "a client that pushes", 1, Frames.request(1) + Frames.make(5, 4, 1, [0, 0, 0, 2])),
            .init("SETTINGS of a wrong length", 6, Frames.make(4, 0, 0, [0, 3, 0])),
        ]

        @Test(arguments: fatal)
        func `a broken connection is told why and ends, and another goes on`(test: Case)
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let other = try stage.streamClient()
            let stream = try other.get("/other")
            let upstream = try target.accept()
            _ = try upstream.request()

            let client = try stage.client()
            client.send(Frames.beginning + test.bytes)
            #expect(client.receiveAll() != .late)
            let goAway = Frames.read(client.received).last { $0.kind == 7 }
            #expect(goAway?.code == test.code)

            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            #expect(try other.answer(stream).text == "ok")
            let counters = await stage.counters { $0.http2[.broken] == 1 }
            #expect(counters.http2[.broken] == 1)
            other.peer.close()
            await stage.end()
        }

        /// Requests that break the rules of section 8, or that a proxy must not pass on.
        static let refused: [Case] = [
            .init("upper case", 1, Frames.request(1, [("X", "1")])),
            .init("connection", 1, Frames.request(1, [("connection", "close")])),
            .init("transfer-encoding", 1, Frames.request(1, [("transfer-encoding", "chunked")])),
            .init("a line feed in a value", 1, Frames.request(1, [("x", "a\nb: c")])),
            .init(
                "two lengths", 1,
                Frames.request(1, [("content-length", "0"), ("content-length", "0")])),
            .init("a length without a body", 1, Frames.request(1, [("content-length", "5")])),
            .init("another host", 1, Frames.request(1, [("host", "b.test")])),
            .init("a path that is none", 1, Frames.request(1, path: "x")),
            .init(
                "a body that is too short", 1,
                Frames.request(1, [("content-length", "5")], ends: false)
                    + Frames.make(0, 1, 1, [1])),
            .init(
                "a window of the stream that overflows", 3,
                Frames.request(1, ends: false) + Frames.make(8, 0, 1, [0x7f, 255, 255, 255])),
        ]

        @Test(arguments: refused)
        func `a malformed request is reset, and the next stream is served`(test: Case)
            async throws
        {
            let origin = try Origin(answering: { request in
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Line: \(request.startLine)\r\n\r\ngood"
            })
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            client.send(Frames.beginning + test.bytes + Frames.request(3, path: "/next"))
            func frames() -> [Frames.Frame] { Frames.read(client.received) }
            while !frames().contains(where: { $0.kind == 0 && $0.stream == 3 && $0.flags & 1 == 1 }
            ),
                client.receive()
            {}
            let resets = frames().filter { $0.kind == 3 }
            #expect(resets.map(\.stream) == [1])
            #expect(resets.first?.code == test.code)
            #expect(frames().contains { $0.kind == 0 && $0.payload == Array("good".utf8) })
            #expect(frames().allSatisfy { $0.kind != 7 })
            client.close()
            await stage.end()
        }

        /// What a client may not do, each once.
        static let refusals: [(HTTP2Refusal, [UInt8])] = [
            (.malformed, Frames.request(1, [("connection", "close")])),
            (.streams, (0...128).flatMap { Frames.request(UInt32(2 * $0 + 1), ends: false) }),
            (
                .head,
                Frames.request(
                    1, (0..<90).map { ("x\($0)", String(repeating: "x", count: 100)) })
            ),
            (.head, Frames.request(1, (0..<110).map { ("x\($0)", "") })),
            (
                .continuations,
                Frames.make(1, 1, 1, [0x82])
                    + (0..<9).flatMap { _ in Frames.make(9, 0, 1, [0x84]) }
            ),
            (.flood, (0..<1_100).flatMap { _ in Frames.make(6, 0, 0, Frames.zeros(8)) }),
        ]

        @Test(arguments: refusals)
        func `what a client is refused is counted by its reason`(
            reason: HTTP2Refusal, bytes: [UInt8]
        ) async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], limits: ListenerLimits(headBytes: 8_192, fields: 100))
            let client = try stage.client()
            client.send(Frames.beginning + bytes)
            let counters = await stage.counters { $0.http2[reason] > 0 }
            for other in HTTP2Refusal.allCases {
                #expect(counters.http2[other] == (other == reason ? 1 : 0), "\(other)")
            }
            client.close()
            await stage.end()
        }

        /// Begins a request and sends of its body until there is room for more than `wanted` bytes,
        /// at most so many; returns how many more may be sent then.
        private func room(
            _ client: Peer, _ stream: UInt32, above wanted: Int, most: Int
        ) -> Int {
            client.send(Frames.request(stream, ends: false))
            let piece = Frames.make(0, 0, stream, Frames.zeros(16_384))
            var (sent, given) = (0, 65_535)
            while given - sent <= wanted, sent < most {
                if given - sent >= 16_384 {
                    client.send(piece)
                    sent += 16_384
                } else if !client.receive() {
                    break
                }
                given = 65_535
                for frame in Frames.read(client.received) where frame.kind == 8 {
                    if frame.stream == stream { given += Int(frame.code) }
                }
            }
            return given - sent
        }

        @Test func `a client whose body is taken as it comes may send more of it at once`()
            async throws
        {
            let origin = try Origin { peer, _ in while peer.discard() > 0 {} }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            client.send(Frames.beginning)
            #expect(room(client, 1, above: 4 * 65_536, most: 256 << 20) > 4 * 65_536)
            client.close()
            await stage.end()
        }

        @Test func `no client may send more than its part before any of it is read`()
            async throws
        {
            let origin = try Origin { peer, _ in while peer.discard() > 0 {} }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            client.send(Frames.beginning)
            let most = Limits.mostClientWindow
            #expect(room(client, 1, above: most, most: 8 * most) <= most)
            client.close()
            await stage.end()
        }

        @Test func `all bodies together may send only so much more, and who ends makes room`()
            async throws
        {
            let origin = try Origin { peer, _ in while peer.discard() > 0 {} }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            client.send(Frames.beginning)
            let streams = (0..<24).map { UInt32(2 * $0 + 1) }
            let rooms = streams.map { room(client, $0, above: 2 << 20, most: 1 << 20) }
            #expect(rooms.reduce(0, +) <= Limits.grownClientWindowBytes + rooms.count * 65_535)
            for stream in streams { client.send(Frames.make(3, 0, stream, [0, 0, 0, 8])) }
            #expect(room(client, 49, above: 4 * 65_536, most: 256 << 20) > 4 * 65_536)
            client.close()
            await stage.end()
        }

        @Test func `authorities with a name and a password reach no target`() async throws {
            let origin = try Origin(answering: { _ in
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
            })
            let stage = try await Stage([[origin.port]])
            for authority in ["me:secret@a.test", "a.test/x", "a test", "a.test:port", ""] {
                let client = try stage.client()
                client.send(
                    Frames.beginning + Frames.request(1, authority: authority)
                        + Frames.make(7, 0, 0, Frames.zeros(8)))
                while !Frames.read(client.received).contains(where: { $0.stream == 1 }),
                    client.receive()
                {}
                let body = Frames.read(client.received).filter { $0.kind == 0 }.flatMap(\.payload)
                #expect(body != Array("good".utf8), "\(authority)")
                client.close()
            }
            await stage.end()
        }
    }
}

/// Frames of HTTP/2, made and read without the code under test (RFC 9113 section 4).
enum Frames {
    struct Frame: Equatable {
        let kind: UInt8
        let flags: UInt8
        let stream: UInt32
        let payload: [UInt8]

        /// The code of a reset, or of GOAWAY.
        var code: UInt32 {
            (kind == 7 ? payload.dropFirst(4) : payload[...]).prefix(4)
                .reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// The client's preface and its SETTINGS.
    static let beginning = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + make(4, 0, 0, [])

    static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    static func make(_ kind: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8]
    {
        let count = payload.count
        let length = [count >> 16, count >> 8, count].map { UInt8(truncatingIfNeeded: $0) }
        let number = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) }
        return length + [kind, flags] + number + payload
    }

    /// A request whose fields are never indexed (RFC 7541 section 6.2.2), each shorter than 127.
    static func request(
        _ stream: UInt32, _ more: [(String, String)] = [], path: String = "/",
        authority: String = "a.test", ends: Bool = true
    ) -> [UInt8] {
        let fields = [
            (":method", "GET"), (":scheme", "http"), (":path", path), (":authority", authority),
        ]
        var block: [UInt8] = []
        for (name, value) in fields + more {
            block += [0, UInt8(name.utf8.count)] + Array(name.utf8)
            block += [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        return make(1, ends ? 5 : 4, stream, block)
    }

    /// All whole frames.
    static func read(_ bytes: [UInt8]) -> [Frame] {
        var (at, frames) = (0, [Frame]())
        while at + 9 <= bytes.count {
            let count = bytes[at..<at + 3].reduce(0) { $0 << 8 | Int($1) }
            guard at + 9 + count <= bytes.count else { break }
            let stream = bytes[at + 5..<at + 9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                Frame(
                    kind: bytes[at + 3], flags: bytes[at + 4], stream: stream & 0x7fff_ffff,
                    payload: Array(bytes[at + 9..<at + 9 + count])))
            at += 9 + count
        }
        return frames
    }
}
