import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Damaged requests and answers through a live data plane: it survives, and serves the next.
    @Suite
    struct GarbageTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let rounds = 10_000

        @Test
        func `ten thousand damaged requests leave it as it was`() async throws {
            let seed = UInt64(bitPattern: WallClock.nanoseconds())
            print("damaged requests: seed \(seed)")
            var random = SeededRandom(seed: seed)
            let origin = try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" }
            defer { origin.stop() }
            let stage = try await Stage(workers: 2, [[origin.port]])
            let samples = WireSample.all.map { Array($0.request.utf8) }
            let deadline = Instant.now().advanced(byMilliseconds: 60_000)
            var round = 0
            while round < Self.rounds, Instant.now() < deadline {
                let client = try stage.client()
                // Several on one connection, since most of them are refused at once.
                for _ in 0..<4 { client.send(Self.damaged(samples, &random)) }
                round += 4
                if Bool.random(using: &random) {
                    client.endSending()
                    #expect(client.receiveAll() != .late, "seed \(seed), round \(round)")
                }
                if Bool.random(using: &random) { client.reset() } else { client.close() }
            }
            #expect(round >= Self.rounds)
            try await checkThatItServes(stage)
        }

        @Test
        func `ten thousand damaged answers leave it as it was`() async throws {
            let seed = UInt64(bitPattern: WallClock.nanoseconds())
            print("damaged answers: seed \(seed)")
            let isDamaged = Lock(true)
            let samples = WireSample.all.map { Array($0.response.utf8) }
            let origin = try Origin { peer, number in
                var random = SeededRandom(seed: seed &+ UInt64(number))
                while peer.message(.request) != nil {
                    guard isDamaged.withLock({ $0 }) else {
                        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                        continue
                    }
                    peer.send(Self.damaged(samples, &random))
                    if Int.random(in: 0..<3, using: &random) > 0 { return }
                }
            }
            defer { origin.stop() }
            let stage = try await Stage(
                workers: 2, [[origin.port]],
                client: ListenerTimeouts(bodyIdleMilliseconds: 100),
                upstream: UpstreamTimeouts(responseMilliseconds: 100, idleMilliseconds: 100))
            let deadline = Instant.now().advanced(byMilliseconds: 60_000)
            var round = 0
            while round < Self.rounds, Instant.now() < deadline {
                let clients = try (0..<50).map { _ in try stage.client() }
                for client in clients { client.send(String(repeating: Self.get, count: 4)) }
                for client in clients {
                    client.endSending()
                    #expect(client.receiveAll() != .late, "seed \(seed), round \(round)")
                    client.close()
                }
                round += 200
            }
            #expect(round >= Self.rounds)
            isDamaged.withLock { $0 = false }
            try await checkThatItServes(stage)
        }

        private func checkThatItServes(_ stage: Stage) async throws {
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(stage.isAtRest(counters))
            let client = try stage.client()
            for _ in 0..<20 {
                client.send(Self.get)
                _ = try client.answer()
            }
            client.send(Self.get)
            #expect(try client.answer().text == "ok")
            client.close()
            await stage.end()
        }

        /// A sample with some bytes changed, left out, doubled or cut off.
        private static func damaged(
            _ samples: [[UInt8]], _ random: inout SeededRandom
        ) -> [UInt8] {
            var bytes = samples.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.removeSubrange(at..<min(at + 3, bytes.count - 1))
                case 3: bytes.insert(contentsOf: bytes[at...].prefix(20), at: at)
                case 4:
                    bytes.insert(contentsOf: samples.randomElement(using: &random) ?? [], at: at)
                default: bytes.removeLast(min(at, bytes.count - 1))
                }
                if bytes.isEmpty { bytes = [0x0a] }
            }
            return bytes
        }
    }
}
