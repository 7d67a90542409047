import HTTP2
import Kernel
import Reactor
import Settings
import Telemetry
import Testing

@testable import Proxy

extension LiveTests {
    /// Targets that end their connections with streams: at once, too early, or over and over.
    @Suite
    struct FarewellTests {
        private static func goAway(last: UInt32, code: UInt8 = 0) -> [UInt8] {
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: last >> (24 - 8 * UInt32($0))) }
            return Frames.make(7, 0, 0, bytes + [0, 0, 0, code])
        }

        /// Settings, each with its number and a value of 32 bits.
        private static func settings(_ values: [(UInt8, UInt16)] = []) -> [UInt8] {
            let payload = values.flatMap { number, value in
                [0, number, 0, 0, UInt8(value >> 8), UInt8(value & 0xff)]
            }
            return Frames.make(4, 0, 0, payload)
        }

        private static func asks(_ peer: Peer, _ stream: UInt32) -> Bool {
            // Behind the client's preface.
            Frames.read(Array(peer.received.dropFirst(24)))
                .contains { $0.kind == 1 && $0.stream == stream }
        }

        private static func awaitRequest(_ peer: Peer, _ stream: UInt32) -> Bool {
            while !asks(peer, stream) { guard peer.receive() else { return false } }
            return true
        }

        @Test(arguments: [0, 0x7fff_ffff])
        func `a target that greets with its farewell is connected to once more, and no oftener`(
            last: UInt32
        ) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let streams = try (0..<3).map { try client.get("/\($0)") }
            await stage.counters { $0.inflightCount(lane: 0) == 3 }
            for _ in 0..<2 {
                let peer = try target.accept()
                peer.send(Self.settings() + Self.goAway(last: last))
                // It gets no request.
                #expect(peer.receiveAll() == .ended)
                #expect(!Self.asks(peer, 1))
            }
            for stream in streams {
                let answer = try client.answer(stream)
                #expect(answer.status == 502)
                #expect(answer.head.contains("x-sluice-error: connect_failed"))
            }
            #expect(try target.acceptNow() == nil)
            client.peer.close()
            await stage.end()
        }

        @Test func `a target that closes before it says anything is connected to once more`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            let first = try target.accept()
            while first.received.count < 24, first.receive() {}
            first.close()
            let server = try target.acceptStreams()
            let (stream, request) = try server.request()
            #expect(request.body == Array("abc".utf8))
            server.answer(stream)
            #expect(try client.answer().status == 200)
            client.close()
            await stage.end()
        }

        @Test func `a target that closes each time before it says anything is not tried for ever`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            for _ in 0..<2 {
                let peer = try target.accept()
                while peer.received.count < 24, peer.receive() {}
                peer.close()
            }
            let answer = try client.answer()
            #expect(answer.status == 502 && answer["x-sluice-error"] == "connect_failed")
            #expect(try target.acceptNow() == nil)
            client.close()
            await stage.end()
        }

        @Test func `a target that lets no stream be open at first is waited for`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let streams = try (0..<3).map { try client.get("/\($0)") }
            let peer = try target.accept()
            peer.send(Self.settings([(3, 0)]))
            // Its acknowledgement shows that they are known.
            while !Frames.read(Array(peer.received.dropFirst(24)))
                .contains(where: { $0.kind == 4 && $0.flags == 1 }), peer.receive()
            {}
            await stage.settle()
            #expect(try target.acceptNow() == nil)
            #expect(!Self.asks(peer, 1))
            peer.send(Self.settings([(3, 9)]))
            for stream in [1, 3, 5] as [UInt32] {
                #expect(Self.awaitRequest(peer, stream))
                peer.send(Frames.make(1, 5, stream, [0x88]))
            }
            for stream in streams { #expect(try client.answer(stream).status == 200) }
            client.peer.close()
            peer.close()
            await stage.end()
        }

        @Test func `a target that never lets a stream be open is late`() async throws {
            let target = try Target()
            var timeouts = UpstreamTimeouts()
            timeouts.connectMilliseconds = 200
            let stage = try await Stage([[target.port]], upstream: timeouts, version: .http2)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let peer = try target.accept()
            peer.send(Self.settings([(3, 0)]))
            let answer = try client.answer()
            #expect(answer.status == 504 && answer["x-sluice-error"] == "connect_timeout")
            #expect(try target.acceptNow() == nil)
            client.close()
            await stage.end()
        }

        @Test func `a head that is larger than its target takes is refused, alone`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let small = try client.get("/small")
            let peer = try target.accept()
            peer.send(Self.settings([(6, 1_000)]))
            #expect(Self.awaitRequest(peer, 1))
            let line = "x: " + String(repeating: "x", count: 900) + "\r\n"
            let answer = try client.answer(try client.get("/large", line))
            #expect(answer.status == 431)
            #expect(answer.head.contains("x-sluice-error: head_too_large_for_upstream"))
            // The fields of a request take some 300 bytes of the size, without this one.
            let fits = "x: " + String(repeating: "x", count: 300) + "\r\n"
            let other = try client.get("/fits", fits)
            #expect(Self.awaitRequest(peer, 3))
            peer.send(Frames.make(1, 5, 1, [0x88]) + Frames.make(1, 5, 3, [0x88]))
            for stream in [small, other] { #expect(try client.answer(stream).status == 200) }
            client.peer.close()
            peer.close()
            await stage.end()
        }

        @Test func `what ends a connection for an error is sent once more, and no oftener`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            for _ in 0..<2 {
                let peer = try target.accept()
                peer.send(Self.settings())
                #expect(Self.awaitRequest(peer, 1))
                peer.send(Self.goAway(last: 0, code: 11))
                #expect(peer.receiveAll() == .ended)
            }
            let answer = try client.answer()
            #expect(answer.status == 502 && answer["x-sluice-error"] == "upstream_closed")
            #expect(try target.acceptNow() == nil)
            client.close()
            await stage.end()
        }

        @Test func `what was not sent yet when a connection ended is sent again`() async throws {
            let target = try Target()
            var timeouts = UpstreamTimeouts()
            timeouts.connectMilliseconds = Peer.patienceMilliseconds
            timeouts.responseMilliseconds = Peer.patienceMilliseconds
            timeouts.idleMilliseconds = Peer.patienceMilliseconds
            let stage = try await Stage([[target.port]], upstream: timeouts, version: .http2)
            let clients = [try stage.streamClient(), try stage.streamClient()]
            var posts = [try Self.post(over: clients[0])]
            // It reads nothing of these: soon nothing more can be sent to it.
            let peer = try target.accept()
            peer.send(Self.settings() + Frames.make(8, 0, 0, [0x3f, 0, 0, 0]))
            await stage.counters { $0.inflightCount(lane: 0) == Self.postCount }
            await stage.settle()
            posts.append(try Self.post(over: clients[1]))
            await stage.counters { $0.inflightCount(lane: 0) == 2 * Self.postCount }
            peer.send(Self.goAway(last: 0))
            peer.endSending()
            let server = try target.acceptStreams()
            for number in 0..<2 * Self.postCount {
                let (stream, request) = try server.request(number)
                #expect(request.body.count == Self.postBytes)
                server.answer(stream)
            }
            for (client, posts) in zip(clients, posts) {
                for post in posts { #expect(try client.answer(post).status == 200) }
                client.peer.close()
            }
            peer.close()
            await stage.end()
        }

        @Test func `connections that drains take away before they are open fail nobody`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            var old: [Peer] = []
            for _ in 0..<4 {
                let peer = try target.accept()
                // It is the only one, so that what is drained is asked all the same.
                await stage.drain(target.port)
                await stage.setDrains([])
                peer.send(Self.settings())
                old.append(peer)
            }
            for peer in old { #expect(peer.receiveAll() == .ended && !Self.asks(peer, 1)) }
            let server = try target.acceptStreams()
            server.answer(try server.stream())
            #expect(try client.answer().status == 200)
            client.close()
            await stage.end()
        }

        @Test func `more of a body that comes when its stream is refused goes with the next`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let post = try client.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", isLast: false)
            client.write([1], to: post)
            let server = try target.acceptStreams()
            let first = try server.stream()
            #expect(server.receive(until: { server.requests[first]?.body == [1] }))
            // The refusal is there before the rest of the body, and both before any is read.
            let (gate, held) = (try Gate(), try Gate())
            stage.plane.crew.mailboxes[0].leave(
                .ping {
                    held.open()
                    gate.wait()
                })
            held.wait()
            server.reset(first, code: HTTP2Code.refusedStream)
            client.write([2], to: post, isLast: true)
            gate.open()
            let (second, request) = try server.request(1)
            #expect(request.body == [1, 2])
            server.answer(second)
            #expect(try client.answer(post).status == 200)
            client.peer.close()
            await stage.end()
        }

        private static func post(over client: StreamClient) throws -> [Int32] {
            try (0..<postCount).map { number in
                let post = try client.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", isLast: false)
                // How much may be sent at once.
                if number == 0 { #expect(client.receive()) }
                client.writeAll(Frames.zeros(postBytes), to: post)
                return post
            }
        }

        /// What the system takes for a peer that reads nothing is less than all these together.
        private static let (postCount, postBytes) = (64, 55_000)

        @Test func `whoever is passed over is sent again in the same order`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let streams = try (0..<100).map { try client.get("/\($0)") }
            await stage.counters { $0.inflightCount(lane: 0) == 100 }
            let old = try target.acceptStreams()
            _ = try old.stream(99)
            old.answer(1)
            old.sendRaw(Self.goAway(last: 1))
            let new = try target.acceptStreams()
            _ = try new.stream(98)
            #expect(new.order.map { new.requests[$0]?.target } == (1..<100).map { "/\($0)" })
            for stream in new.order { new.answer(stream) }
            for stream in streams { #expect(try client.answer(stream).status == 200) }
            client.peer.close()
            await stage.end()
        }

        @Test func `whoever was passed over comes before those who came later`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            var streams = try (0..<6).map { try client.get("/\($0)") }
            await stage.counters { $0.inflightCount(lane: 0) == 6 }
            let old = [try target.acceptStreams(3), try target.acceptStreams(3)]
            for server in old { _ = try server.stream(2) }
            for stream in [1, 3] as [Int32] { old[0].answer(stream) }
            old[0].sendRaw(Self.goAway(last: 3))
            // A third connection is under way, and does not open yet.
            let peer = try target.accept()
            streams.append(try client.get("/6"))
            await stage.counters { $0.inflightCount(lane: 0) == 5 }
            for stream in [1, 3] as [Int32] { old[1].answer(stream) }
            old[1].sendRaw(Self.goAway(last: 3))
            #expect(old[1].peer.receiveAll() == .ended)
            let new = try StreamServer(peer)
            _ = try new.stream(2)
            #expect(new.order.map { new.requests[$0]?.target } == ["/2", "/5", "/6"])
            for stream in new.order { new.answer(stream) }
            for stream in streams { #expect(try client.answer(stream).status == 200) }
            client.peer.close()
            await stage.end()
        }

        @Test func `a target that takes one request over each connection serves all in the end`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let streams = try (0..<30).map { try client.get("/\($0)") }
            await stage.counters { $0.inflightCount(lane: 0) == 30 }
            for number in 0..<30 {
                let server = try target.acceptStreams()
                let (stream, request) = try server.request()
                #expect(request.target == "/\(number)")
                server.answer(stream)
                server.sendRaw(Self.goAway(last: 1))
                #expect(server.peer.receiveAll() == .ended)
            }
            for stream in streams { #expect(try client.answer(stream).status == 200) }
            #expect(try target.acceptNow() == nil)
            client.peer.close()
            await stage.end()
        }
    }
}
