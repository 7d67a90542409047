import Proxy
import Telemetry
import Testing

extension LiveTests {
    /// A reused connection that its target has just closed: what is sent again, and what is not.
    @Suite
    struct RepeatTests {
        private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

        /// A target whose connections all die at their second request, without a byte of an answer.
        private func dyingOrigin(_ way: BrokenUpstreamTests.Way) throws -> Origin {
            try Origin { peer, _ in
                guard peer.message(.request) != nil, peer.send(Self.answer) else { return }
                guard peer.message(.request) != nil else { return }
                if way == .closes { peer.close() } else { peer.reset() }
            }
        }

        @Test(
            arguments: ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"], BrokenUpstreamTests.Way.allCases
        )
        func `an idempotent request goes out once more, on a new connection`(
            method: String, way: BrokenUpstreamTests.Way
        ) async throws {
            let origin = try dyingOrigin(way)
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            let request = "\(method) / HTTP/1.1\r\nHost: h\r\n\r\n"
            for _ in 0..<6 {
                client.send(request)
                #expect(try client.answer().status == 200)
            }
            // The second request of each connection dies; its repeat is the first of the next.
            #expect(origin.connectionCount == 6)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.retryCount(lane: 0) == 5)
            #expect(counters.requestCount(lane: 0, code: 200) == 6)
            #expect(counters.routedCount(lane: 0, by: .sequence) == 6)
            await stage.end()
        }

        @Test(arguments: ["POST", "PATCH", "WEIRD"])
        func `another request that went out is not repeated`(method: String) async throws {
            let origin = try dyingOrigin(.closes)
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            let request = "\(method) / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n1"
            for status in [200, 502, 200, 502] {
                client.send(request)
                #expect(try client.answer().status == status)
            }
            #expect(origin.connectionCount == 2)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.retryCount(lane: 0) == 0)
            #expect(counters.failureCount(lane: 0, kind: .closed) == 2)
            await stage.end()
        }

        @Test
        func `a request is repeated once and not again`() async throws {
            let origin = try Origin { peer, number in
                guard peer.message(.request) != nil else { return }
                guard number == 1, peer.send(Self.answer) else { return }
                _ = peer.message(.request)
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            for status in [200, 502] {
                client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.answer().status == status)
            }
            #expect(origin.connectionCount == 2)
            client.close()
            await stage.end()
        }

        @Test
        func `a body too large to be held is not repeated`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(Self.answer)
            _ = try client.answer()
            client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n")
            client.send(Array(repeating: UInt8(ascii: "x"), count: 199_999))
            while upstream.received.count < 150_000, upstream.receive() {}
            upstream.close()
            #expect(try client.answer().status == 502)
            #expect(client.receiveAll() != .late)
            let unwanted = try target.acceptNow()
            #expect(unwanted == nil)
            client.close()
            await stage.end()
        }
    }
}
