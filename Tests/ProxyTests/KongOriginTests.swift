import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Who made an answer, as the data plane counts it.
    @Suite
    struct KongOriginTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

        private static func kong(
            _ ports: [UInt16], isKong: Bool = true, timeout: Int = 10_000
        ) -> Snapshot {
            var snapshot = Stage.snapshot(
                [ports], upstream: UpstreamTimeouts(responseMilliseconds: timeout))
            snapshot.upstreams[0].isKong = isKong
            return snapshot
        }

        private static func stage(_ snapshot: Snapshot) async throws -> Stage {
            let stage = try await Stage([[1]])
            try await stage.apply(snapshot)
            return stage
        }

        private static func answer(_ status: String, _ fields: String) -> String {
            "HTTP/1.1 \(status)\r\n\(fields)Content-Length: 2\r\n\r\nhi"
        }

        private static func proxied(_ via: String, server: String? = "app") -> String {
            (server.map { "Server: \($0)\r\n" } ?? "")
                + "X-Kong-Upstream-Latency: 20\r\nX-Kong-Proxy-Latency: 2\r\nVia: \(via)\r\n"
        }

        private static func own(_ version: String) -> String {
            "X-Kong-Response-Latency: 4\r\nServer: kong/\(version)\r\n"
        }

        static let answers:
            [(status: String, fields: String, origin: ResponseOrigin, version: String)] = [
                ("200 OK", proxied("kong/2.8.5"), .service, "2.8.5"),
                ("503 No", proxied("kong/3.4.1"), .service, "3.4.1"),
                ("200 OK", proxied("1.1 kong/3.8.0"), .service, "3.8.0"),
                ("404 Not Found", own("3.4.1"), .kong, "3.4.1"),
                ("502 Bad Gateway", proxied("kong/3.4.1", server: nil), .serviceFailed, "3.4.1"),
                ("200 OK", "Server: nginx\r\n", .unknown, ""),
            ]

        @Test(arguments: answers)
        func `each answer is counted by who made it`(
            status: String, fields: String, origin: ResponseOrigin, version: String
        ) async throws {
            let node = try Origin { _ in Self.answer(status, fields) }
            defer { node.stop() }
            let stage = try await Self.stage(Self.kong([node.port]))
            let client = try stage.client()
            for _ in 0..<3 {
                client.send(Self.get)
                #expect(try client.answer().text == "hi")
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            let counts = ResponseOrigin.allCases.map { $0 == origin ? 3 : 0 }
            #expect(counters.kongResponseCounts(lane: 0) == counts)
            let code = try #require(Int(status.prefix(3)))
            #expect(counters.kongResponseCount(lane: 0, by: origin, code: code) == 3)
            #expect(
                counters.kongVersions(upstream: 0).map(\.text) == [version].filter { !$0.isEmpty })
            let isService = origin == .service || origin == .serviceFailed
            #expect(counters.kongServiceHistogram(lane: 0).sumSeconds == (isService ? 0.06 : 0))
            let own = isService ? 0.006 : origin == .kong ? 0.012 : 0
            #expect(counters.kongHistogram(lane: 0).sumSeconds == own)
            await stage.end()
        }

        @Test
        func `what Sluice answers in the upstream's place is its own`() async throws {
            let broken = try Origin { peer, _ in
                _ = peer.message(.request)
                peer.send("garbage\r\n\r\n")
            }
            defer { broken.stop() }
            let stage = try await Self.stage(Self.kong([broken.port]))
            for (ports, code) in [([broken.port], 502), ([1], 502)] {
                try await stage.apply(Self.kong(ports))
                let client = try stage.client()
                client.send(Self.get)
                #expect(try client.answer().status == code)
                client.close()
            }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.kongResponseCount(lane: 0, by: .sluice, code: 502) == 2)
            #expect(counters.kongResponseCounts(lane: 0).reduce(0, +) == 2)
            await stage.end()
        }

        @Test
        func `a client that goes before the answer has got none`() async throws {
            let silent = try Origin { peer, _ in peer.receiveAll() }
            defer { silent.stop() }
            let stage = try await Self.stage(Self.kong([silent.port]))
            let client = try stage.client()
            client.send(Self.get)
            _ = await stage.counters { $0.inflightCount(lane: 0) == 1 }
            client.reset()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.requestCount(lane: 0, code: 0) == 1)
            #expect(counters.kongResponseCounts(lane: 0).reduce(0, +) == 0)
            await stage.end()
        }

        @Test
        func `a reload begins and ends it, and keeps what was counted`() async throws {
            let node = try Origin { _ in Self.answer("200 OK", Self.proxied("kong/3.4.1")) }
            defer { node.stop() }
            let stage = try await Self.stage(Self.kong([node.port], isKong: false))
            let client = try stage.client()
            for (round, isKong) in [false, true, false, true].enumerated() {
                try await stage.apply(Self.kong([node.port], isKong: isKong))
                for _ in 0..<10 {
                    client.send(Self.get)
                    #expect(try client.answer().text == "hi")
                }
                let counters = await stage.counters(until: stage.isAtRest)
                #expect(counters.kongResponseCounts(lane: 0)[0] == (round + 1) / 2 * 10)
                #expect((counters.kongLaneCount > 0) == (round > 0))
            }
            client.close()
            await stage.end()
        }

        @Test
        func `a tunnel is the service's from its 101 on`() async throws {
            let node = try Origin { peer, _ in
                guard peer.message(.request) != nil else { return }
                peer.send(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                        + "Upgrade: websocket\r\n\(Self.proxied("kong/3.4.1"))\r\n")
                peer.receiveAll()
            }
            defer { node.stop() }
            let stage = try await Self.stage(Self.kong([node.port]))
            let client = try stage.client()
            client.send(
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            _ = await stage.counters { !$0.kongVersions(upstream: 0).isEmpty }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.kongResponseCount(lane: 0, by: .service, code: 101) == 1)
            await stage.end()
        }
    }
}
