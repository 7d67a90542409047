import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Many failures at once: a budget keeps retries from becoming the bigger trouble.
    @Suite
    struct RetryStormTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        /// What a worker's budget holds before the first request.
        private static let start = 10

        @Test(arguments: [1, 4], [0, 20])
        func `when all targets reset everything, retries stay within their budget`(
            workers: Int, percent: Int
        ) async throws {
            let requests = Lock(0)
            let origins = try (0..<3).map { _ in
                try Origin { peer, _ in
                    guard peer.message(.request) != nil else { return }
                    requests.withLock { $0 += 1 }
                    peer.reset()
                }
            }
            defer { for origin in origins { origin.stop() } }
            let stage = try await Stage(
                workers: workers, [origins.map(\.port)],
                retries: RetrySettings(count: 3, budgetPercent: percent))
            let clients = try (0..<20).map { _ in try stage.client() }
            let rounds = 20
            for _ in 0..<rounds {
                for client in clients { client.send(Self.get) }
                for client in clients {
                    #expect(try client.answer()["x-sluice-error"] == "upstream_closed")
                }
            }
            for client in clients { client.close() }
            let total = rounds * clients.count
            let granted = percent == 0 ? 0 : total * percent / 100 + Self.start * workers
            let sent = requests.withLock { $0 }
            #expect(sent <= total + granted)
            // Nearly all that the budget allows is used: it is not refused for nothing.
            #expect(sent >= total + granted * 9 / 10 - workers)
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.requestCount(lane: 0, code: 502) == total)
            #expect(counters.retryCount(lane: 0) == sent - total)
            #expect(counters.failureCount(lane: 0, kind: .reset) == sent)
            #expect(counters.retryRefusalCount(lane: 0) > 0)
            await stage.end()
        }

        /// An upstream that can be killed: all connections break, and nobody listens any more.
        private final class Mortal: Sendable {
            private let isDead = Lock(false)
            /// Requests that had no answer when their connection broke.
            let lost = Lock((safe: 0, unsafe: 0))
            private let origin = Lock<Origin?>(nil)

            var port: UInt16 { origin.withLock { $0?.port ?? 0 } }

            init(keepsAlive: Bool) throws {
                let origin = try Origin { peer, _ in
                    while let request = peer.message(.request) {
                        if self.isDead.withLock({ $0 }) {
                            let isSafe = request.startLine.hasPrefix("GET")
                            self.lost.withLock { lost in
                                if isSafe { lost.safe += 1 } else { lost.unsafe += 1 }
                            }
                            return peer.reset()
                        }
                        let close = keepsAlive ? "" : "Connection: close\r\n"
                        let text = "HTTP/1.1 200 OK\r\n\(close)Content-Length: 2\r\n\r\nok"
                        guard peer.send(text), keepsAlive else { return }
                    }
                }
                self.origin.withLock { $0 = origin }
            }

            func kill() {
                isDead.withLock { $0 = true }
                origin.withLock { $0?.stop() }
            }
        }

        @Test(arguments: [true, false], [1, 4])
        func `of a target that dies under load only what cannot be repeated is lost`(
            keepsAlive: Bool, workers: Int
        ) async throws {
            let mortal = try Mortal(keepsAlive: keepsAlive)
            let sound = try Origin { _ in Self.answer }
            defer { sound.stop() }
            let stage = try await Stage(
                workers: workers, [[mortal.port, sound.port]], retries: RetrySettings())
            let failed = Lock((get: 0, post: 0, other: 0))
            let finished = Lock(0)
            let port = stage.port
            for _ in 0..<8 {
                try WorkerThread.start(name: "client") {
                    defer { finished.withLock { $0 += 1 } }
                    guard let client = try? Peer(connectingTo: port) else {
                        return failed.withLock { $0.other += 1 }
                    }
                    for number in 0..<200 {
                        let isPost = number.isMultiple(of: 4)
                        client.send(
                            isPost
                                ? "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n1"
                                : Self.get)
                        guard let answer = client.message(.answer) else {
                            return failed.withLock { $0.other += 1 }
                        }
                        guard answer.status != 200 else { continue }
                        failed.withLock { failed in
                            if isPost { failed.post += 1 } else { failed.get += 1 }
                        }
                    }
                }
            }
            await stage.counters { $0.requestCount(lane: 0) >= 600 }
            mortal.kill()
            let deadline = Instant.now().advanced(byMilliseconds: 60_000)
            while finished.withLock({ $0 }) < 8, Instant.now() < deadline { await Task.yield() }
            let result = failed.withLock { $0 }
            let lost = mortal.lost.withLock { $0 }
            #expect(result.get == 0)
            #expect(result.other == 0)
            // What the dead target read, and what was on the way to it, one for each client.
            #expect(result.post <= lost.unsafe + 8)
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.requestCount(lane: 0) == 1_600)
            #expect(counters.requestCount(lane: 0, code: 502) == result.post)
            await stage.end()
        }
    }

    /// The arithmetic of the budget.
    @Suite
    struct RetryBudgetTests {
        private func budget(_ percent: Int) -> RetryBudget {
            var budget = RetryBudget()
            budget.takeOn(RetrySettings(count: 2, budgetPercent: percent))
            return budget
        }

        /// Takes everything out and says how much it was.
        private func drain(_ budget: inout RetryBudget) -> Int {
            var count = 0
            while budget.withdraw() { count += 1 }
            return count
        }

        @Test(arguments: [(1, 10), (20, 10), (100, 10), (0, 0), (-5, 0)])
        func `a new budget lets a quiet upstream retry`(percent: Int, start: Int) {
            var budget = budget(percent)
            let count = drain(&budget)
            #expect(count == start)
        }

        @Test(arguments: [1, 3, 7, 20, 33, 100, 250])
        func `retries are the exact share of the requests`(percent: Int) {
            var budget = budget(percent)
            _ = drain(&budget)
            var granted = 0
            for count in 1...1_000 {
                budget.deposit()
                granted += drain(&budget)
                #expect(granted == count * percent / 100)
            }
        }

        @Test
        func `what is saved has a limit`() {
            var budget = budget(100)
            for _ in 0..<5_000 { budget.deposit() }
            let count = drain(&budget)
            #expect(count == 1_000)
        }

        @Test
        func `new settings keep what was saved, and a budget of nothing ends it`() {
            var budget = budget(20)
            for _ in 0..<3 { _ = budget.withdraw() }
            budget.takeOn(RetrySettings(count: 1, budgetPercent: 50))
            let kept = drain(&budget)
            #expect(kept == 7)
            for _ in 0..<4 { budget.deposit() }
            budget.takeOn(RetrySettings(count: 1, budgetPercent: 0))
            budget.deposit()
            let nothing = drain(&budget)
            #expect(nothing == 0)
            budget.takeOn(RetrySettings(count: 1, budgetPercent: 20))
            let anew = drain(&budget)
            #expect(anew == 10)
        }

        @Test
        func `a budget without settings grants nothing`() {
            var budget = RetryBudget()
            budget.deposit()
            let count = drain(&budget)
            #expect(count == 0)
        }
    }
}
