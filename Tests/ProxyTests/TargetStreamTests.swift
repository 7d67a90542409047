import HTTP2
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Targets that speak HTTP/2, for clients that do and for those that do not.
    @Suite
    struct TargetStreamTests {
        private static func echo() throws -> Origin {
            try Origin(streaming: { request in
                let text = "\(request.target) \(request.body.count) \(request.trailers)"
                return ("HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n", Array(text.utf8))
            })
        }

        private static let sizes = [0, 1, 5_000, 65_535, 65_536, 300_000, 3_000_000]

        @Test(arguments: sizes)
        func `a body of HTTP/1.1 goes to a target and comes back whole`(size: Int) async throws {
            let origin = try Origin(streaming: { request in
                ("HTTP/1.1 200 OK\r\n\r\n", request.body)
            })
            let stage = try await Stage([[origin.port]], version: .http2)
            let client = try stage.client()
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
            client.send(body)
            #expect(try client.answer().body == body)
            client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            var at = 0
            while at < size {
                let count = min(50_000, size - at)
                client.send("\(String(count, radix: 16))\r\n")
                client.send(body[at..<at + count])
                client.send("\r\n")
                at += count
            }
            client.send("0\r\n\r\n")
            let answer = try client.answer()
            #expect(answer.body == body)
            #expect(answer.startLine == "HTTP/1.1 200 OK")
            client.close()
            #expect(origin.connectionCount == 1)
            await stage.end()
        }

        @Test(arguments: sizes)
        func `a body of HTTP/2 goes to a target and comes back whole`(size: Int) async throws {
            let origin = try Origin(streaming: { request in
                ("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n", request.body)
            })
            let stage = try await Stage([[origin.port]], version: .http2)
            let client = try stage.streamClient()
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            for length in ["Content-Length: \(size)\r\n", ""] {
                let stream = try client.open(
                    "POST /a HTTP/1.1\r\nHost: h\r\n\(length)\r\n", isLast: false)
                client.writeAll(body, to: stream)
                let answer = try client.answer(stream)
                #expect(answer.body == body)
                #expect(answer.code == 0)
            }
            client.peer.close()
            await stage.end()
        }

        @Test func `a request says to a target what it said to us`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send(
                """
                GET /a?b=c HTTP/1.1\r\nHost: h.test\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\
                X-UPPER: v\r\nTE: trailers, gzip\r\nCookie: a=b; c=d\r\nKeep-Alive: 1\r\n\r\n
                """)
            let server = try target.acceptStreams()
            let (stream, request) = try server.request()
            #expect(request.head.hasPrefix("GET /a?b=c HTTP/1.1\r\nhost: h.test\r\n"))
            for line in ["x-upper: v", "te: trailers", "cookie: a=b; c=d"] {
                #expect(request.head.contains("\r\n\(line)\r\n"))
            }
            for name in ["connection", "keep-alive", "x-hop", "gzip"] {
                #expect(!request.head.contains(name))
            }
            server.answer(stream, "HTTP/1.1 404 Not Found\r\n\r\n")
            let answer = try client.answer()
            #expect(answer.startLine == "HTTP/1.1 404 Not Found")
            #expect(answer["content-length"] == "0")
            client.close()
            await stage.end()
        }

        @Test func `trailers go both ways`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let stream = try client.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", isLast: false)
            client.write([1, 2, 3], to: stream)
            client.finish(stream, trailers: "X-Mine: 2\r\n\r\n")
            let server = try target.acceptStreams()
            let (first, request) = try server.request()
            #expect(request.body == [1, 2, 3])
            #expect(request.trailers == "x-mine: 2\r\n\r\n")
            server.answer(first, "HTTP/1.1 200 OK\r\n\r\n", [4, 5], isLast: false)
            server.finish(first, trailers: "X-Sum: 1\r\n\r\n")
            let answer = try client.answer(stream)
            #expect(answer.body == [4, 5])
            #expect(answer.trailers == "x-sum: 1\r\n\r\n")
            #expect(answer.code == 0)

            let other = try stage.client()
            other.send(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
                    + "0\r\nX-Mine: 3\r\n\r\n")
            let (second, again) = try server.request(1)
            #expect(again.trailers == "x-mine: 3\r\n\r\n")
            server.answer(second, "HTTP/1.1 200 OK\r\n\r\n", [6], isLast: false)
            server.finish(second, trailers: "X-Sum: 2\r\n\r\n")
            let plain = try other.answer()
            #expect(plain.body == [6])
            #expect(plain.trailers == ["x-sum: 2"])
            client.peer.close()
            other.close()
            await stage.end()
        }

        @Test func `an interim answer comes before the final one, and no body of HEAD`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let stream = try client.open("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            let server = try target.acceptStreams()
            let (first, _) = try server.request()
            server.answer(first, "HTTP/1.1 103 \r\nLink: a\r\n\r\n", isLast: false)
            server.answer(first, "HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n")
            let answer = try client.answer(stream)
            #expect(answer.interim == ["HTTP/1.1 103 \r\nlink: a\r\n\r\n"])
            #expect(answer.head.contains("content-length: 9\r\n"))
            #expect(answer.code == 0)

            let other = try stage.client()
            other.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n")
            let (second, _) = try server.request(1)
            server.answer(second, "HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n")
            #expect(try other.answer(toHead: true)["content-length"] == "9")
            let (third, _) = try server.request(2)
            server.answer(third, "HTTP/1.1 204 \r\n\r\n")
            #expect(try other.answer().status == 204)
            #expect(server.requests.values.allSatisfy { $0.code == 0 || $0.code == nil })
            client.peer.close()
            other.close()
            await stage.end()
        }

        @Test func `an answer before the end of a request ends the stream without harm`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let stream = try client.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", isLast: false)
            client.write([UInt8](repeating: 1, count: 10), to: stream)
            let server = try target.acceptStreams()
            let first = try server.stream()
            server.answer(first, "HTTP/1.1 413 \r\n\r\n", Array("big".utf8))
            server.reset(first, code: HTTP2Code.none)
            let answer = try client.answer(stream)
            #expect(answer.status == 413)
            #expect(answer.text == "big")
            #expect(answer.code == HTTP2Code.none)
            client.peer.close()
            await stage.end()
        }

        @Test(arguments: [HTTP2Code.internalError, HTTP2Code.none])
        func `what breaks off in the middle never looks whole`(code: UInt32) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let (client, other) = (try stage.streamClient(), try stage.client())
            let stream = try client.get()
            other.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let server = try target.acceptStreams()
            let (first, second) = (try server.stream(0), try server.stream(1))
            for one in [first, second] {
                server.answer(one, "HTTP/1.1 200 \r\n\r\n", [1, 2], isLast: false)
            }
            #expect(client.receive(until: { client.answers[stream]?.body.count == 2 }))
            while !other.received.contains(1), other.receive() {}
            for one in [first, second] { server.reset(one, code: code) }
            #expect(try client.answer(stream).code == HTTP2Code.internalError)
            #expect(other.receiveAll() == .reset)
            // The connections go on: the client's, and the target's.
            let next = try client.get("/b")
            server.answer(try server.stream(2))
            #expect(try client.answer(next).code == 0)
            client.peer.close()
            await stage.end()
        }

        @Test func `an answer whose length is not that which was told is broken`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let stream = try client.get()
            let server = try target.acceptStreams()
            server.answer(
                try server.stream(), "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\n", [1, 2])
            #expect(try client.answer(stream).code == HTTP2Code.internalError)
            client.peer.close()
            await stage.end()
        }

        @Test func `a client that goes resets its stream at the target and no other`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let (client, other) = (try stage.streamClient(), try stage.client())
            let (gone, kept) = (try client.get("/gone"), try client.get("/kept"))
            other.send("GET /plain HTTP/1.1\r\nHost: h\r\n\r\n")
            let server = try target.acceptStreams()
            _ = try server.stream(2)
            let streams = Dictionary(
                uniqueKeysWithValues: server.requests.map { ($1.target, $0) })
            client.reset(gone)
            other.reset()
            for name in ["/gone", "/plain"] {
                let stream = streams[name] ?? 0
                #expect(server.receive(until: { server.requests[stream]?.code != nil }))
                #expect(server.requests[stream]?.code == HTTP2Code.cancel)
            }
            server.answer(streams["/kept"] ?? 0)
            #expect(try client.answer(kept).code == 0)
            client.peer.close()
            await stage.end()
        }

        @Test func `a large answer waits for its client, and holds up no other`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            client.readsAtOnce = false
            let large = try client.get("/large")
            let server = try target.acceptStreams()
            let stream = try server.stream()
            let body = [UInt8](repeating: 9, count: 200_000)
            server.answer(stream, "HTTP/1.1 200 \r\n\r\n", isLast: false)
            var sent = 0
            while sent < body.count { sent += server.write(Array(body[sent...]), to: stream) }
            server.write([], to: stream, isLast: true)
            #expect(client.receive(until: { client.answers[large]?.body.count ?? 0 >= 65_535 }))
            // One that never ends gets what its window lets.
            let endless = try client.get("/endless")
            let other = try server.stream(1)
            server.answer(other, "HTTP/1.1 200 \r\n\r\n", isLast: false)
            var more = 0
            while true {
                let count = server.write(body, to: other)
                if count == 0 { break }
                more += count
            }
            #expect(more < 400_000)
            for number in 2...11 {
                let next = try client.get("/\(number)")
                server.answer(try server.stream(number))
                #expect(try client.answer(next).code == 0)
            }
            #expect(client.answers[large]?.body.count == 65_535)
            client.readsAtOnce = true
            client.haveRead(65_535, of: large)
            #expect(try client.answer(large).body == body)
            client.reset(endless)
            #expect(server.receive(until: { server.requests[other]?.code != nil }))
            client.peer.close()
            await stage.end()
        }

        @Test func `a target whose answer is taken as it comes may send more of it at once`()
            async throws
        {
            let (first, room) = (256 * 1_024, Lock(0))
            let origin = try Origin { peer, _ in
                // Behind the preface of a client.
                func frames() -> [Frames.Frame] { Frames.read(Array(peer.received.dropFirst(24))) }
                peer.send(Frames.make(4, 0, 0, []))
                while !frames().contains(where: { $0.kind == 1 }), peer.receive() {}
                peer.send(Frames.make(4, 1, 0, []) + Frames.make(1, 4, 1, [0x88]))
                let piece = Frames.make(0, 0, 1, Frames.zeros(16_384))
                var (sent, given) = (0, first)
                while given - sent <= 4 * first, sent < 256 << 20 {
                    if given - sent >= 16_384 {
                        if !peer.send(piece) { break }
                        sent += 16_384
                    } else if !peer.receive() {
                        break
                    }
                    given = first
                    for frame in frames() where frame.kind == 8 && frame.stream == 1 {
                        given += Int(frame.code)
                    }
                }
                room.withLock { $0 = given - sent }
            }
            let stage = try await Stage([[origin.port]], version: .http2)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            while client.discard() > 0 {}
            #expect(room.withLock { $0 } > 4 * first)
            client.close()
            await stage.end()
        }

        @Test func `a request that a target does not read is not read from its client`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let (client, other) = (try stage.client(), try stage.client())
            client.send("POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n")
            let server = try target.acceptStreams()
            server.readsAtOnce = false
            let stream = try server.stream()
            #expect(
                server.receive(until: {
                    _ = client.sendWithoutWaiting(limit: 1_000_000)
                    return server.requests[stream]?.body.count == 65_535
                }))
            other.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
            server.answer(try server.stream(1))
            #expect(try other.answer().status == 200)
            #expect(server.requests[stream]?.body.count == 65_535)
            client.reset()
            #expect(server.receive(until: { server.requests[stream]?.code != nil }))
            other.close()
            await stage.end()
        }

        @Test func `WebSocket goes over a stream where the target agrees to that`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send(
                """
                GET /chat HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                Sec-WebSocket-Version: 13\r\n\r\n
                """)
            let server = try target.acceptStreams()
            let stream = try server.stream()
            let head = server.requests[stream]?.head ?? ""
            #expect(head.hasPrefix("GET /chat HTTP/1.1\r\n"))
            #expect(head.contains("upgrade: websocket\r\n"))
            #expect(!head.contains("dGhlIHNhbXBsZSBub25jZQ=="))
            server.answer(
                stream,
                "HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: websocket\r\nX-A: b\r\n\r\n",
                isLast: false)
            while !client.received.contains(10) || client.received.suffix(4) != [13, 10, 13, 10],
                client.receive()
            {}
            let answer = String(decoding: client.takeReceived(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            #expect(answer.contains("x-a: b\r\n"))
            client.send("ping")
            #expect(server.receive(until: { server.requests[stream]?.body.count == 4 }))
            server.write(Array("pong".utf8), to: stream)
            while client.received.count < 4, client.receive() {}
            #expect(client.received == Array("pong".utf8))
            client.endSending()
            #expect(server.receive(until: { server.requests[stream]?.hasEnded == true }))
            server.write([], to: stream, isLast: true)
            #expect(client.receiveAll() == .ended)
            await stage.end()
        }

        @Test func `WebSocket of HTTP/2 goes on as that of HTTP/2`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let stream = try client.open(
                "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n"
                    + "Upgrade: websocket\r\n\r\n",
                isLast: false)
            let server = try target.acceptStreams()
            let first = try server.stream()
            server.answer(
                first, "HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
                isLast: false)
            #expect(client.receive(until: { client.answers[stream]?.head.isEmpty == false }))
            #expect(client.answers[stream]?.status == 200)
            client.write(Array("ping".utf8), to: stream)
            #expect(server.receive(until: { server.requests[first]?.body.count == 4 }))
            server.write(Array("pong".utf8), to: first, isLast: true)
            #expect(client.receive(until: { client.answers[stream]?.text == "pong" }))
            client.reset(stream)
            #expect(server.receive(until: { server.requests[first]?.code != nil }))
            client.peer.close()
            await stage.end()
        }

        @Test func `another protocol that a target does not know is not asked for`() async throws {
            // A server that does not say that it takes extended CONNECT.
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send(
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: ws\r\n\r\n")
            let server = try target.accept()
            while server.received.count < 24, server.receive() {}
            server.send([0, 0, 0, 4, 0, 0, 0, 0, 0])
            let answer = try client.answer()
            #expect(answer.status == 502)
            #expect(answer["x-sluice-error"] == "upgrade_not_taken")
            client.close()
            server.close()
            await stage.end()
        }
    }
}
