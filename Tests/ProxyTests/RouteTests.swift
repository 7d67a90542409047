import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Which upstream and which of its targets a request comes to.
    @Suite
    struct RouteTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

        private func origin(_ name: String) throws -> Origin {
            try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)"
            }
        }

        /// Ports on which nobody listens, and which the system gives to nobody.
        private static let deadPorts: [UInt16] = [1, 2]

        @Test
        func `the split is exact over whole hundreds`() async throws {
            let x = try origin("x")
            let y = try origin("y")
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage([[x.port], [y.port]], weights: [90, 10])
            let client = try stage.client()
            var names: [String] = []
            for _ in 0..<500 {
                client.send(Self.get)
                names.append(try client.answer().text)
            }
            for start in stride(from: 0, to: 400, by: 7) {
                let count = names[start..<start + 100].count { $0 == "y" }
                #expect((8...12).contains(count), "\(count) of 100 from \(start) on")
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 0, by: .sequence) == names.count { $0 == "x" })
            #expect(counters.routedCount(lane: 1, by: .sequence) == names.count { $0 == "y" })
            await stage.end()
        }

        @Test
        func `a target that refuses is passed over for one of the same upstream`() async throws {
            let x = try origin("x")
            let y = try origin("y")
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage(
                [[Self.deadPorts[0], x.port, Self.deadPorts[1]], [y.port]], weights: [1, 0])
            for _ in 0..<20 {
                let client = try stage.client()
                client.send(Self.get)
                #expect(try client.answer().text == "x")
                client.close()
            }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.failureCount(lane: 0, kind: .connect) > 0)
            #expect(
                counters.connectCount(upstream: 0, result: .refused)
                    == counters.failureCount(lane: 0, kind: .connect))
            #expect(counters.requestCount(lane: 0, code: 200) == 20)
            await stage.end()
        }

        @Test
        func `the share of an upstream without targets moves to those above 0`() async throws {
            let y = try origin("y")
            let z = try origin("z")
            defer { for origin in [y, z] { origin.stop() } }
            let stage = try await Stage(
                [[Self.deadPorts[0]], [y.port], [z.port]], weights: [90, 10, 0])
            let client = try stage.client()
            for _ in 0..<50 {
                client.send(Self.get)
                #expect(try client.answer().text == "y")
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            let shifted = counters.routedCount(lane: 1, by: .shift)
            #expect((40...50).contains(shifted))
            #expect(counters.routedCount(lane: 1, by: .sequence) == 50 - shifted)
            #expect(counters.routedCount(lane: 0, by: .sequence) == 0)
            #expect(counters.requestCount(lane: 1) == 50)
            await stage.end()
        }

        @Test
        func `nothing moves to an upstream at 0, and the client stays`() async throws {
            let y = try origin("y")
            defer { y.stop() }
            let stage = try await Stage(
                [Self.deadPorts, [y.port]], weights: [1, 0])
            let client = try stage.client()
            for _ in 0..<3 {
                client.send(Self.get + Self.get)
                for _ in 0..<2 {
                    let answer = try client.answer()
                    #expect(answer.status == 502)
                    #expect(answer["x-sluice-error"] == "connect_failed")
                }
            }
            #expect(y.connectionCount == 0)
            client.close()
            await stage.end()
        }

        @Test
        func `a request that waits for a connection chooses again when its weight is gone`()
            async throws
        {
            let pit = try TarPit()
            let y = try origin("y")
            defer { y.stop() }
            let stage = try await Stage([[pit.port], [y.port]], weights: [1, 0])
            let client = try stage.client()
            client.send(Self.get)
            await stage.counters { $0.connectionCounts(upstream: 0).active == 1 }
            await stage.setWeights([0, 1])
            #expect(try client.answer().text == "y")
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 0, by: .sequence) == 0)
            #expect(counters.routedCount(lane: 1, by: .sequence) == 1)
            await stage.end()
        }

        @Test(arguments: [[1, 1, 1], [1, 1], [1]] as [[UInt32]])
        func `a request that waits for an upstream that leaves the split chooses again`(
            left: [UInt32]
        ) async throws {
            let pit = try TarPit()
            let y = try origin("y")
            defer { y.stop() }
            let stage = try await Stage(
                [[y.port], [y.port], [y.port], [pit.port]], weights: [0, 0, 0, 1])
            let client = try stage.client()
            client.send(Self.get)
            await stage.counters { $0.connectionCounts(upstream: 3).active == 1 }
            try await stage.apply(Stage.snapshot(left.map { _ in [y.port] }, weights: left))
            #expect(try client.answer().text == "y")
            client.close()
            await stage.end()
        }

        @Test
        func `every one of a hundred targets gets requests`() async throws {
            let origins = try (0..<100).map { try origin("\($0)") }
            defer { for origin in origins { origin.stop() } }
            let stage = try await Stage([origins.map(\.port)])
            var names: Set<String> = []
            let client = try stage.client()
            for _ in 0..<3_000 {
                client.send(Self.get)
                names.insert(try client.answer().text)
            }
            #expect(names.count == 100)
            client.close()
            await stage.end()
        }
    }
}

/// A port where a connection attempt gets no answer: its queue is full and nobody accepts.
final class TarPit {
    private let target: Target
    private var waiting: [Peer] = []

    init() throws {
        target = try Target(backlog: 0)
        waiting.append(try Peer(connectingTo: target.port))
    }

    var port: UInt16 { target.port }
}
