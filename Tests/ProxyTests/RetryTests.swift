import Addressing
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Requests that are sent again to another target: which, how often, and to whom.
    @Suite
    struct RetryTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        private static let always = RetrySettings(count: 2, budgetPercent: 100)
        /// Ports on which nobody listens, and which the system gives to nobody.
        private static let deadPort: UInt16 = 1

        /// An upstream that takes each request and breaks the connection in place of an answer.
        private func dyingOrigin(
            _ way: BrokenUpstreamTests.Way = .resets, _ requests: Lock<Int> = Lock(0)
        ) throws -> Origin {
            try Origin { peer, _ in
                guard peer.message(.request) != nil else { return }
                requests.withLock { $0 += 1 }
                if way == .closes { peer.close() } else { peer.reset() }
            }
        }

        @Test(
            arguments: ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"], BrokenUpstreamTests.Way.allCases
        )
        func `an idempotent request goes to another target when a new connection breaks`(
            method: String, way: BrokenUpstreamTests.Way
        ) async throws {
            let dying = try dyingOrigin(way)
            let sound = try Origin { _ in Self.answer }
            defer { for origin in [dying, sound] { origin.stop() } }
            let stage = try await Stage([[dying.port, sound.port]], retries: Self.always)
            let client = try stage.client()
            for _ in 0..<40 {
                client.send("\(method) / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try client.answer(toHead: method == "HEAD").status == 200)
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(dying.connectionCount > 0)
            #expect(counters.retryCount(lane: 0) == dying.connectionCount)
            #expect(counters.requestCount(lane: 0, code: 200) == 40)
            #expect(counters.routedCount(lane: 0, by: .sequence) == 40)
            await stage.end()
        }

        @Test(arguments: ["POST", "PATCH", "WEIRD"])
        func `another request that went out is not sent again`(method: String) async throws {
            let requests = Lock(0)
            let dying = try dyingOrigin(.resets, requests)
            defer { dying.stop() }
            let stage = try await Stage([[dying.port]], retries: Self.always)
            let client = try stage.client()
            for _ in 0..<5 {
                client.send("\(method) / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n1")
                #expect(try client.answer()["x-sluice-error"] == "upstream_closed")
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(requests.withLock { $0 } == 5)
            #expect(counters.retryCount(lane: 0) == 0)
            #expect(counters.retryRefusalCount(lane: 0) == 0)
            await stage.end()
        }

        @Test(arguments: [0, 1, 2, 5], [1, 3])
        func `a request is sent again as often as is allowed, also to the only target`(
            count: Int, targets: Int
        ) async throws {
            let requests = Lock(0)
            let origins = try (0..<targets).map { _ in try dyingOrigin(.closes, requests) }
            defer { for origin in origins { origin.stop() } }
            let stage = try await Stage(
                [origins.map(\.port)], retries: RetrySettings(count: count, budgetPercent: 100))
            let client = try stage.client()
            client.send(Self.get)
            let answer = try client.answer()
            #expect(answer.status == 502)
            #expect(answer["x-sluice-error"] == "upstream_closed")
            #expect(requests.withLock { $0 } == count + 1)
            if count + 1 >= targets { #expect(origins.allSatisfy { $0.connectionCount > 0 }) }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.retryCount(lane: 0) == count)
            #expect(counters.failureCount(lane: 0, kind: .closed) == count + 1)
            await stage.end()
        }

        @Test
        func `a retry never goes to the target that has just failed while there is another`()
            async throws
        {
            let origins = try (0..<2).map { _ in try dyingOrigin() }
            defer { for origin in origins { origin.stop() } }
            let stage = try await Stage(
                [origins.map(\.port)], retries: RetrySettings(count: 5, budgetPercent: 100))
            let client = try stage.client()
            for round in 1...2 {
                client.send(Self.get)
                #expect(try client.answer().status == 502)
                // By turns: of six, each has got three.
                #expect(origins.map(\.connectionCount) == [3 * round, 3 * round])
            }
            client.close()
            await stage.end()
        }

        @Test
        func `a target that takes too long is not asked again, nor is another`() async throws {
            let silent = try Target()
            let stage = try await Stage(
                [[silent.port]], upstream: UpstreamTimeouts(responseMilliseconds: 100),
                retries: Self.always)
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try silent.accept()
            _ = try upstream.request()
            #expect(try client.answer().status == 504)
            let unwanted = try silent.acceptNow()
            #expect(unwanted == nil)
            client.close()
            await stage.end()
        }

        @Test(arguments: [0, 2])
        func `connects are free: any one target that lives is found`(count: Int) async throws {
            let sound = try Origin { _ in Self.answer }
            defer { sound.stop() }
            let settings = RetrySettings(count: count, budgetPercent: 0)
            // 99: more than there are marks for.
            for dead in [4, 99] as [UInt32] {
                let targets = (1...dead).map {
                    AddressSetting(host: .ip(IPAddress(ipv4: 0x7f00_0001 + $0)), port: 1)
                }
                let stage = try await Stage([[sound.port]], retries: settings)
                var snapshot = Stage.snapshot([[sound.port]], retries: settings)
                snapshot.upstreams = [
                    UpstreamSettings(
                        name: "x",
                        targets: (targets + [Stage.address(sound.port)]).map {
                            TargetSettings(address: $0)
                        }, retries: settings)
                ]
                try await stage.apply(snapshot)
                for _ in 0..<10 {
                    let client = try stage.client()
                    client.send(Self.get)
                    #expect(try client.answer().status == 200)
                    client.close()
                }
                let counters = await stage.counters(until: stage.isAtRest)
                #expect(counters.retryCount(lane: 0) == 0)
                #expect(counters.failureCount(lane: 0, kind: .connect) > 0)
                await stage.end()
            }
        }

        @Test
        func `a retry shifts only when no target is left, and is counted at both`() async throws {
            let y = try Origin { _ in Self.answer }
            defer { y.stop() }
            let dying = try Target()
            let stage = try await Stage(
                [[dying.port, Self.deadPort], [y.port]], weights: [1, 0],
                retries: Self.always)
            await stage.setWeights([1_000_000, 1])
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try dying.accept()
            _ = try upstream.request()
            // Nobody listens any more when the connection breaks.
            dying.close()
            upstream.reset()
            #expect(try client.answer().status == 200)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 0, by: .sequence) == 1)
            #expect(counters.retryCount(lane: 0) == 1)
            #expect(counters.failureCount(lane: 0, kind: .reset) == 1)
            #expect(counters.routedCount(lane: 1, by: .shift) == 1)
            #expect(counters.requestCount(lane: 0) == 0)
            #expect(counters.requestCount(lane: 1, code: 200) == 1)
            await stage.end()
        }

        @Test
        func `a retry stays within its upstream while one of its targets can be had`()
            async throws
        {
            let dying = try dyingOrigin()
            let y = try Origin { _ in Self.answer }
            defer { for origin in [dying, y] { origin.stop() } }
            let stage = try await Stage(
                [[dying.port, Self.deadPort], [y.port]], weights: [1_000_000, 1],
                retries: Self.always)
            let client = try stage.client()
            for _ in 0..<10 {
                client.send(Self.get)
                #expect(try client.answer().status == 502)
            }
            #expect(y.connectionCount == 0)
            client.close()
            await stage.end()
        }

        @Test
        func `a retry chooses again when the weight is gone meanwhile`() async throws {
            let x = try Target()
            let y = try Origin { _ in Self.answer }
            defer { y.stop() }
            let stage = try await Stage(
                [[x.port], [y.port]], weights: [1, 0], retries: Self.always)
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try x.accept()
            _ = try upstream.request()
            await stage.setWeights([0, 1])
            upstream.reset()
            #expect(try client.answer().status == 200)
            let unwanted = try x.acceptNow()
            #expect(unwanted == nil)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 1, by: .sequence) == 1)
            await stage.end()
        }

        @Test
        func `the repeat for a closed reused connection is free, whatever the budget`()
            async throws
        {
            let origin = try Origin { peer, _ in
                guard peer.message(.request) != nil, peer.send(Self.answer) else { return }
                _ = peer.message(.request)
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            for _ in 0..<1_000 {
                client.send(Self.get)
                #expect(try client.answer().status == 200)
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.requestCount(lane: 0, code: 200) == 1_000)
            #expect(counters.retryRefusalCount(lane: 0) == 0)
            await stage.end()
        }
    }
}
