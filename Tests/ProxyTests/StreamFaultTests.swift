import HTTP2
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// HTTP/2 clients that want harm, or are cut in the middle.
    @Suite
    struct StreamFaultTests {
        @Test func `streams that are reset as fast as can be end the connection`() async throws {
            let origin = try Origin { peer, _ in peer.receiveAll() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.streamClient()
            for _ in 0..<400 {
                guard let stream = try? client.get() else { break }
                client.reset(stream)
            }
            while client.receive() {}
            #expect(client.peer.end != .late)
            let counters = await stage.counters { $0.http2[.resets] == 1 }
            #expect(counters.http2[.resets] == 1)
            await stage.end()
        }

        @Test func `a client that goes away takes all of its streams with it`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.streamClient()
            _ = try client.get("/a")
            let body = try client.open("POST /b HTTP/1.1\r\nHost: h\r\n\r\n", isLast: false)
            client.write([1], to: body)
            let upstreams = [try target.accept(), try target.accept()]
            client.peer.close()
            for upstream in upstreams { #expect(upstream.receiveAll() != .late) }
            await stage.end()
        }

        @Test func `a client that leaves its streams behind leaves no deadline`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(keepaliveMilliseconds: 150))
            let client = try stage.streamClient()
            var upstreams: [Peer] = []
            for path in ["/a", "/b", "/c"] {
                _ = try client.get(path)
                upstreams.append(try target.accept())
            }
            client.peer.close()
            for upstream in upstreams { #expect(upstream.receiveAll() != .late) }
            // Its deadline is later than those that the first may have left behind.
            #expect(try stage.client().receiveAll() == .ended)
            await stage.end()
        }

        @Test func `a stream that waits for a place leaves the queue when it is reset`()
            async throws
        {
            let target = try Target()
            var limits = UpstreamLimits()
            limits.inflightPerTarget = 1
            let stage = try await Stage([[target.port]], upstreamLimits: limits)
            let client = try stage.streamClient()
            let first = try client.get("/a")
            let upstream = try target.accept()
            _ = try upstream.request()
            let second = try client.get("/b")
            await stage.counters { $0.queuedCount(lane: 0) == 1 }
            client.reset(second)
            let counters = await stage.counters { $0.queuedCount(lane: 0) == 0 }
            #expect(counters.queuedCount(lane: 0) == 0)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")
            #expect(try client.answer(first).text == "a")
            client.peer.close()
            await stage.end()
        }

        @Test func `an answer that ends with its connection is whole, or broken off`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.streamClient()
            for isWhole in [true, false] {
                let stream = try client.get()
                let upstream = try target.accept()
                _ = try upstream.request()
                upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")
                #expect(
                    client.receive(until: { client.answers[stream]?.text == "all of it" }))
                if isWhole { upstream.close() } else { upstream.reset() }
                let answer = try client.answer(stream)
                #expect(answer.code == (isWhole ? 0 : HTTP2Code.internalError))
            }
            client.peer.close()
            await stage.end()
        }

        @Test func `another protocol goes through a stream, and each side ends alone`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let peer = try stage.client()
            peer.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            peer.send(Self.frame(4, 0, 0, []))
            peer.send(Self.frame(1, 4, 1, Self.upgrade))
            let upstream = try target.accept()
            let request = try upstream.request()
            #expect(request.startLine == "GET /chat HTTP/1.1")
            #expect(request.fields.contains { $0 == ("Upgrade", "websocket") })
            upstream.send(
                """
                HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
                Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhello
                """)
            peer.send(Self.frame(0, 0, 1, Array("from the client".utf8)))
            while upstream.received.count < 15, upstream.receive() {}
            #expect(upstream.takeReceived() == Array("from the client".utf8))
            while !Self.holds(peer.received, Array("hello".utf8)), peer.receive() {}
            // The client ends its side, and hears the other's last words.
            peer.send(Self.frame(0, 1, 1, []))
            #expect(upstream.receiveAll() == .ended)
            upstream.send("bye")
            while !Self.holds(peer.received, Array("bye".utf8)), peer.receive() {}
            #expect(Self.holds(peer.received, Array("bye".utf8)))
            upstream.close()
            await stage.counters { $0.inflightCount(lane: 0) == 0 }
            peer.close()
            await stage.end()
        }

        /// The fields of an extended CONNECT, never indexed (RFC 7541 section 6.2.2).
        private static let upgrade: [UInt8] = {
            let fields: [(String, String)] = [
                (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"),
                (":path", "/chat"), (":authority", "h"), ("sec-websocket-version", "13"),
            ]
            var block: [UInt8] = []
            for (name, value) in fields {
                block.append(0)
                block.append(UInt8(name.utf8.count))
                block += Array(name.utf8)
                block.append(UInt8(value.utf8.count))
                block += Array(value.utf8)
            }
            return block
        }()

        private static func frame(
            _ kind: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]
        ) -> [UInt8] {
            [0, 0, UInt8(payload.count), kind, flags, 0, 0, 0, stream] + payload
        }

        private static func holds(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
            guard bytes.count >= part.count else { return false }
            return (0...bytes.count - part.count).contains {
                bytes[$0..<$0 + part.count].elementsEqual(part)
            }
        }

        @Test func `weights that change meanwhile hold for the next stream`() async throws {
            let (x, y) = (try Self.origin("x"), try Self.origin("y"))
            let stage = try await Stage([[x.port], [y.port]], weights: [1, 0])
            let client = try stage.streamClient()
            #expect(try client.answer(try client.get()).text == "x")
            await stage.setWeights([0, 1])
            #expect(try client.answer(try client.get()).text == "y")
            client.peer.close()
            await stage.end()
        }

        private static func origin(_ name: String) throws -> Origin {
            try Origin(answering: { _ in "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(name)" })
        }
    }
}
