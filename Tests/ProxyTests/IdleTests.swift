import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// What moves a deadline back, and what does not: bytes that went where they should, not the
    /// noise of a peer that is late itself.
    @Suite
    struct IdleTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let short = 150

        /// Waits until a request is answered with 504 for a time limit of this stage: so much
        /// time has gone by.
        private func letTimePass(_ stage: Stage) throws {
            let other = try stage.client()
            other.send(Self.get)
            guard try other.answer().status == 504 else { throw Peer.Failure(what: "not late") }
            other.close()
        }

        @Test
        func `a pause within an answer may be longer than the wait for its first byte`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]],
                upstream: UpstreamTimeouts(
                    responseMilliseconds: Self.short, idleMilliseconds: 60_000))
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
            await stage.counters { $0.firstByteHistogram(lane: 0).count == 1 }
            for _ in 0..<2 { try letTimePass(stage) }
            upstream.send("cd")
            #expect(try client.answer().text == "abcd")
            client.close()
            await stage.end()
        }

        @Test
        func `the wait for a first byte may be longer than a pause within an answer`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]],
                upstream: UpstreamTimeouts(
                    responseMilliseconds: 60_000, idleMilliseconds: Self.short))
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            for _ in 0..<2 {
                let other = try stage.client()
                other.send(Self.get)
                let stalling = try target.accept()
                stalling.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
                #expect(other.message(.answer) == nil)
                #expect(other.end == .reset)
            }
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            #expect(try client.answer().text == "ok")
            client.close()
            await stage.end()
        }

        @Test
        func `a client that reads nothing is let go, although it sends on`() async throws {
            let large = String(repeating: "x", count: 32 << 20)
            let origin = try Origin { _ in
                "HTTP/1.1 200 OK\r\nContent-Length: \(large.utf8.count)\r\n\r\n\(large)"
            }
            defer { origin.stop() }
            let stage = try await Stage(
                [[origin.port]], client: ListenerTimeouts(bodyIdleMilliseconds: Self.short))
            let client = try stage.client()
            client.send(Self.get)
            let counters = await stage.counters {
                client.send("x")
                return $0.requestCount(lane: 0) == 1
            }
            #expect(counters.requestCount(lane: 0) == 1)
            client.close()
            await stage.end()
        }

        @Test
        func `an upstream that stopped in its answer is given up, although the client sends on`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(idleMilliseconds: Self.short))
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            let counters = await stage.counters {
                client.send("x")
                return $0.requestCount(lane: 0) == 1
            }
            #expect(counters.failureCount(lane: 0, kind: .timeout) == 1)
            client.close()
            await stage.end()
        }

        @Test
        func `an upstream that takes nothing is given up, although the client sends on`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(idleMilliseconds: Self.short))
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
            let upstream = try target.accept()
            try await fill(stage, from: client)
            let counters = await stage.counters {
                client.send("x")
                return $0.requestCount(lane: 0) == 1
            }
            #expect(counters.failureCount(lane: 0, kind: .timeout) == 1)
            upstream.close()
            client.close()
            await stage.end()
        }

        @Test
        func `a tunnel in which nothing arrives is closed, although one side sends on`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(tunnelMilliseconds: 500))
            let client = try stage.client()
            let upstream = try Self.tunnel(from: client, to: target)
            try await fill(stage, from: client)
            let counters = await stage.counters {
                client.send("x")
                return $0.requestCount(lane: 0) == 1
            }
            #expect(counters.requestCount(lane: 0, code: 101) == 1)
            upstream.close()
            client.close()
            await stage.end()
        }

        @Test
        func `a tunnel goes on for as long as something arrives on either side`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(tunnelMilliseconds: 1_000))
            let client = try stage.client()
            let upstream = try Self.tunnel(from: client, to: target)
            let end = Instant.now().advanced(byMilliseconds: 3_000)
            while Instant.now() < end {
                upstream.send("x")
                #expect(client.discard() > 0)
            }
            client.send("y")
            #expect(upstream.receive())
            // Now nothing does.
            #expect(client.receiveAll() == .reset)
            #expect(upstream.receiveAll() != .late)
            await stage.end()
        }

        @Test
        func `an upstream whose interim answers waited for the client is waited for no longer`()
            async throws
        {
            let hint = "HTTP/1.1 103 Early Hints\r\nLink: " + String(repeating: "x", count: 60_000)
            let origin = try Origin { peer, number in
                _ = peer.message(.request)
                // More than all buffers on the way take; then nothing, least of all an answer.
                if number == 1 { for _ in 0..<600 { peer.send(hint + "\r\n\r\n") } }
                peer.receiveAll()
            }
            defer { origin.stop() }
            let stage = try await Stage(
                [[origin.port]], client: ListenerTimeouts(bodyIdleMilliseconds: 60_000),
                upstream: UpstreamTimeouts(responseMilliseconds: 1_000))
            let client = try stage.client()
            client.send(Self.get)
            await stage.counters { $0.byteCounts(upstream: 0).received > 0 }
            for _ in 0..<2 { try letTimePass(stage) }
            var answer = try client.answer()
            var hints = 0
            while answer.status == 103 {
                hints += 1
                answer = try client.answer()
            }
            #expect(hints > 0)
            #expect(answer.status == 504)
            client.close()
            await stage.end()
        }

        @Test
        func `an answer that began before its request's end may pause as any other`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]],
                upstream: UpstreamTimeouts(
                    responseMilliseconds: Self.short, idleMilliseconds: 60_000))
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab")
            let upstream = try target.accept()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
            await stage.counters { $0.firstByteHistogram(lane: 0).count == 1 }
            client.send("cd")
            _ = try upstream.request()
            for _ in 0..<2 { try letTimePass(stage) }
            upstream.send("cd")
            #expect(try client.answer().text == "abcd")
            client.close()
            await stage.end()
        }

        static func tunnel(from client: Peer, to target: Target) throws -> Peer {
            client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n")
            guard try client.answer().status == 101 else { throw Peer.Failure(what: "no tunnel") }
            return upstream
        }

        /// Sends until the worker passes nothing more on, and leaves it room to be sent more.
        private func fill(_ stage: Stage, from client: Peer) async throws {
            var before = -1
            while true {
                let sent = await stage.plane.counters().byteCounts(upstream: 0).sent
                if sent == before { return }
                before = sent
                _ = client.sendWithoutWaiting(limit: 64 * 1024)
                await stage.settle()
            }
        }
    }
}
