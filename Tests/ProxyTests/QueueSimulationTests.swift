import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Random clients against random upstreams while limits, targets and weights change: whatever
    /// happens, nobody waits for ever and no place is lost.
    @Suite
    struct QueueSimulationTests {
        private static let exchanges = 2_000
        private static let clients = 12

        @Test(arguments: [1, 4])
        func `every place comes back, whatever breaks and whatever changes`(
            workers: Int
        ) async throws {
            let seed = UInt64(bitPattern: WallClock.nanoseconds())
            print("queues with \(workers) workers: seed \(seed)")
            var random = SeededRandom(seed: seed)
            let origins = try (0..<4).map { number in
                try Origin { peer, connection in
                    var random = SeededRandom(seed: seed &+ UInt64(number << 32 | connection))
                    SimulatedUpstream.serve(peer, &random)
                }
            }
            defer { for origin in origins { origin.stop() } }
            // One port on which nobody listens.
            let ports = origins.map(\.port) + [1]
            let stage = try await Stage(workers: workers, [[ports[0]], [ports[1]]])
            let tally = Lock(SimulatedClient.Tally())
            let finished = Lock(0)
            let port = stage.port
            for number in 0..<Self.clients {
                try WorkerThread.start(name: "client") {
                    var client = SimulatedClient(port: port, seed: seed &- UInt64(number))
                    let result = client.run(exchanges: Self.exchanges / Self.clients)
                    tally.withLock { $0.add(result) }
                    finished.withLock { $0 += 1 }
                }
            }
            let deadline = Instant.now().advanced(byMilliseconds: 90_000)
            while finished.withLock({ $0 }) < Self.clients, Instant.now() < deadline {
                if Int.random(in: 0..<4, using: &random) == 0 {
                    try await stage.apply(Self.snapshot(ports, &random))
                } else {
                    await stage.setWeights(Self.weights(&random))
                }
            }
            #expect(finished.withLock { $0 } == Self.clients, "a client hangs, seed \(seed)")
            let counted = tally.withLock { $0 }
            #expect(counted.wrong.isEmpty, "seed \(seed): \(counted.wrong)")
            #expect(counted.right > Self.exchanges / 4, "seed \(seed)")
            let counters = await stage.counters(until: stage.isAtRest)
            let requests = (0..<2).reduce(0) { $0 + counters.requestCount(lane: $1) }
            #expect(requests == counters.downstreamRequestCount(listener: 0), "seed \(seed)")
            await stage.endWithoutPlaces()
        }

        private static func snapshot(_ ports: [UInt16], _ random: inout SeededRandom) -> Snapshot {
            let limits = UpstreamLimits(
                inflightPerTarget: [nil, 1, 1, 2, 3].randomElement(using: &random) ?? nil,
                queue: [0, 2, 100, 100].randomElement(using: &random) ?? 0,
                queueTimeoutMilliseconds: Int.random(in: 20...3_000, using: &random))
            let retries = RetrySettings(
                count: Int.random(in: 0...3, using: &random),
                budgetPercent: Int.random(in: 0...100, using: &random))
            let upstreams = (0..<2).map { _ in
                Array(ports.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
            }
            return Stage.snapshot(
                upstreams, weights: weights(&random),
                upstream: UpstreamTimeouts(
                    connectMilliseconds: 2_000, responseMilliseconds: 2_000,
                    idleMilliseconds: 2_000),
                upstreamLimits: limits, retries: retries)
        }

        private static func weights(_ random: inout SeededRandom) -> [UInt32] {
            let first = UInt32.random(in: 0...3, using: &random)
            return [first, UInt32.random(in: (first == 0 ? 1 : 0)...3, using: &random)]
        }
    }
}
