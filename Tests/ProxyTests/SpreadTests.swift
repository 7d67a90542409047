import Kernel
import Settings
import Telemetry
import Testing

@testable import Proxy

extension LiveTests {
    /// What many connections leave behind, and how the workers share them.
    @Suite
    struct SpreadTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        @Test
        func `two hundred connections are spread over four workers`() async throws {
            let origin = try Origin { _ in Self.answer }
            defer { origin.stop() }
            let stage = try await Stage(workers: 4, [[origin.port]])
            let clients = try (0..<200).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            for client in clients { #expect(try client.answer().text == "ok") }
            let loads = stage.plane.crew.connectionCounts
            #expect(loads.reduce(0, +) == 200)
            // A quarter each, give or take what a worker may be ahead before it hands over.
            #expect(loads.allSatisfy { (40...60).contains($0) }, "\(loads)")
            for client in clients { client.close() }
            await stage.end()
            #expect(stage.plane.crew.connectionCounts == [0, 0, 0, 0])
        }

        @Test
        func `of two targets the less busy one gets the next request`() async throws {
            let one = try BusyOrigin()
            let other = try BusyOrigin()
            defer { for origin in [one, other] { origin.stop() } }
            let stage = try await Stage([[one.port, other.port]])
            let clients = try (0..<20).map { _ in try stage.client() }
            for (number, client) in clients.enumerated() {
                client.send(Self.get)
                try await wait("request \(number)") { one.seen.now + other.seen.now > number }
                #expect(abs(one.seen.now - other.seen.now) <= 1)
            }
            for origin in [one, other] { origin.release() }
            for client in clients { #expect(try client.answer().status == 200) }
            for client in clients { client.close() }
            await stage.end()
        }

        @Test(arguments: [1, 4])
        func `the counters add up when all is over`(workers: Int) async throws {
            let x = try Origin { _ in Self.answer }
            let y = try Origin { _ in "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" }
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage(workers: workers, [[x.port], [y.port]], weights: [3, 1])
            let clients = try (0..<20).map { _ in try stage.client() }
            for _ in 0..<20 {
                for client in clients { client.send(Self.get) }
                for client in clients { _ = try client.answer() }
            }
            for client in clients { client.send("bad\r\n\r\n") }
            for client in clients { #expect(try client.answer().status == 400) }
            for client in clients { client.close() }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(
                counters.requestCount(lane: 0, code: 200)
                    + counters.requestCount(lane: 1, code: 404)
                    == 400)
            #expect((299...301).contains(counters.requestCount(lane: 0)))
            for lane in 0..<2 {
                let count = counters.requestCount(lane: lane)
                #expect(counters.routedCount(lane: lane, by: .sequence) == count)
                #expect(counters.durationHistogram(lane: lane).count == UInt64(count))
                #expect(counters.firstByteHistogram(lane: lane).count == UInt64(count))
                let connections = counters.connectionCounts(upstream: lane)
                #expect(connections.idle == counters.connectCount(upstream: lane, result: .ok))
                #expect(connections.active == 0)
            }
            #expect(counters.downstreamRequestCount(listener: 0) == 420)
            #expect(counters.downstreamRequestCount(listener: 0, code: 400) == 20)
            let bytes = counters.byteCounts(upstream: 0)
            #expect(bytes.received == counters.requestCount(lane: 0) * Self.answer.utf8.count)
            await stage.end()
        }

        @Test
        func `no descriptor stays behind`() async throws {
            let origin = try Origin { _ in Self.answer }
            defer { origin.stop() }
            let before = ProcessFacts.openFDs
            for _ in 0..<30 {
                let stage = try await Stage(workers: 2, [[origin.port]])
                let clients = try (0..<10).map { _ in try stage.client() }
                for client in clients { client.send(Self.get) }
                for client in clients { _ = try client.answer() }
                for client in clients.prefix(5) { client.close() }
                await stage.plane.stop()
                for client in clients.dropFirst(5) { #expect(client.receiveAll() != .late) }
            }
            // One of anything per exchange would be 300, one per data plane 30; other tests have
            // theirs open meanwhile.
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while ProcessFacts.openFDs > before + 25, Instant.now() < deadline {
                await Task.yield()
            }
            #expect(ProcessFacts.openFDs <= before + 25)
        }
    }
}
