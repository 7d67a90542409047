import HTTP2
import Kernel
import Settings
import Telemetry
import Testing

@testable import Proxy

extension LiveTests {
    /// The connections to targets that carry streams: how many there are, and what becomes of them.
    @Suite
    struct CarrierTests {
        private static func requests(_ count: Int, over client: StreamClient) throws -> [Int32] {
            try (0..<count).map { try client.get("/\($0)") }
        }

        @Test func `requests that come while a connection is made wait for it`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let streams = try Self.requests(50, over: client)
            let server = try target.acceptStreams()
            _ = try server.stream(49)
            for stream in server.order { server.answer(stream) }
            for stream in streams { #expect(try client.answer(stream).code == 0) }
            #expect(try target.acceptNow() == nil)
            client.peer.close()
            await stage.end()
        }

        @Test func `a target gets as many streams at once as it lets be open, and no more`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let streams = try Self.requests(5, over: client)
            let first = try target.acceptStreams(2)
            _ = try first.stream(1)
            // The others look for room elsewhere, by the limit that is known now.
            let (second, third) = (try target.acceptStreams(2), try target.acceptStreams(2))
            _ = try second.stream(1)
            _ = try third.stream()
            #expect(first.order.count + second.order.count + third.order.count == 5)
            for server in [first, second, third] {
                for stream in server.order { server.answer(stream) }
            }
            for stream in streams { #expect(try client.answer(stream).code == 0) }
            client.peer.close()
            await stage.end()
        }

        @Test func `a connection carries 128 streams at once, whatever its target lets be open`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let clients = [try stage.streamClient(), try stage.streamClient()]
            let opening = try clients[0].get("/first")
            let server = try target.acceptStreams(1_000)
            server.answer(try server.stream())
            #expect(try clients[0].answer(opening).code == 0)
            let streams = try clients.map { try Self.requests(65, over: $0) }
            let other = try target.acceptStreams(1_000)
            _ = try other.stream(1)
            _ = try server.stream(Limits.streamsPerCarrier)
            #expect(server.order.count == 1 + Limits.streamsPerCarrier && other.order.count == 2)
            for one in [server, other] { for stream in one.order { one.answer(stream) } }
            for (client, streams) in zip(clients, streams) {
                for stream in streams { #expect(try client.answer(stream).code == 0) }
                client.peer.close()
            }
            await stage.end()
        }

        @Test func `a target gets so many connections, and who finds no room waits for it`()
            async throws
        {
            let target = try Target()
            var timeouts = UpstreamTimeouts()
            timeouts.connectMilliseconds = Peer.patienceMilliseconds
            let stage = try await Stage([[target.port]], upstream: timeouts, version: .http2)
            let clients = [try stage.streamClient(), try stage.streamClient()]
            let streams = try zip(clients, [100, Limits.carriersPerTarget - 99]).map {
                try Self.requests($1, over: $0)
            }
            // Each takes one stream at once.
            var peers: [Peer] = []
            for _ in 0..<Limits.carriersPerTarget {
                let peer = try target.accept()
                peer.send(Frames.make(4, 0, 0, [0, 3, 0, 0, 0, 1]))
                peers.append(peer)
            }
            let asked = { (peer: Peer, stream: UInt32) in
                // Behind the client's preface.
                Frames.read(Array(peer.received.dropFirst(24)))
                    .contains { $0.kind == 1 && $0.stream == stream }
            }
            for peer in peers { while !asked(peer, 1), peer.receive() {} }
            await stage.settle()
            #expect(try target.acceptNow() == nil)
            // One that is answered makes room for the last.
            for peer in peers { peer.send(Frames.make(1, 5, 1, [0x88])) }
            var last: Peer?
            await stage.counters { _ in
                last = peers.first { peer in
                    _ = peer.hasAnswer()
                    return asked(peer, 3)
                }
                return last != nil
            }
            try #require(last).send(Frames.make(1, 5, 3, [0x88]))
            for (client, streams) in zip(clients, streams) {
                for stream in streams { #expect(try client.answer(stream).status == 200) }
                client.peer.close()
            }
            #expect(try target.acceptNow() == nil)
            for peer in peers { peer.close() }
            await stage.end()
        }

        @Test func `a refused stream is sent once more, whatever its method`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            let server = try target.acceptStreams()
            let (first, _) = try server.request()
            server.reset(first, code: HTTP2Code.refusedStream)
            let (second, request) = try server.request(1)
            #expect(request.body == Array("abc".utf8))
            server.answer(second)
            #expect(try client.answer().status == 200)
            client.close()
            let counters = await stage.counters { $0.retryCount(lane: 0) == 1 }
            #expect(counters.retryCount(lane: 0) == 1)
            await stage.end()
        }

