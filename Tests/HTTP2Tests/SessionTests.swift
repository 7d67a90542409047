import HTTP2
import Testing

/// Requests and answers between two sessions of ours.
struct SessionTests {
    private static let request = "GET /a?b HTTP/1.1\r\nHost: a.test\r\nX-One: 1\r\n\r\n"

    @Test(arguments: [1, 2, 3, 9, 10, 100, .max])
    func `a request and its answer come as they were sent, in pieces of any size`(piece: Int)
        throws
    {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(client.open(Self.request))
        Peer.exchange(client, server, piece: piece)
        #expect(server.order == [stream])
        #expect(
            server.messages[stream]?.heads == [
                "GET /a?b HTTP/1.1\r\nhost: a.test\r\nx-one: 1\r\n\r\n"
            ])
        #expect(server.messages[stream]?.hasEnded == true)
        server.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello", to: stream)
        Peer.exchange(client, server, piece: piece)
        let answer = try #require(client.messages[stream])
        #expect(answer.heads == ["HTTP/1.1 200 \r\ncontent-length: 5\r\nserver: x\r\n\r\n"])
        #expect(answer.body == Array("hello".utf8))
        #expect(answer.hasEnded)
        #expect(answer.closedWith == 0)
        #expect(server.messages[stream]?.closedWith == 0)
    }

    @Test func `bodies of any size go both ways, with trailers`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let head = "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
        let stream = try #require(client.open(head, isLast: false))
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var sent = 0
        while sent < body.count {
            guard
                case .taken(let count) = client.write(
                    Array(body[sent...]), to: stream, isLast: false)
            else { break }
            sent += count
            Peer.exchange(client, server)
        }
        #expect(client.finish(stream, trailers: "X-Sum: 1\r\n\r\n"))
        Peer.exchange(client, server)
        let request = try #require(server.messages[stream])
        #expect(
            request.heads == [
                "POST / HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n"
            ])
        #expect(request.body == body)
        #expect(request.trailers == "x-sum: 1\r\n\r\n")
        server.write("HTTP/1.1 204 No Content\r\n\r\n", to: stream)
        Peer.exchange(client, server)
        #expect(client.messages[stream]?.heads == ["HTTP/1.1 204 \r\n\r\n"])
        #expect(client.messages[stream]?.closedWith == 0)
    }

    @Test func `trailers come behind a body that waits, and wait for room themselves`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(client.open(Self.request))
        Peer.exchange(client, server)
        client.readsAtOnce = false
        server.write("HTTP/1.1 200 OK\r\n\r\n", to: stream, isLast: false)
        let block = [UInt8](repeating: 1, count: 64 * 1024)
        #expect(server.write(block, to: stream, isLast: false) == .taken(block.count))
        Peer.exchange(client, server)
        #expect(server.write(block, to: stream, isLast: false) == .taken(block.count - 1))
        #expect(!server.finish(stream, trailers: "A: 1\r\nB: 2\r\n\r\n"))
        Peer.exchange(client, server)
        client.readsAtOnce = true
        client.session.haveRead(65_535, of: stream)
        Peer.exchange(client, server)
        #expect(server.writable == [stream * 10])
        #expect(server.finish(stream, trailers: "A: 1\r\nB: 2\r\n\r\n"))
        #expect(client.messages[stream]?.trailers == nil)
        Peer.exchange(client, server)
        #expect(client.messages[stream]?.trailers == "a: 1\r\nb: 2\r\n\r\n")
        #expect(client.messages[stream]?.body.count == 2 * 65_536 - 1)
        #expect(client.messages[stream]?.closedWith == 0)
    }

    @Test func `an upgrade that succeeds is 200, and bytes go both ways`() throws {
        let server = Peer.server()
        server.take(
            Wire.headers(
                1,
                [
                    (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"),
                    (":path", "/chat"), (":authority", "a.test"),
                ], ends: false))
        server.write(
            """
            HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: y\r\n\r\nhello
            """, to: 1, isLast: false)
        let frames = Wire.frames(server.gather())
        #expect(frames.map(\.kind) == [1, 0])
        #expect(frames.last?.payload == Array("hello".utf8))
        #expect(frames.allSatisfy { $0.flags & 1 == 0 })
        server.take(Wire.frame(.data, stream: 1, Array("ho".utf8)))
        #expect(server.messages[1]?.body == Array("ho".utf8))
        server.session.finish(1)
        server.take(Wire.frame(.data, Wire.Flag.endStream, stream: 1))
        _ = server.gather()
        #expect(server.messages[1]?.closedWith == 0)
    }

    @Test func `an answer before the end of a request ends the stream without a fault`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(client.open(Self.request, isLast: false))
        client.write([1, 2, 3], to: stream, isLast: false)
        server.readsAtOnce = false
        Peer.exchange(client, server)
        server.write("HTTP/1.1 413 Too Large\r\n\r\nbig", to: stream)
        server.session.discardRest(stream)
        client.write([4, 5, 6], to: stream, isLast: false)
        client.finish(stream, trailers: "X: 1\r\n\r\n")
        Peer.exchange(client, server)
        #expect(server.messages[stream]?.isTooLarge == false)
        #expect(server.messages[stream]?.trailers == nil)
        #expect(server.messages[stream]?.body == [1, 2, 3])
        #expect(client.messages[stream]?.body == Array("big".utf8))
        #expect(client.messages[stream]?.closedWith == HTTP2Code.none)
        #expect(server.session.streamCount == 0)
    }

    @Test func `interim answers come before the final one`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(client.open(Self.request))
        Peer.exchange(client, server)
        server.write(
            "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", to: stream,
            isLast: false)
        server.write("x", to: stream)
        Peer.exchange(client, server)
        #expect(
            client.messages[stream]?.heads == [
                "HTTP/1.1 103 \r\nlink: a\r\n\r\n",
                "HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n",
            ])
        #expect(client.messages[stream]?.body == [UInt8(ascii: "x")])
    }

    @Test func `an answer to HEAD has no body, whatever its length says`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(client.open("HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n"))
        Peer.exchange(client, server)
        server.write(
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", to: stream, isLast: false)
        Peer.exchange(client, server)
        let answer = try #require(client.messages[stream])
        #expect(answer.heads == ["HTTP/1.1 200 \r\ncontent-length: 99\r\n\r\n"])
        #expect(answer.hasEnded)
    }

    @Test func `an answer that ends with its head has a length of 0 as text`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(client.open(Self.request))
        Peer.exchange(client, server)
        server.write("HTTP/1.1 200 OK\r\nGrpc-Status: 12\r\n\r\n", to: stream)
        Peer.exchange(client, server)
        #expect(
            client.messages[stream]?.heads == [
                "HTTP/1.1 200 \r\ngrpc-status: 12\r\ncontent-length: 0\r\n\r\n"
            ])
    }

    @Test func `what concerns a connection goes, and te stays for trailers`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(
            client.open(
                """
                GET / HTTP/1.1\r\nConnection: close\r\nKeep-Alive: 5\r\nProxy-Connection: a\r\n\
                Upgrade: b\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\nHost: a.test\r\n\
                Content-Length:  0 \r\n\r\n
                """))
        Peer.exchange(client, server)
        #expect(
            server.messages[stream]?.heads == [
                "GET / HTTP/1.1\r\nhost: a.test\r\nte: trailers\r\ncontent-length: 0\r\n\r\n"
            ])
    }

    @Test(arguments: ["TE: gzip, trailers", "TE: trailersx", "TE:"])
    func `te that says something else than trailers goes`(line: String) throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(
            client.open("GET / HTTP/1.1\r\nHost: a.test\r\n\(line)\r\nX: y\r\n\r\n"))
        Peer.exchange(client, server)
        #expect(
            server.messages[stream]?.heads == ["GET / HTTP/1.1\r\nhost: a.test\r\nx: y\r\n\r\n"])
    }

    @Test func `the rest of a request that is answered is not asked for`() throws {
        let server = Peer.server()
        server.take(Wire.request(1, ends: false))
        server.session.discardRest(1)
        server.write("HTTP/1.1 413 Too Large\r\n\r\nbig", to: 1)
        let frames = Wire.frames(server.gather()).filter { $0.stream == 1 }
        // Behind the end of the answer (RFC 9113 section 8.1).
        #expect(frames.last?.kind == Wire.Kind.reset.rawValue)
        #expect(frames.last?.code == HTTP2Code.none)
        #expect(frames.dropLast().last?.kind == Wire.Kind.data.rawValue)
    }

    @Test func `many streams share a connection, and a slow one holds up no other`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let streams = try (0..<100).map { _ in try #require(client.open(Self.request)) }
        Peer.exchange(client, server)
        #expect(server.order == streams)
        client.readsAtOnce = false
        let slow = streams[0]
        let block = [UInt8](repeating: 1, count: 64 * 1024)
        server.write("HTTP/1.1 200 OK\r\n\r\n", to: slow, isLast: false)
        #expect(server.write(block, to: slow, isLast: false) == .taken(block.count))
        Peer.exchange(client, server)
        #expect(client.messages[slow]?.body.count == 65_535)
        // Its window is used up; one byte waits, and then a whole outbox.
        #expect(server.write(block, to: slow, isLast: false) == .taken(block.count - 1))
        client.readsAtOnce = true
        for stream in streams.dropFirst() {
            server.write("HTTP/1.1 200 OK\r\n\r\nhello", to: stream)
        }
        Peer.exchange(client, server)
        for stream in streams.dropFirst() {
            #expect(client.messages[stream]?.body.count == 5)
        }
        #expect(client.messages[slow]?.body.count == 65_535)
        #expect(server.writable.isEmpty)
        client.session.haveRead(65_535, of: slow)
        Peer.exchange(client, server)
        #expect(server.writable == [slow * 10])
        #expect(client.messages[slow]?.body.count == 65_535 + 65_536)
    }

    @Test func `frames for which there is no room wait, and are whole`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let streams = try (0..<14).map { _ in try #require(client.open(Self.request)) }
        Peer.exchange(client, server)
        let bodies = streams.map { stream in
            (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(stream)) }
        }
        for (stream, body) in zip(streams, bodies) {
            server.write("HTTP/1.1 200 OK\r\n\r\n", to: stream, isLast: false)
            #expect(server.write(body, to: stream, isLast: true) == .taken(body.count))
        }
        // All of them together do not fit into what is gathered at once.
        let first = server.gatherOnce()
        #expect(first.count > 128 * 1024)
        #expect(first.count <= 256 * 1024)
        client.take(first)
        Peer.exchange(client, server)
        for (stream, body) in zip(streams, bodies) {
            #expect(client.messages[stream]?.body == body)
            #expect(client.messages[stream]?.closedWith == 0)
            #expect(server.messages[stream]?.closedWith == 0)
        }
    }

    @Test func `both sides can end a stream at once`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let first = try #require(client.open(Self.request))
        let second = try #require(client.open(Self.request))
        Peer.exchange(client, server)
        client.session.reset(first, code: HTTP2Code.cancel)
        server.session.reset(second, code: HTTP2Code.refusedStream)
        Peer.exchange(client, server)
        #expect(server.messages[first]?.closedWith == HTTP2Code.cancel)
        #expect(client.messages[second]?.closedWith == HTTP2Code.refusedStream)
        #expect(server.write("HTTP/1.1 200 OK\r\n\r\n", to: first) == .broken)
    }

    @Test func `a server that goes away serves the streams that are here`() throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(client.open(Self.request))
        Peer.exchange(client, server)
        server.session.goAway()
        Peer.exchange(client, server)
        #expect(client.goneAway.map(\.last) == [Int32.max])
        server.session.goAway()
        Peer.exchange(client, server)
        #expect(client.goneAway.map(\.last) == [Int32.max, stream])
        #expect(!client.takesRequests)
        #expect(client.open(Self.request) == nil)
        server.write("HTTP/1.1 200 OK\r\n\r\nhello", to: stream)
        Peer.exchange(client, server)
        #expect(client.messages[stream]?.body.count == 5)
        #expect(client.isOver)
    }

    @Test(arguments: ["", "x", "GET\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"])
    func `what is no head of a request opens no stream`(text: String) {
        #expect(Peer(isServer: false).open(text) == nil || text.hasPrefix("HTTP"))
    }

    @Test(arguments: ["x", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\n"])
    func `what is no head of an answer is not sent`(text: String) throws {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        let stream = try #require(client.open(Self.request))
        Peer.exchange(client, server)
        #expect(server.write(text, to: stream) == .broken)
    }
}
