import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Each deadline by itself: all others are far away.
    @Suite
    struct TimeoutTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let short = 100

        @Test
        func `a head that does not come to its end is answered with 408`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(headMilliseconds: Self.short))
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost")
            #expect(try client.answer().status == 408)
            #expect(client.receiveAll() == .ended)
            client.close()
            await stage.end()
        }

        @Test
        func `a crowd whose time is over at once is answered to the last`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(headMilliseconds: Self.short))
            let clients = try (0..<300).map { _ in try stage.client() }
            for client in clients { client.send("GET / HTTP/1.1\r\nHost") }
            for client in clients { #expect(try client.answer().status == 408) }
            for client in clients { client.close() }
            await stage.end()
        }

        @Test
        func `a head in pieces that come in time is served`() async throws {
            let origin = try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            for byte in Self.get.utf8 {
                client.send([byte])
                await stage.settle()
            }
            #expect(try client.answer().status == 200)
            client.close()
            await stage.end()
        }

        @Test
        func `an idle client is let go without a word`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(keepaliveMilliseconds: Self.short))
            let client = try stage.client()
            #expect(client.receiveAll() == .ended)
            #expect(client.received.isEmpty)
            client.close()
            await stage.end()
        }

        @Test
        func `an idle upstream connection is closed`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(keepaliveMilliseconds: Self.short))
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = try client.answer()
            #expect(upstream.receiveAll() == .ended)
            let counters = await stage.counters { $0.connectionCounts(upstream: 0) == (0, 0) }
            #expect(counters.connectionCounts(upstream: 0) == (0, 0))
            client.close()
            await stage.end()
        }

        @Test
        func `an upstream that does not answer becomes 504, and its connection is dropped`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(responseMilliseconds: Self.short))
            let client = try stage.client()
            for _ in 0..<2 {
                client.send(Self.get)
                let upstream = try target.accept()
                _ = try upstream.request()
                #expect(try client.answer().status == 504)
                #expect(upstream.receiveAll() != .late)
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.failureCount(lane: 0, kind: .timeout) == 2)
            #expect(counters.retryCount(lane: 0) == 0)
            await stage.end()
        }

        @Test
        func `an answer that stops in the middle breaks the client's connection`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]],
                upstream: UpstreamTimeouts(idleMilliseconds: Self.short))
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            #expect(client.message(.answer) == nil)
            #expect(client.end == .reset)
            await stage.end()
        }

        @Test
        func `a connection that is not made in time moves the request on, or becomes 504`()
            async throws
        {
            let pit = try TarPit()
            let origin = try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }
            defer { origin.stop() }
            let timeouts = UpstreamTimeouts(connectMilliseconds: Self.short)
            for (ports, status) in [([pit.port], 504), ([pit.port, origin.port], 200)] {
                let stage = try await Stage([ports], upstream: timeouts)
                for _ in 0..<3 {
                    let client = try stage.client()
                    client.send(Self.get)
                    #expect(try client.answer().status == status)
                    client.close()
                }
                await stage.end()
            }
        }

        @Test
        func `a body that does not go on is answered with 408`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(bodyIdleMilliseconds: Self.short))
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")
            let upstream = try target.accept()
            #expect(try client.answer().status == 408)
            #expect(client.receiveAll() == .ended)
            #expect(upstream.message(.request) == nil)
            client.close()
            await stage.end()
        }

        @Test
        func `a client that does not read its answer is let go`() async throws {
            let stage = try await Self.stageWithLargeAnswers()
            let client = try stage.stage.client()
            client.send(Self.get)
            await stage.stage.counters { $0.requestCount(lane: 0) == 1 }
            let counters = await stage.stage.counters(until: stage.stage.isAtRest)
            #expect(stage.stage.isAtRest(counters))
            client.close()
            await stage.stage.end()
            stage.origin.stop()
        }

        private static func stageWithLargeAnswers() async throws -> (stage: Stage, origin: Origin) {
            let large = String(repeating: "x", count: 32 << 20)
            let origin = try Origin { _ in
                "HTTP/1.1 200 OK\r\nContent-Length: \(large.utf8.count)\r\n\r\n\(large)"
            }
            let stage = try await Stage(
                [[origin.port]], client: ListenerTimeouts(bodyIdleMilliseconds: short))
            return (stage, origin)
        }

        @Test
        func `an upstream that does not read the body becomes 504`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(idleMilliseconds: Self.short))
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
            let upstream = try target.accept()
            // A call that sends nothing only says that the worker has not read just now: what is
            // sent has to fill what the upstream's system takes, however slowly that grows.
            let limit = Instant.now().advanced(byMilliseconds: 20_000)
            while !client.hasAnswer(), Instant.now() < limit {
                _ = client.sendWithoutWaiting(limit: 1_000_000)
                await stage.settle()
            }
            #expect(try client.answer().status == 504)
            upstream.close()
            client.close()
            await stage.end()
        }

        @Test
        func `a client is not blamed for an upstream that reads slowly`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(bodyIdleMilliseconds: 1_000))
            let client = try stage.client()
            let total = 40_000_000
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(total)\r\n\r\n")
            let upstream = try target.accept()
            var sent = 0
            var got = 0
            // Each time long before its own deadline the upstream takes a part of what waits.
            for round in 1...6 {
                let next = Instant.now().advanced(byMilliseconds: 300)
                while Instant.now() < next {
                    sent += client.sendWithoutWaiting(limit: total - sent)
                    await stage.settle()
                }
                let wanted = round < 6 ? round * 2_000_000 : total
                while got < wanted, case let count = upstream.discard(), count > 0 {
                    got += count
                    sent += client.sendWithoutWaiting(limit: total - sent)
                }
            }
            #expect(got >= total)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            #expect(try client.answer().status == 200)
            client.close()
            await stage.end()
        }
    }
}