        @Test func `a target that refuses all is not asked without end`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            let server = try target.acceptStreams()
            // Once, and ten times more.
            for number in 0...10 {
                server.reset(try server.stream(number), code: HTTP2Code.refusedStream)
            }
            let answer = try client.answer()
            #expect(answer.status == 502 && answer["x-sluice-error"] == "upstream_closed")
            #expect(server.order.count == 11)
            client.close()
            await stage.end()
        }

        @Test func `who goes away serves what it has begun, the rest goes elsewhere`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let kept = try client.get("/kept")
            let old = try target.acceptStreams()
            let first = try old.stream()
            let post = try client.open("POST /b HTTP/1.1\r\nHost: h\r\n\r\n", isLast: true)
            _ = try old.stream(1)
            // Its last stream is the first one.
            old.sendRaw([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(first), 0, 0, 0, 0])
            let new = try target.acceptStreams()
            let (second, request) = try new.request()
            #expect(request.target == "/b")
            new.answer(second)
            #expect(try client.answer(post).code == 0)
            old.answer(first)
            #expect(try client.answer(kept).code == 0)
            // Nothing is left to be done there.
            #expect(old.peer.receiveAll() == .ended)
            client.peer.close()
            await stage.end()
        }

        @Test func `a reset before the answer is told, and a request that may be is sent again`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], retries: RetrySettings(count: 1), version: .http2)
            let client = try stage.client()
            client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            let server = try target.acceptStreams()
            server.reset(try server.stream(), code: HTTP2Code.internalError)
            let answer = try client.answer()
            #expect(answer.status == 502)
            #expect(answer["x-sluice-error"] == "upstream_closed")
            client.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
            server.reset(try server.stream(1), code: HTTP2Code.internalError)
            server.answer(try server.stream(2))
            #expect(try client.answer().status == 200)
            client.close()
            await stage.end()
        }

        @Test func `a connection that breaks fails all its streams`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let streams = try (0..<5).map { _ in
                try client.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", isLast: true)
            }
            let server = try target.acceptStreams()
            _ = try server.stream(4)
            server.peer.reset()
            for stream in streams { #expect(try client.answer(stream).status == 502) }
            client.peer.close()
            await stage.end()
        }

        @Test(arguments: ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "x"])
        func `a target that does not speak HTTP/2 gets no request`(text: String) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            let server = try target.accept()
            while server.received.count < 24 { guard server.receive() else { break } }
            server.send(text)
            server.endSending()
            let answer = try client.answer()
            #expect(answer.status == 502)
            #expect(answer["x-sluice-error"] == "connect_failed")
            client.close()
            server.close()
            await stage.end()
        }

        @Test func `a target that says nothing is given up after the time for connecting`()
            async throws
        {
            let target = try Target()
            var timeouts = UpstreamTimeouts()
            timeouts.connectMilliseconds = 100
            let stage = try await Stage([[target.port]], upstream: timeouts, version: .http2)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().status == 504)
            client.close()
            await stage.end()
        }

        @Test func `a target that is late is not asked over the same connection again`()
            async throws
        {
            let target = try Target()
            var timeouts = UpstreamTimeouts()
            timeouts.responseMilliseconds = 100
            let stage = try await Stage([[target.port]], upstream: timeouts, version: .http2)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let silent = try target.acceptStreams()
            silent.answer(try silent.stream())
            #expect(try client.answer().status == 200)
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try silent.stream(1)
            #expect(try client.answer().status == 504)
            #expect(silent.peer.receiveAll() == .ended)
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let next = try target.acceptStreams()
            next.answer(try next.stream())
            #expect(try client.answer().status == 200)
            client.close()
            await stage.end()
        }

        @Test func `one late answer over a connection that is heard of costs nobody else`()
            async throws
        {
            let target = try Target()
            var timeouts = UpstreamTimeouts()
            timeouts.responseMilliseconds = 300
            let stage = try await Stage([[target.port]], upstream: timeouts, version: .http2)
            let client = try stage.streamClient()
            let late = try client.get("/late")
            let server = try target.acceptStreams()
            _ = try server.stream()
            // A PING, and so it is there.
            server.sendRaw(Frames.make(6, 0, 0, Frames.zeros(8)))
            #expect(try client.answer(late).status == 504)
            let next = try client.get("/next")
            server.answer(try server.stream(1))
            #expect(try client.answer(next).status == 200)
            #expect(try target.acceptNow() == nil)
            client.peer.close()
            await stage.end()
        }

        @Test func `an idle connection is closed with a word`() async throws {
            let target = try Target()
            var timeouts = UpstreamTimeouts()
            timeouts.keepaliveMilliseconds = 100
            let stage = try await Stage([[target.port]], upstream: timeouts, version: .http2)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let server = try target.acceptStreams()
            server.answer(try server.stream())
            #expect(try client.answer().status == 200)
            #expect(server.receive(until: { !server.goneAway.isEmpty }))
            #expect(server.peer.receiveAll() == .ended)
            client.close()
            let counters = await stage.counters {
                $0.connectionCounts(upstream: 0).idle == 0
            }
            #expect(counters.connectionCounts(upstream: 0).idle == 0)
            await stage.end()
        }

        @Test func `an idle connection to what is drained ends at once`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let server = try target.acceptStreams()
            server.answer(try server.stream())
            #expect(try client.answer().status == 200)
            await stage.drain(target.port)
            #expect(server.receive(until: { !server.goneAway.isEmpty }))
            #expect(server.peer.receiveAll() == .ended)
            client.close()
            await stage.end()
        }

        @Test func `a connection carries no more requests than it may`() async throws {
            let target = try Target()
            var limits = UpstreamLimits()
            limits.requestsPerConnection = 2
            let stage = try await Stage([[target.port]], upstreamLimits: limits, version: .http2)
            let client = try stage.client()
            for _ in 0..<2 {
                let server = try { () throws -> StreamServer in
                    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    return try target.acceptStreams()
                }()
                server.answer(try server.stream())
                #expect(try client.answer().status == 200)
                client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                server.answer(try server.stream(1))
                #expect(try client.answer().status == 200)
                #expect(server.receive(until: { !server.goneAway.isEmpty }))
                #expect(server.peer.receiveAll() == .ended)
            }
            client.close()
            await stage.end()
        }

        @Test func `who changes the protocol opens new connections and ends the old ones`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let under = try client.get("/under")
            let old = try target.acceptStreams()
            let first = try old.stream()
            try await stage.apply(Stage.snapshot([[target.port]], version: .http1))
            let next = try client.get("/next")
            let plain = try target.accept()
            #expect(try plain.request().target == "/next")
            plain.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            #expect(try client.answer(next).code == 0)
            old.answer(first)
            #expect(try client.answer(under).code == 0)
            #expect(old.peer.receiveAll() == .ended)
            try await stage.apply(Stage.snapshot([[target.port]], version: .http2))
            #expect(plain.receiveAll() == .ended)
            let last = try client.get("/last")
            let new = try target.acceptStreams()
            new.answer(try new.stream())
            #expect(try client.answer(last).code == 0)
            client.peer.close()
            await stage.end()
        }

        @Test func `each stream counts where a target gets only so many at once`() async throws {
            let target = try Target()
            var limits = UpstreamLimits()
            limits.inflightPerTarget = 2
            limits.queue = 10
            let stage = try await Stage([[target.port]], upstreamLimits: limits, version: .http2)
            let client = try stage.streamClient()
            let streams = try Self.requests(4, over: client)
            let server = try target.acceptStreams()
            _ = try server.stream(1)
            await stage.counters { $0.queuedCount(lane: 0) == 2 }
            #expect(server.order.count == 2)
            for number in 0..<4 { server.answer(try server.stream(number)) }
            for stream in streams { #expect(try client.answer(stream).code == 0) }
            client.peer.close()
            await stage.end()
        }
    }
}
