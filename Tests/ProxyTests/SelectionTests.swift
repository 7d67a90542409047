import Addressing
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// Requests that choose their upstream themselves: by a pin, by their client's key.
    @Suite
    struct SelectionTests {
        private static let deadPort: UInt16 = 1
        private static let secret = StickySecret("a secret of the tests")
        private static let pin = PinSettings(
            when: WhenSettings([.header("x-sluice-upstream", ["y"])]), upstream: "y")

        private func origin(_ name: String) throws -> Origin {
            try Origin { _ in
                "HTTP/1.1 200 OK\r\nX-Sluice-Upstream: forged\r\nx_sluice_upstream: forged\r\n"
                    + "Content-Length: \(name.utf8.count)\r\n\r\n\(name)"
            }
        }

        private static func get(_ fields: String...) -> String {
            "GET / HTTP/1.1\r\nHost: h\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
        }

        private func snapshot(
            _ ports: [[UInt16]], weights: [UInt32], keys: [StickySettings.Key] = [],
            pins: [PinSettings] = [], exposes: Bool = false, trusted: [CIDR] = []
        ) -> Snapshot {
            var snapshot = Stage.snapshot(ports, weights: weights)
            let names = Stage.names(ports.count)
            snapshot.listeners = [
                ListenerSettings(
                    name: "api", address: Stage.address(0), split: "kong",
                    trustedProxies: trusted, exposesUpstream: exposes)
            ]
            snapshot.splits = [
                SplitSettings(
                    name: "kong", members: names, weights: Stage.weights(weights),
                    stable: names[0], candidate: names.count == 2 ? names[1] : nil,
                    sticky: keys.isEmpty ? nil : StickySettings(by: keys, secret: Self.secret),
                    pins: pins)
            ]
            return snapshot
        }

        /// Whom each of many users is answered by.
        private func answers(
            _ client: Peer, users: Int = 200, field: String = "apikey: user-"
        ) throws -> [String] {
            try (0..<users).map { user in
                client.send(Self.get("\(field)\(user)"))
                return try client.answer().text
            }
        }

        @Test
        func `a pin reaches an upstream at 0, and the sequence goes on as without it`() async throws
        {
            let (x, y) = (try origin("x"), try origin("y"))
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage([[x.port], [y.port]], weights: [1, 0])
            try await stage.apply(
                snapshot([[x.port], [y.port]], weights: [1, 0], pins: [Self.pin]))
            let client = try stage.client()
            for _ in 0..<10 {
                client.send(Self.get("X-Sluice-Upstream: y"))
                #expect(try client.answer().text == "y")
                client.send(Self.get("X_Sluice_Upstream: y"))
                #expect(try client.answer().text == "x")
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 1, by: .pin) == 10)
            #expect(counters.routedCount(lane: 1, by: .sequence) == 0)
            #expect(counters.routedCount(lane: 0, by: .sequence) == 10)
            await stage.end()
        }

        @Test
        func `a pinned request goes nowhere else, whatever its upstream is like`() async throws {
            let x = try origin("x")
            defer { x.stop() }
            let stage = try await Stage([[x.port], [Self.deadPort]], weights: [1, 0])
            try await stage.apply(
                snapshot([[x.port], [Self.deadPort]], weights: [1, 1], pins: [Self.pin]))
            let client = try stage.client()
            client.send(Self.get("X-Sluice-Upstream: y"))
            #expect(try client.answer().status == 502)
            // Down, and nothing else there: it is tried all the same.
            _ = await stage.plane.changeStandings { target, standing in
                if target.upstream == "y" { standing.health = .down }
            }
            client.send(Self.get("X-Sluice-Upstream: y"))
            #expect(try client.answer()["x-sluice-error"] == "connect_failed")
            _ = await stage.plane.changeStandings { target, standing in
                if target.upstream == "y" { standing.isDrained = true }
            }
            client.send(Self.get("X-Sluice-Upstream: y"))
            let answer = try client.answer()
            #expect(answer.status == 503 && answer["x-sluice-error"] == "no_upstream")
            client.close()
            await stage.end()
        }

        @Test
        func `users stay where they are when the candidate grows, and return when it shrinks`()
            async throws
        {
            let (x, y) = (try origin("x"), try origin("y"))
            defer { for origin in [x, y] { origin.stop() } }
            let ports = [[x.port], [y.port]]
            let stage = try await Stage(workers: 2, ports, weights: [1, 0])
            try await stage.apply(snapshot(ports, weights: [90, 10], keys: [.header("apikey")]))
            let client = try stage.client()
            let few = try answers(client)
            await stage.setWeights([50, 50])
            let half = try answers(client)
            for (before, after) in zip(few, half) where before == "y" { #expect(after == "y") }
            #expect(half.count { $0 == "y" } > few.count { $0 == "y" })
            await stage.setWeights([90, 10])
            #expect(try answers(client) == few)
            // Another listener's connection, another order, the same sides.
            try await stage.apply(snapshot(ports, weights: [90, 10], keys: [.header("apikey")]))
            #expect(try answers(client) == few)
            client.send(Self.get())
            _ = try client.answer()
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            let sum = { (kind: ChoiceKind) in
                counters.routedCount(lane: 0, by: kind) + counters.routedCount(lane: 1, by: kind)
            }
            #expect(sum(.sticky) == 800 && sum(.sequence) == 1)
            await stage.end()
        }

        @Test
        func `a side without a usable target shifts, and of three always to the same one`()
            async throws
        {
            let (y, z) = (try origin("y"), try origin("z"))
            defer { for origin in [y, z] { origin.stop() } }
            let ports = [[Self.deadPort], [y.port], [z.port]]
            let stage = try await Stage(ports, weights: [1, 1, 1])
            try await stage.apply(
                snapshot(ports, weights: [50, 25, 25], keys: [.header("apikey")]))
            let client = try stage.client()
            let first = try answers(client)
            #expect(try answers(client) == first)
            #expect(Set(first) == ["y", "z"])
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 1, by: .shift) > 0)
            #expect(counters.routedCount(lane: 2, by: .shift) > 0)
            await stage.end()
        }

        @Test
        func `a client's address is the one behind trusted proxies`() async throws {
            let (x, y) = (try origin("x"), try origin("y"))
            defer { for origin in [x, y] { origin.stop() } }
            let ports = [[x.port], [y.port]]
            let stage = try await Stage(ports, weights: [1, 1])
            let loopback = CIDR(around: IPAddress(ipv4: 0x7f00_0000), prefix: 104)
            try await stage.apply(snapshot(ports, weights: [1, 1], keys: [.clientIP]))
            let client = try stage.client()
            let said = "X-Forwarded-For: 192.0.2."
            #expect(Set(try answers(client, field: said)).count == 1)
            try await stage.apply(
                snapshot(ports, weights: [1, 1], keys: [.clientIP], trusted: [loopback]))
            #expect(Set(try answers(client, field: said)).count == 2)
            client.close()
            await stage.end()
        }

        @Test
        func `a request that waits chooses again when its user is on another side`() async throws {
            let pit = try TarPit()
            let y = try origin("y")
            defer { y.stop() }
            let ports = [[pit.port], [y.port]]
            let stage = try await Stage(ports, weights: [1, 0])
            try await stage.apply(snapshot(ports, weights: [100, 0], keys: [.header("apikey")]))
            let user = (0..<1_000).first { user in
                let key = Array("user-\(user)".utf8)
                let position = Self.secret.position(key.span, from: 0, to: key.count)
                return StickyChoice.isCandidate(
                    position, candidate: Stage.weights([50])[0], stable: Stage.weights([50])[0])
            }
            let client = try stage.client()
            client.send(Self.get("apikey: user-\(user ?? 0)"))
            await stage.counters { $0.connectionCounts(upstream: 0).active == 1 }
            // x keeps half of the weight: only the user's side has changed.
            await stage.setWeights([50, 50])
            #expect(try client.answer().text == "y")
            client.close()
            await stage.end()
        }

        @Test
        func `a pinned request that waits chooses again when the pin is gone`() async throws {
            let pit = try TarPit()
            let x = try origin("x")
            defer { x.stop() }
            let ports = [[x.port], [pit.port]]
            let stage = try await Stage(ports, weights: [1, 0])
            try await stage.apply(snapshot(ports, weights: [1, 0], pins: [Self.pin]))
            let client = try stage.client()
            client.send(Self.get("X-Sluice-Upstream: y"))
            await stage.counters { $0.connectionCounts(upstream: 1).active == 1 }
            await stage.setWeights([2, 0])
            #expect(await stage.plane.counters().connectionCounts(upstream: 1).active == 1)
            try await stage.apply(snapshot(ports, weights: [1, 0]))
            #expect(try client.answer().text == "x")
            client.close()
            await stage.end()
        }

        @Test(arguments: [true, false])
        func `who answered is told where it is wanted, and once`(exposes: Bool) async throws {
            let x = try origin("x")
            defer { x.stop() }
            let stage = try await Stage([[x.port], [Self.deadPort]], weights: [1, 0])
            try await stage.apply(
                snapshot(
                    [[x.port], [Self.deadPort]], weights: [1, 0], pins: [Self.pin],
                    exposes: exposes))
            let client = try stage.client()
            client.send(Self.get())
            let values = try client.answer().fields.filter {
                $0.name.lowercased().replacing("_", with: "-") == "x-sluice-upstream"
            }.map(\.value)
            #expect(values == (exposes ? ["x"] : ["forged", "forged"]))
            client.send(Self.get("X-Sluice-Upstream: y"))
            let own = try client.answer()
            #expect(own.status == 502 && own["x-sluice-upstream"] == (exposes ? "y" : nil))
            client.close()
            await stage.end()
        }

        @Test
        func `routes lead to their splits`() async throws {
            let (x, y) = (try origin("x"), try origin("y"))
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage([[x.port], [y.port]], weights: [1, 0])
            var next = snapshot([[x.port], [y.port]], weights: [1, 0])
            next.splits.append(
                SplitSettings(name: "next", members: ["y"], weights: [.one], stable: "y"))
            next.listeners = [
                ListenerSettings(
                    name: "api", address: Stage.address(0), split: "kong",
                    routes: [
                        RouteSettings(
                            when: WhenSettings([.header("x-beta", [])]), split: "next")
                    ])
            ]
            try await stage.apply(next)
            let client = try stage.client()
            for (field, name) in [("X-Beta: 1", "y"), ("X-Alpha: 1", "x")] {
                client.send(Self.get(field))
                #expect(try client.answer().text == name)
            }
            client.close()
            await stage.end()
        }
    }
}
