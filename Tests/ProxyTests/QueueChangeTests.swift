import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Queues whose limits, weights and targets change, and places that come back whatever ends an
    /// exchange.
    @Suite
    struct QueueChangeTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let limit = UpstreamLimits(
            inflightPerTarget: 1, queue: 1_000, queueTimeoutMilliseconds: 20_000)

        private func limits(_ inflight: Int?) -> UpstreamLimits {
            var limits = Self.limit
            limits.inflightPerTarget = inflight
            return limits
        }

        @Test(arguments: [1, 4])
        func `a weight of 0 makes those who wait choose again`(workers: Int) async throws {
            let x = try BusyOrigin()
            let y = try BusyOrigin()
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage(
                workers: workers, [[x.port], [y.port]], weights: [1, 0], upstreamLimits: limits(1))
            let clients = try (0..<8).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            await stage.counters { $0.queuedCount(lane: 0) == 7 }
            y.release()
            await stage.setWeights([0, 1])
            await stage.counters { $0.requestCount(lane: 1, code: 200) == 7 }
            #expect(y.seen.order.count == 7)
            x.release()
            for client in clients { #expect(try client.answer().status == 200) }
            for client in clients { client.close() }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.requestCount(lane: 0) == 1)
            #expect(counters.routedCount(lane: 1, by: .sequence) == 7)
            await stage.endWithoutPlaces()
        }

        @Test(arguments: [1, 4], [3, 100, nil])
        func `a reload that raises the limit or takes it away lets those go who wait`(
            workers: Int, raised: Int?
        ) async throws {
            let origin = try BusyOrigin()
            defer { origin.stop() }
            let stage = try await Stage(
                workers: workers, [[origin.port]], upstreamLimits: limits(1))
            let clients = try (0..<10).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            await stage.counters { $0.queuedCount(lane: 0) == 9 }
            try await stage.apply(Stage.snapshot([[origin.port]], upstreamLimits: limits(raised)))
            #expect(await origin.holds(min(10, raised ?? 10)))
            let counters = await stage.counters {
                $0.queuedCount(lane: 0) == 10 - min(10, raised ?? 10)
            }
            #expect(counters.queuedCount(lane: 0) == 10 - min(10, raised ?? 10))
            origin.release()
            for client in clients { #expect(try client.answer().status == 200) }
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }

        @Test(arguments: [1, 4])
        func `a limit that comes while requests are under way counts them too`(
            workers: Int
        ) async throws {
            let origin = try BusyOrigin()
            defer { origin.stop() }
            let stage = try await Stage(workers: workers, [[origin.port]])
            let clients = try (0..<8).map { _ in try stage.client() }
            for client in clients.prefix(3) { client.send(Self.get) }
            #expect(await origin.holds(3))
            // More than the limit are there: they stay, and nobody else comes.
            for limit in [5, 2, 4, 3] {
                try await stage.apply(
                    Stage.snapshot([[origin.port]], upstreamLimits: limits(limit)))
                #expect(stage.placesTaken == [3])
            }
            for client in clients.dropFirst(3) { client.send(Self.get) }
            await stage.counters { $0.queuedCount(lane: 0) == 5 }
            #expect(origin.seen.most == 3)
            origin.release()
            for client in clients { #expect(try client.answer().status == 200) }
            #expect(origin.seen.most == 3)
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }

        @Test(arguments: [1, 4])
        func `a limit that is lowered lets the next go only when there is room again`(
            workers: Int
        ) async throws {
            let origin = try BusyOrigin()
            defer { origin.stop() }
            let stage = try await Stage(
                workers: workers, [[origin.port]], upstreamLimits: limits(4))
            let clients = try (0..<20).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            #expect(await origin.holds(4))
            await stage.counters { $0.queuedCount(lane: 0) == 16 }
            try await stage.apply(Stage.snapshot([[origin.port]], upstreamLimits: limits(2)))
            #expect(stage.placesTaken == [4])
            origin.release()
            for client in clients { #expect(try client.answer().status == 200) }
            #expect(origin.seen.most == 4)
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }

        @Test(arguments: [1, 4])
        func `those who wait follow their upstream to its new targets`(
            workers: Int
        ) async throws {
            let old = try BusyOrigin()
            let new = try BusyOrigin()
            new.release()
            defer { for origin in [old, new] { origin.stop() } }
            let stage = try await Stage(workers: workers, [[old.port]], upstreamLimits: limits(1))
            let clients = try (0..<10).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            await stage.counters { $0.queuedCount(lane: 0) == 9 }
            try await stage.apply(Stage.snapshot([[new.port]], upstreamLimits: limits(1)))
            await stage.counters { $0.requestCount(lane: 0, code: 200) == 9 }
            #expect(new.seen.order.count == 9)
            #expect(new.seen.most == 1)
            old.release()
            for client in clients { #expect(try client.answer().status == 200) }
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }

        @Test
        func `those who wait for an upstream that is gone are served elsewhere`() async throws {
            let old = try BusyOrigin()
            let new = try BusyOrigin()
            new.release()
            defer { for origin in [old, new] { origin.stop() } }
            let stage = try await Stage(
                workers: 2, [[new.port], [old.port]], weights: [0, 1], upstreamLimits: limits(1))
            let clients = try (0..<6).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            await stage.counters { $0.queuedCount(lane: 1) == 5 }
            try await stage.apply(Stage.snapshot([[new.port]], upstreamLimits: limits(1)))
            await stage.counters { $0.requestCount(lane: 0, code: 200) == 5 }
            old.release()
            for client in clients { #expect(try client.answer().status == 200) }
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }

        @Test
        func `a dead target beside a full one moves no share, and keeps nobody waiting`()
            async throws
        {
            let full = try BusyOrigin()
            let y = try BusyOrigin()
            defer { for origin in [full, y] { origin.stop() } }
            let stage = try await Stage(
                workers: 2, [[1, full.port, 2], [y.port]], weights: [1_000_000, 1],
                upstreamLimits: limits(1))
            let clients = try (0..<20).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            await stage.counters { $0.queuedCount(lane: 0) == 19 }
            full.release()
            for client in clients { #expect(try client.answer().status == 200) }
            #expect(full.seen.most == 1)
            #expect(y.connectionCount == 0)
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }

        /// A port that refuses for now: none that the system gives to anybody (ip(7)).
        private func deadPort() -> UInt16 { UInt16.random(in: 20_000..<32_000) }

        @Test(arguments: [1, 2, 4])
        func `who comes later is not held up by one that was refused there`(
            workers: Int
        ) async throws {
            let full = try BusyOrigin()
            let port = deadPort()
            let stage = try await Stage(
                workers: workers, [[full.port, port]], upstreamLimits: limits(1))
            let first = try (0..<2).map { _ in try stage.client() }
            for client in first { client.send(Self.get) }
            // One is at the full target. The other one was refused by the dead one and waits.
            await stage.counters { $0.queuedCount(lane: 0) == 1 }
            let revived = try BusyOrigin(port: port)
            defer { for origin in [full, revived] { origin.stop() } }
            let later = try (0..<12).map { _ in try stage.client() }
            for client in later { client.send(Self.get) }
            #expect(await revived.holds(1))
            await stage.counters { $0.queuedCount(lane: 0) == 12 }
            revived.release()
            // A place there goes round past the one that does not want it, also between workers.
            for client in later { #expect(try client.answer().status == 200) }
            let counters = await stage.counters { $0.queuedCount(lane: 0) == 1 }
            #expect(counters.queuedCount(lane: 0) == 1)
            #expect(revived.seen.most == 1)
            // And a place that is free is taken although somebody waits.
            later[0].send(Self.get)
            #expect(try later[0].answer().status == 200)
            #expect(full.seen.now == 1)
            full.release()
            for client in first { #expect(try client.answer().status == 200) }
            for client in first + later { client.close() }
            await stage.endWithoutPlaces()
        }

        /// How an exchange at the target comes to its end.
        enum Ending: Sendable, CaseIterable {
            case answer, answerAndClose, close, reset, cutAnswer, nonsense, silence
            case clientCloses, clientResets, clientLeavesAnswer, tunnel, tunnelReset
        }

        @Test(arguments: Ending.allCases)
        func `a place comes back whatever ends the exchange`(ending: Ending) async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]],
                upstream: UpstreamTimeouts(
                    responseMilliseconds: ending == .silence ? 1_000 : 20_000),
                upstreamLimits: limits(1))
            for _ in 0..<3 {
                let client = try stage.client()
                let isTunnel = ending == .tunnel || ending == .tunnelReset
                let upgrade = isTunnel ? "Connection: upgrade\r\nUpgrade: x\r\n" : ""
                client.send("GET / HTTP/1.1\r\nHost: h\r\n\(upgrade)\r\n")
                let upstream = try target.accept()
                _ = try upstream.request()
                #expect(stage.placesTaken == [1])
                let next = try stage.client()
                next.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
                await stage.counters { $0.queuedCount(lane: 0) == 1 }
                try end(ending, client, upstream)
                let isReused = ending == .answer
                let second = isReused ? upstream : try target.accept()
                _ = try second.request()
                #expect(stage.placesTaken == [1])
                second.send(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnext")
                #expect(try next.answer().text == "next")
                second.close()
                for peer in [client, next] { peer.close() }
                await stage.counters(until: stage.isAtRest)
                #expect(stage.placesTaken == [0])
            }
            await stage.endWithoutPlaces()
        }

        private func end(_ ending: Ending, _ client: Peer, _ upstream: Peer) throws {
            switch ending {
            case .answer:
                upstream.send(BusyOrigin.answer("ok"))
                #expect(try client.answer().text == "ok")
            case .answerAndClose:
                upstream.send("HTTP/1.1 200 OK\r\n\r\nok")
                upstream.close()
                #expect(try client.answer().text == "ok")
            case .close:
                upstream.close()
                #expect(try client.answer().status == 502)
            case .reset:
                upstream.reset()
                #expect(try client.answer().status == 502)
            case .cutAnswer:
                upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut")
                while client.received.isEmpty, client.receive() {}
                upstream.reset()
                #expect(client.receiveAll() == .reset)
            case .nonsense:
                upstream.send("nonsense\r\n\r\n")
                #expect(try client.answer().status == 502)
            case .silence:
                #expect(try client.answer().status == 504)
            case .clientCloses:
                client.close()
                // What it still gets is answered by a reset: only then it is known to be gone.
                upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
                let piece = Array(repeating: UInt8(ascii: "x"), count: 64 * 1024)
                while upstream.send(piece) {}
            case .clientResets:
                client.reset()
                #expect(upstream.receiveAll() != .late)
            case .clientLeavesAnswer:
                upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                while client.received.isEmpty, client.receive() {}
                client.reset()
                #expect(upstream.receiveAll() != .late)
            case .tunnel, .tunnelReset:
                upstream.send(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
                #expect(client.message(.answer)?.status == 101)
                if ending == .tunnel {
                    client.endSending()
                    upstream.endSending()
                    #expect(client.receiveAll() == .ended)
                } else {
                    upstream.reset()
                    #expect(client.receiveAll() != .late)
                }
            }
        }
    }
}
