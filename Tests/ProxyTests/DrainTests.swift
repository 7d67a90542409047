import Addressing
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// What is drained gets nothing new, and what it has comes to its end.
    @Suite
    struct DrainTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        private static let asking =
            "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        private static let agreeing =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
            + "Upgrade: websocket\r\n\r\n"

        private func origin(_ name: String) throws -> Origin {
            try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)"
            }
        }

        @Test
        func `what is in flight finishes, and the client goes on elsewhere on its connection`()
            async throws
        {
            let (a, b) = (try Target(), try Target())
            let stage = try await Stage([[a.port, b.port]])
            await stage.drain(b.port)
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nha")
            let atA = try a.accept()
            // Its first bytes are there: it waits for its connection no more.
            #expect(atA.receive())
            await stage.drain(a.port)
            client.send("lf")
            #expect(try atA.request().text == "half")
            atA.send(Self.ok)
            let answer = try client.answer()
            #expect(answer.text == "ok" && answer["connection"] == nil)
            // In use until now, it closes at the end of its exchange.
            #expect(atA.receiveAll() == .ended)
            client.send(Self.get)
            let atB = try b.accept()
            _ = try atB.request()
            atB.send(Self.ok)
            #expect(try client.answer().text == "ok")
            #expect(try a.acceptNow() == nil)
            client.close()
            await stage.end()
        }

        @Test
        func `idle connections to it close at once, and no others`() async throws {
            let (a, b) = (try Target(), try Target())
            let stage = try await Stage([[a.port, b.port]])
            var peers: [Peer] = []
            for (target, other) in [(a, b), (b, a)] {
                await stage.drain(other.port)
                let client = try stage.client()
                client.send(Self.get)
                let peer = try target.accept()
                _ = try peer.request()
                peer.send(Self.ok)
                #expect(try client.answer().status == 200)
                client.close()
                peers.append(peer)
            }
            // The connection to a closed when b was wanted alone; that to b is idle.
            #expect(peers[0].receiveAll() == .ended)
            let before = await stage.counters(until: stage.isAtRest)
            #expect(before.connectionCounts(upstream: 0).idle == 1)
            await stage.setDrains([])
            #expect(await stage.plane.counters().connectionCounts(upstream: 0).idle == 1)
            await stage.drain(b.port)
            #expect(peers[1].receiveAll() == .ended)
            await stage.end()
        }

        @Test
        func `a tunnel goes on in what is drained, and is counted apart`() async throws {
            let target = try Target()
            let y = try origin("y")
            defer { y.stop() }
            let stage = try await Stage([[target.port], [y.port]], weights: [1, 0])
            let client = try stage.client()
            client.send(Self.asking)
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(Self.agreeing)
            while client.received.count < Self.agreeing.utf8.count, client.receive() {}
            await stage.setWeights([1, 1])
            await stage.setDrains([DrainScope(upstream: "x")])
            for text in ["ping", "pong"] {
                client.send(text)
                while !upstream.received.ends(with: text), upstream.receive() {}
                #expect(upstream.received.ends(with: text))
            }
            let load = await stage.load(at: target.port)
            #expect(load?.tunnelCount == 1 && load?.requestCount == 0)
            #expect((load?.oldestTunnelNanoseconds ?? 0) > 0)
            client.close()
            #expect(upstream.receiveAll() == .ended)
            upstream.close()
            await stage.counters(until: stage.isAtRest)
            #expect(await stage.load(at: target.port)?.isEmpty == true)
            await stage.end()
        }

        @Test
        func `a request that waits for a connection goes to another target of the upstream`()
            async throws
        {
            let pit = try TarPit()
            let (b, y) = (try origin("b"), try origin("y"))
            defer { for origin in [b, y] { origin.stop() } }
            let stage = try await Stage(
                [[pit.port, b.port], [y.port]], weights: [1_000_000, 1])
            await stage.drain(b.port)
            let client = try stage.client()
            client.send(Self.get)
            await stage.counters { $0.connectionCounts(upstream: 0).active == 1 }
            await stage.drain(pit.port)
            #expect(try client.answer().text == "b")
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 0, by: .sequence) == 1)
            // Nothing has failed.
            #expect(
                AttemptFailure.allCases.allSatisfy { counters.failureCount(lane: 0, kind: $0) == 0 }
            )
            await stage.end()
        }

        @Test
        func `a request that waits for a drained upstream shifts to one with a weight`()
            async throws
        {
            let pit = try TarPit()
            let (y, z) = (try origin("y"), try origin("z"))
            defer { for origin in [y, z] { origin.stop() } }
            let stage = try await Stage(
                [[pit.port], [y.port], [z.port]], weights: [1_000_000, 1, 0])
            let client = try stage.client()
            client.send(Self.get)
            await stage.counters { $0.connectionCounts(upstream: 0).active == 1 }
            await stage.setDrains([DrainScope(upstream: "x")])
            for _ in 0..<20 {
                #expect(try client.answer().text == "y")
                client.send(Self.get)
            }
            #expect(try client.answer().text == "y")
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 1, by: .shift) == 21)
            #expect(
                AttemptFailure.allCases.allSatisfy { counters.failureCount(lane: 0, kind: $0) == 0 }
            )
            #expect(z.connectionCount == 0)
            await stage.end()
        }

        @Test
        func `a request is repeated elsewhere when its target was drained meanwhile`()
            async throws
        {
            let (a, b) = (try Target(), try origin("b"))
            defer { b.stop() }
            let stage = try await Stage([[a.port, b.port]])
            await stage.drain(b.port)
            let client = try stage.client()
            client.send(Self.get)
            let atA = try a.accept()
            _ = try atA.request()
            atA.send(Self.ok)
            _ = try client.answer()
            client.send(Self.get)
            _ = try atA.request()
            await stage.drain(a.port)
            atA.close()
            #expect(try client.answer().text == "b")
            #expect(try a.acceptNow() == nil)
            client.close()
            await stage.end()
        }

        @Test
        func `with everything drained the split is kept, and connections serve again and again`()
            async throws
        {
            let (x, y) = (try origin("x"), try origin("y"))
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage([[x.port], [y.port]], weights: [90, 10])
            await stage.setDrains([DrainScope(upstream: "x"), DrainScope(upstream: "y")])
            let client = try stage.client()
            var names: [String: Int] = [:]
            for _ in 0..<200 {
                client.send(Self.get)
                names[try client.answer().text, default: 0] += 1
            }
            #expect((18...22).contains(names["y"] ?? 0))
            #expect(x.connectionCount == 1 && y.connectionCount == 1)
            await stage.setDrains([DrainScope(upstream: "x")])
            #expect(await stage.plane.counters().connectionCounts(upstream: 0).idle == 0)
            for _ in 0..<50 {
                client.send(Self.get)
                #expect(try client.answer().text == "y")
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect((40...50).contains(counters.routedCount(lane: 1, by: .shift)))
            await stage.end()
        }

        @Test
        func `a drained target that is the last resort of a request gets no more than that`()
            async throws
        {
            let x = try origin("x")
            defer { x.stop() }
            // Nobody listens on port 1: y may be chosen, and refuses.
            let stage = try await Stage([[x.port], [1]], weights: [1, 1])
            await stage.setDrains([DrainScope(upstream: "x")])
            let client = try stage.client()
            for _ in 0..<5 {
                client.send(Self.get)
                #expect(try client.answer().text == "x")
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(x.connectionCount == 5)
            #expect(counters.connectionCounts(upstream: 0).idle == 0)
            await stage.end()
        }

        @Test
        func `after the acknowledgement nothing more is routed to what is drained`()
            async throws
        {
            let (x, y) = (try origin("x"), try origin("y"))
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage(workers: 4, [[x.port], [y.port]])
            let clients = try (0..<16).map { _ in try stage.client() }
            for round in 0..<20 {
                let isX = round.isMultiple(of: 2)
                await stage.setDrains([DrainScope(upstream: isX ? "y" : "x")])
                for client in clients { client.send(Self.get) }
                for client in clients { #expect(try client.answer().text == (isX ? "x" : "y")) }
            }
            for client in clients { client.close() }
            await stage.end()
        }
    }
}

extension Stage {
    /// Drains these and nothing else.
    func setDrains(_ drains: Set<DrainScope>) async {
        let acknowledgement = await plane.setDrains(drains)
        if !acknowledgement.pendingWorkers.isEmpty { await settle() }
    }

    /// Drains the target of `x` at a port and nothing else.
    func drain(_ port: UInt16) async {
        await setDrains([DrainScope(upstream: "x", target: "127.0.0.1:\(port)")])
    }

    /// What is in flight at a port's target; nil when it is not known any more.
    func load(at port: UInt16) async -> TargetLoad? {
        let census = await plane.census()
        return census.rows.first { $0.address == "127.0.0.1:\(port)" }?.load
    }
}

extension [UInt8] {
    fileprivate func ends(with text: String) -> Bool {
        suffix(text.utf8.count).elementsEqual(text.utf8)
    }
}
