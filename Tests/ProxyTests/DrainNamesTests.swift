import Addressing
import Kernel
import Proxy
import Settings
import Splitting
import Testing

extension LiveTests {
    /// What a drain names, and what that stands for while targets come and go.
    @Suite
    struct DrainNamesTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

        /// One upstream, `x`, of these targets.
        private func snapshot(_ targets: AddressSetting...) -> Snapshot {
            var snapshot = Stage.snapshot([[1]])
            snapshot.upstreams = [
                UpstreamSettings(name: "x", targets: targets.map { TargetSettings(address: $0) })
            ]
            return snapshot
        }

        private func local(_ port: UInt16) -> AddressSetting {
            AddressSetting(host: .name("localhost"), port: port)
        }

        /// The addresses that are drained.
        private func drained(_ stage: Stage) -> Set<String> {
            Set(
                stage.plane.standings.filter(\.standing.isDrained).map {
                    "\($0.target.address)"
                })
        }

        @Test
        func `a name stands for all its addresses, an address for itself`() async throws {
            let stage = try await Stage([[1]])
            try await stage.apply(snapshot(local(1), local(2)))
            let all = Set(stage.plane.resolvedTargets.map { "\($0.address)" })
            await stage.setDrains([DrainScope(upstream: "x", target: "localhost:1")])
            #expect(drained(stage) == all.filter { $0.hasSuffix(":1") })
            await stage.setDrains([DrainScope(upstream: "x", target: "127.0.0.1:2")])
            #expect(drained(stage) == ["127.0.0.1:2"])
            await stage.setDrains([DrainScope(upstream: "x")])
            #expect(drained(stage) == all)
            for other in [
                DrainScope(upstream: "y"), DrainScope(upstream: "x", target: "127.0.0.1:3"),
                DrainScope(upstream: "x", target: "localhost"),
            ] {
                await stage.setDrains([other])
                #expect(drained(stage) == [], "\(other)")
            }
            await stage.end()
        }

        @Test
        func `two names of one address: either one drains it`() async throws {
            let stage = try await Stage([[1]])
            try await stage.apply(snapshot(Stage.address(1), local(1)))
            await stage.setDrains([DrainScope(upstream: "x", target: "localhost:1")])
            #expect(drained(stage).contains("127.0.0.1:1"))
            let row = await stage.plane.census().rows.first { $0.address == "127.0.0.1:1" }
            #expect(row?.settings == ["127.0.0.1:1", "localhost:1"])
            // The settings lose the name that was drained; its address stays.
            try await stage.apply(snapshot(Stage.address(1)))
            #expect(drained(stage) == [])
            await stage.end()
        }

        @Test
        func `a drain is in force from the first request on, and over every reload`()
            async throws
        {
            let (a, b) = (
                try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na" },
                try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb" }
            )
            defer { for origin in [a, b] { origin.stop() } }
            let stage = try await Stage([[b.port]])
            await stage.setDrains([DrainScope(upstream: "x", target: "127.0.0.1:\(a.port)")])
            let client = try stage.client()
            // Not there yet, there, gone, and there again.
            for ports in [[b.port], [a.port, b.port], [b.port], [b.port, a.port]] {
                try await stage.apply(Stage.snapshot([ports]))
                for _ in 0..<20 {
                    client.send(Self.get)
                    #expect(try client.answer().text == "b")
                }
            }
            #expect(a.connectionCount == 0)
            await stage.setDrains([])
            var names: Set<String> = []
            for _ in 0..<100 {
                client.send(Self.get)
                names.insert(try client.answer().text)
            }
            #expect(names == ["a", "b"])
            client.close()
            await stage.end()
        }

        @Test
        func `what a target that has left still has in flight is counted`() async throws {
            let (a, b) = (try Target(), try Target())
            let stage = try await Stage([[a.port]])
            let clients = try (0..<3).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            let upstreams = try clients.map { _ in try a.accept() }
            // One that still connects would go on elsewhere.
            for upstream in upstreams { _ = try upstream.request() }
            try await stage.apply(Stage.snapshot([[b.port]]))
            var census = await stage.plane.census()
            #expect(census.pendingWorkers == [])
            #expect(census.rows.map(\.isCurrent) == [false, true])
            #expect(census.rows.map(\.load.requestCount) == [3, 0])
            #expect(census.rows[0].settings == ["127.0.0.1:\(a.port)"])
            let age = census.rows[0].load.oldestRequestNanoseconds
            #expect(age > 0)
            census = await stage.plane.census()
            #expect(census.rows[0].load.oldestRequestNanoseconds > age)
            for (client, upstream) in zip(clients, upstreams) {
                upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
                #expect(try client.answer().status == 204)
                client.close()
            }
            #expect(await stage.plane.census().rows.map(\.isCurrent) == [true])
            await stage.end()
        }

        @Test
        func `a worker that does not answer is told apart from one that has nothing`()
            async throws
        {
            let stage = try await Stage(workers: 2, [[1]])
            await stage.plane.stop()
            #expect(await stage.plane.census().pendingWorkers == [0, 1])
            #expect(await stage.plane.setDrains([]).pendingWorkers == [0, 1])
        }
    }
}
