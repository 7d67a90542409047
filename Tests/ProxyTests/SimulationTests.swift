import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Random clients against random upstreams on real sockets: whatever happens, nobody gets
    /// another one's answer, or a part of an answer for the whole.
    @Suite
    struct SimulationTests {
        private static let exchanges = 2_500
        private static let clients = 6

        @Test(arguments: [1, 4])
        func `every answer belongs to its request, whatever breaks`(workers: Int) async throws {
            let seed = UInt64(bitPattern: WallClock.nanoseconds())
            print("simulation with \(workers) workers: seed \(seed)")
            let origins = try (0..<3).map { number in
                try Origin { peer, connection in
                    var random = SeededRandom(seed: seed &+ UInt64(number << 32 | connection))
                    SimulatedUpstream.serve(peer, &random)
                }
            }
            defer { for origin in origins { origin.stop() } }
            let ports = origins.map(\.port)
            let stage = try await Stage(
                workers: workers, [[ports[0], ports[1]], [ports[2]]], weights: [2, 1],
                client: ListenerTimeouts(bodyIdleMilliseconds: 2_000),
                upstream: UpstreamTimeouts(responseMilliseconds: 2_000, idleMilliseconds: 2_000),
                upstreamLimits: UpstreamLimits(inflightPerTarget: 2), retries: RetrySettings())
            let tally = Lock(SimulatedClient.Tally())
            let port = stage.port
            let finished = Lock(0)
            for number in 0..<Self.clients {
                try WorkerThread.start(name: "client") {
                    var client = SimulatedClient(port: port, seed: seed &- UInt64(number))
                    let result = client.run(exchanges: Self.exchanges / Self.clients)
                    tally.withLock { $0.add(result) }
                    finished.withLock { $0 += 1 }
                }
            }
            let deadline = Instant.now().advanced(byMilliseconds: 60_000)
            while finished.withLock({ $0 }) < Self.clients, Instant.now() < deadline {
                // Weights change while all this goes on.
                await stage.setWeights([UInt32.random(in: 1...9), UInt32.random(in: 0...9)])
            }
            #expect(finished.withLock { $0 } == Self.clients, "a client hangs, seed \(seed)")
            let counted = tally.withLock { $0 }
            #expect(counted.wrong.isEmpty, "seed \(seed): \(counted.wrong)")
            #expect(counted.right > Self.exchanges / 4, "seed \(seed)")
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(stage.isAtRest(counters), "seed \(seed)")
            await stage.end()
        }
    }
}
