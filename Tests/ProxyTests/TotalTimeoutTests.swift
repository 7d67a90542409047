import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// The end that an exchange has, whatever moves until then: all other deadlines are far away.
    @Suite
    struct TotalTimeoutTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let short = UpstreamTimeouts(totalMilliseconds: 150)
        private static let patient = ListenerTimeouts(bodyIdleMilliseconds: 60_000)

        private func stage(_ ports: [UInt16]) async throws -> Stage {
            try await Stage([ports], client: Self.patient, upstream: Self.short)
        }

        @Test
        func `a request without an answer becomes 504, and the client may go on`() async throws {
            let target = try Target()
            let stage = try await stage([target.port])
            let client = try stage.client()
            for _ in 0..<2 {
                client.send(Self.get)
                let upstream = try target.accept()
                _ = try upstream.request()
                let answer = try client.answer()
                #expect(answer.status == 504)
                #expect(answer["x-sluice-error"] == "total_timeout")
                #expect(upstream.receiveAll() != .late)
            }
            client.send(Self.get)
            let upstream = try target.accept()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            #expect(try client.answer().text == "ok")
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.failureCount(lane: 0, kind: .timeout) == 2)
            #expect(counters.requestCount(lane: 0, code: 504) == 2)
            await stage.end()
        }

        @Test
        func `an interim answer is none`() async throws {
            let target = try Target()
            let stage = try await stage([target.port])
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            upstream.send("HTTP/1.1 103 Early Hints\r\n\r\n")
            #expect(try client.answer().status == 103)
            #expect(try client.answer().status == 504)
            client.close()
            await stage.end()
        }

        @Test
        func `the time to connect counts, and the attempt has failed`() async throws {
            let pit = try TarPit()
            let stage = try await Stage(
                [[pit.port]],
                upstream: UpstreamTimeouts(connectMilliseconds: 60_000, totalMilliseconds: 150))
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok")
            let answer = try client.answer()
            #expect(answer["x-sluice-error"] == "total_timeout")
            #expect(client.receiveAll() == .ended)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.connectCount(upstream: 0, result: .timeout) == 1)
            #expect(counters.failureCount(lane: 0, kind: .timeout) == 1)
            #expect(counters.connectionCounts(upstream: 0) == (0, 0))
            await stage.end()
        }

        @Test
        func `an answer that has begun breaks off`() async throws {
            let target = try Target()
            let stage = try await stage([target.port])
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
            #expect(client.message(.answer) == nil)
            #expect(client.end == .reset)
            #expect(upstream.receiveAll() != .late)
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.failureCount(lane: 0, kind: .timeout) == 1)
            await stage.end()
        }

        @Test
        func `an answer that never stops coming is cut too`() async throws {
            let piece = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
            let origin = try Origin { peer, _ in
                guard peer.message(.request) != nil else { return }
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 50)\r\n\r\n")
                while peer.send(piece) {}
            }
            defer { origin.stop() }
            let stage = try await stage([origin.port])
            let client = try stage.client()
            client.send(Self.get)
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while client.discard() > 0, Instant.now() < deadline {}
            #expect(client.end == .reset)
            client.close()
            await stage.end()
        }

        @Test
        func `a body that comes in drops takes too long, which is not the upstream's fault`()
            async throws
        {
            let target = try Target()
            let stage = try await stage([target.port])
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
            let upstream = try target.accept()
            await stage.counters {
                client.send("x")
                return $0.requestCount(lane: 0) == 1
            }
            #expect(try client.answer().status == 504)
            #expect(upstream.message(.request) == nil)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.failureCount(lane: 0, kind: .timeout) == 0)
            await stage.end()
        }

        @Test
        func `an answer that nobody reads breaks off, which is not the upstream's fault`()
            async throws
        {
            let piece = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
            let origin = try Origin { peer, _ in
                guard peer.message(.request) != nil else { return }
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 50)\r\n\r\n")
                while peer.send(piece) {}
            }
            defer { origin.stop() }
            // Long enough for all buffers on the way to be full by then.
            let stage = try await Stage(
                [[origin.port]], client: Self.patient,
                upstream: UpstreamTimeouts(totalMilliseconds: 3_000))
            let client = try stage.client()
            client.send(Self.get)
            let counters = await stage.counters(until: {
                $0.requestCount(lane: 0) == 1 && stage.isAtRest($0)
            })
            #expect(counters.requestCount(lane: 0, code: 200) == 1)
            #expect(counters.failureCount(lane: 0, kind: .timeout) == 0)
            client.close()
            await stage.end()
        }

        @Test
        func `a tunnel has no end, however short the time is`() async throws {
            let target = try Target()
            let stage = try await stage([target.port])
            let tunnel = try stage.client()
            tunnel.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n")
            #expect(try tunnel.answer().status == 101)
            // Another one that begins later is over: so much time has gone by.
            for _ in 0..<3 {
                let other = try stage.client()
                other.send(Self.get)
                #expect(try other.answer().status == 504)
                other.close()
            }
            tunnel.send("ping")
            #expect(upstream.receive())
            #expect(upstream.received == Array("ping".utf8))
            for peer in [tunnel, upstream] { peer.close() }
            await stage.end()
        }

        @Test
        func `a request keeps the end that it began with over a change of the settings`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], client: Self.patient)
            let held = try stage.client()
            held.send(Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            try await stage.apply(
                Stage.snapshot([[target.port]], client: Self.patient, upstream: Self.short))
            let other = try stage.client()
            other.send(Self.get)
            #expect(try other.answer().status == 504)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            #expect(try held.answer().text == "ok")
            for peer in [held, other] { peer.close() }
            await stage.end()
        }
    }
}
