import Kernel
import Testing

@testable import Proxy
@testable import Telemetry

extension LiveTests {
    /// What happens when the descriptors that connections may take are gone.
    @Suite
    struct DescriptorTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        @Test(arguments: [1, 4])
        func `clients wait, no worker turns in vain, and accepting goes on when there is room`(
            workers: Int
        ) async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            // 100 less 64 that are reserved, less an eighth that is left to the connections that
            // requests need: 32 in all when a client comes.
            let stage = try await Stage(workers: workers, [[origin.port]], descriptors: 100)
            var clients = try (0..<40).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            let isFull = { (counters: WorkerCounters) in
                let count = counters.downstreamConnectionCount(listener: 0)
                return count > 24 && counters.downstreamRequestCount(listener: 0) == count
            }
            await stage.counters(until: isFull)
            #expect(await turnsInASecond(stage) < 40 * workers + 40)
            let counters = await stage.plane.counters()
            #expect(isFull(counters))
            #expect(counters.downstreamConnectionCount(listener: 0) <= 32)
            // Whoever was served makes room; everybody is served in the end.
            var served = 0
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while !clients.isEmpty, Instant.now() < deadline {
                clients.removeAll { client in
                    guard client.hasAnswer() else { return false }
                    served += 1
                    client.close()
                    return true
                }
                await stage.settle()
            }
            #expect(served == 40)
            await stage.end()
        }

        /// How often the workers' loops turn in a second in which nobody but the test asks
        /// anything of them; the test's own questions do not count.
        private func turnsInASecond(_ stage: Stage) async -> Int {
            let before = await stage.plane.counters().loopTurns.count
            var questions: UInt64 = 1
            let end = Instant.now().advanced(byMilliseconds: 1_000)
            while Instant.now() < end {
                _ = await stage.plane.counters()
                questions += 1
            }
            let turns = await stage.plane.counters().loopTurns.count - before
            return Int(turns) - Int(questions) * stage.plane.workerCount
        }
    }
}
