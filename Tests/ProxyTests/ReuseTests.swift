import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// How many requests a connection to a target carries, by the target's word and by ours.
    @Suite
    struct ReuseTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        /// A target as Kong is one: its thousandth answer on a connection says that it closes.
        private static func kong(_ most: Int = 1_000) throws -> Origin {
            try Origin { peer, _ in
                for number in 1...most {
                    guard peer.message(.request) != nil else { return }
                    let last = number == most ? "Connection: close\r\n" : ""
                    peer.send("HTTP/1.1 200 OK\r\n\(last)Content-Length: 2\r\n\r\nok")
                }
            }
        }

        @Test
        func `a target that closes at its thousandth request costs no request and no client`()
            async throws
        {
            let origin = try Self.kong()
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            for number in 1...3_000 {
                // What cannot be repeated would be lost.
                client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok")
                let answer = try client.answer()
                #expect(answer.status == 200 && answer["connection"] == nil, "request \(number)")
            }
            #expect(origin.connectionCount == 3)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.retryCount(lane: 0) == 0)
            #expect(
                AttemptFailure.allCases.allSatisfy {
                    counters.failureCount(lane: 0, kind: $0) == 0
                })
            #expect(counters.connectionCounts(upstream: 0) == (0, 0))
            await stage.end()
        }

        @Test
        func `clients that share such a target's connections never meet a closed one`()
            async throws
        {
            let origin = try Self.kong(10)
            defer { origin.stop() }
            let stage = try await Stage(workers: 2, [[origin.port]])
            let clients = try (0..<16).map { _ in try stage.client() }
            for _ in 0..<100 {
                for client in clients { client.send(Self.get) }
                for client in clients { #expect(try client.answer().text == "ok") }
            }
            for client in clients { client.close() }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.retryCount(lane: 0) == 0)
            #expect(origin.connectionCount >= 160)
            await stage.end()
        }

        @Test(arguments: [(1, 60), (7, 9), (60, 1), (1_000, 1)])
        func `a connection is closed after as many requests as are set`(
            limit: Int, connections: Int
        ) async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(
                [[origin.port]], upstreamLimits: UpstreamLimits(requestsPerConnection: limit))
            let client = try stage.client()
            for _ in 0..<60 {
                client.send(Self.get)
                #expect(try client.answer().text == "ok")
            }
            #expect(origin.connectionCount == connections)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.retryCount(lane: 0) == 0)
            #expect(counters.connectCount(upstream: 0, result: .ok) == connections)
            await stage.end()
        }

        @Test
        func `a new number is in force for connections that are there already`() async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            for (limit, connections) in [(nil, 1), (50, 1), (20, 2), (nil, 2)] {
                let limits = UpstreamLimits(requestsPerConnection: limit)
                try await stage.apply(Stage.snapshot([[origin.port]], upstreamLimits: limits))
                for _ in 0..<15 {
                    client.send(Self.get)
                    #expect(try client.answer().text == "ok")
                }
                #expect(origin.connectionCount == connections)
            }
            client.close()
            await stage.end()
        }
    }
}
