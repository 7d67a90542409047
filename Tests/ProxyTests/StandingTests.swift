import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// Which target a request comes to when not all of them stand alike.
    @Suite
    struct StandingTests {
        typealias Health = TargetStanding.Health

        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

        /// Two upstreams of two origins each, which answer with their names.
        private struct Four {
            let origins: [Origin]
            let stage: Stage

            init(weights: [UInt32] = [1, 0]) async throws {
                origins = try ["x1", "x2", "y1", "y2"].map { name in
                    try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\(name)" }
                }
                let ports = origins.map(\.port)
                stage = try await Stage(
                    [[ports[0], ports[1]], [ports[2], ports[3]]], weights: weights)
            }

            /// Sets how x1, x2, y1 and y2 stand.
            func set(_ standings: [TargetStanding]) async {
                let ports = origins.map(\.port)
                let late = await stage.plane.changeStandings { target, standing in
                    guard let index = ports.firstIndex(of: target.address.port) else { return }
                    standing = standings[index]
                }
                if !late.pendingWorkers.isEmpty { await stage.settle() }
            }

            /// Who answers so many requests of one client.
            func names(_ count: Int) throws -> [String: Int] {
                let client = try stage.client()
                defer { client.close() }
                var names: [String: Int] = [:]
                for _ in 0..<count {
                    client.send(StandingTests.get)
                    names[try client.answer().text, default: 0] += 1
                }
                return names
            }

            func end() async {
                for origin in origins { origin.stop() }
                await stage.end()
            }
        }

        private static func standings(_ letters: String) -> [TargetStanding] {
            letters.map { letter in
                switch letter {
                case "g": TargetStanding(health: .degraded)
                case "e": TargetStanding(health: .ejected)
                case "d": TargetStanding(health: .down)
                case "r": TargetStanding(isDrained: true)
                case "R": TargetStanding(health: .down, isDrained: true)
                default: TargetStanding()
                }
            }
        }

        /// s: sound, g: degraded, e: ejected, d: down, r: drained, R: drained and down.
        @Test(
            arguments: [
                ("ssss", ["x1", "x2"]),
                ("sgss", ["x1"]), ("sess", ["x1"]), ("dsss", ["x2"]), ("rsss", ["x2"]),
                // A degraded target moves no share to the other upstream.
                ("ggss", ["x1", "x2"]), ("gdss", ["x1"]), ("rgss", ["x2"]),
                // No usable target: to another upstream with a weight, if it has one.
                ("ddss", ["y1", "y2"]), ("edgs", ["y2"]), ("rrgd", ["y1"]), ("Rdsd", ["y1"]),
                // None anywhere: health is ignored, and what is drained comes last.
                ("dddd", ["x1", "x2"]), ("edde", ["x1", "x2"]), ("rddd", ["x2"]),
                ("rrdd", ["x1", "x2"]), ("RrRr", ["x1", "x2"]), ("ddrr", ["x1", "x2"]),
            ])
        func `targets are chosen by how they stand`(letters: String, expected: [String])
            async throws
        {
            let four = try await Four(weights: [1_000_000, 1])
            await four.set(Self.standings(letters))
            #expect(try four.names(40).keys.sorted() == expected)
            await four.end()
        }

        @Test
        func `share never moves to an upstream at 0`() async throws {
            let four = try await Four(weights: [1, 0])
            await four.set(Self.standings("ddss"))
            #expect(try four.names(20).keys.sorted() == ["x1", "x2"])
            let counters = await four.stage.counters { $0.requestCount(lane: 0) == 20 }
            #expect(counters.routedCount(lane: 0, by: .sequence) == 20)
            await four.end()
        }

        @Test
        func `a shift uses up its place in the sequence, so the split goes on where it was`()
            async throws
        {
            let four = try await Four(weights: [50, 50])
            _ = try four.names(50)
            await four.set(Self.standings("ddss"))
            #expect(try four.names(50).keys.sorted() == ["y1", "y2"])
            await four.set(Self.standings("ssss"))
            _ = try four.names(50)
            let counters = await four.stage.counters {
                $0.requestCount(lane: 0) + $0.requestCount(lane: 1) == 150
            }
            let x = counters.routedCount(lane: 0, by: .sequence)
            let y = counters.routedCount(lane: 1, by: .sequence)
            let shifted = counters.routedCount(lane: 1, by: .shift)
            #expect(x + y + shifted == 150)
            #expect((23...27).contains(shifted))
            #expect(abs(x + shifted - y) <= 2)
            await four.end()
        }

        @Test
        func `with no usable target anywhere the split is kept`() async throws {
            let four = try await Four(weights: [90, 10])
            await four.set(Self.standings("dddd"))
            let names = try four.names(200)
            let y = (names["y1"] ?? 0) + (names["y2"] ?? 0)
            #expect((18...22).contains(y))
            let counters = await four.stage.counters { $0.requestCount(lane: 0) == 200 - y }
            #expect(counters.routedCount(lane: 0, by: .shift) == 0)
            #expect(counters.routedCount(lane: 1, by: .shift) == 0)
            await four.end()
        }

        @Test
        func `when the usable targets refuse, those passed over are tried before giving up`()
            async throws
        {
            let y = try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny" }
            defer { y.stop() }
            // Nobody listens on ports 1 and 2.
            let stage = try await Stage([[1], [2, y.port]], weights: [1, 1])
            _ = await stage.plane.changeStandings { target, standing in
                if target.address.port == y.port { standing.health = .down }
            }
            let client = try stage.client()
            for _ in 0..<10 {
                client.send(Self.get)
                #expect(try client.answer().text == "y")
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            // Each usable target is tried once for a request, not once more.
            #expect(counters.failureCount(lane: 0, kind: .connect) == 10)
            #expect(counters.failureCount(lane: 1, kind: .connect) == 10)
            await stage.end()
        }

        @Test
        func `a target that starts slowly gets its part of its weight`() async throws {
            let four = try await Four()
            var standings = Self.standings("ssss")
            standings[0].weightPercent = 10
            await four.set(standings)
            let names = try four.names(1_100)
            #expect((50...170).contains(names["x1"] ?? 0), "\(names)")
            await four.end()
        }

        @Test
        func `standings survive a reload that keeps the target, and no other`() async throws {
            let four = try await Four()
            let ports = four.origins.map(\.port)
            await four.set(Self.standings("dsss"))
            let snapshot = Stage.snapshot([[ports[0], ports[1]], [ports[3]]], weights: [1, 0])
            try await four.stage.apply(snapshot)
            #expect(try four.names(20).keys.sorted() == ["x2"])
            #expect(four.stage.plane.standings.map(\.standing.health) == [.down, .sound, .sound])
            try await four.stage.apply(Stage.snapshot([[ports[1]], [ports[3]]], weights: [1, 0]))
            try await four.stage.apply(snapshot)
            #expect(try four.names(40).keys.sorted() == ["x1", "x2"])
            await four.end()
        }

        @Test(arguments: 1...3)
        func `standings and weights change under traffic, and nothing fails`(seed: UInt64)
            async throws
        {
            let four = try await Four(weights: [50, 50])
            var random = FastRandom(seed: seed)
            let client = try four.stage.client()
            for _ in 0..<60 {
                let letters = String(
                    (0..<4).map { _ in "sgedrR".randomElement(using: &random) ?? "s" })
                await four.set(Self.standings(letters))
                if Bool.random(using: &random) {
                    await four.stage.setWeights(
                        [[1, 0], [0, 1], [1, 1]][Int(random.next() % 3)])
                }
                for _ in 0..<5 {
                    client.send(Self.get)
                    #expect(try client.answer().status == 200, "\(letters)")
                }
            }
            client.close()
            await four.end()
        }
    }
}
