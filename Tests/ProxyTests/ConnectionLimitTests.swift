import Addressing
import Bytes
import Kernel
import Settings
import Telemetry
import Testing

@testable import Proxy

extension LiveTests {
    /// How many connections a listener and each of its clients may have, over all workers.
    @Suite
    struct ConnectionLimitTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        /// What many clients got that came at once.
        private final class Crowd: Sendable {
            let served = Lock<[Peer]>([])
            let refusals = Lock<[String]>([])
            let failures = Lock<[String]>([])
            private let finished = Lock(0)

            /// Each of the threads makes so many connections, one after the other.
            func come(to port: UInt16, threads: Int, each: Int) async throws {
                for _ in 0..<threads {
                    try WorkerThread.start(name: "crowd") { [self] in
                        for _ in 0..<each { visit(port) }
                        finished.withLock { $0 += 1 }
                    }
                }
                let deadline = Instant.now().advanced(byMilliseconds: 60_000)
                while finished.withLock({ $0 }) < threads, Instant.now() < deadline {
                    await Task.yield()
                }
                #expect(finished.withLock { $0 } == threads)
                finished.withLock { $0 = 0 }
            }

            private func visit(_ port: UInt16) {
                do {
                    let peer = try Peer(connectingTo: port)
                    peer.send(ConnectionLimitTests.get)
                    let answer = try peer.answer()
                    if answer.status == 200 {
                        served.withLock { $0.append(peer) }
                    } else {
                        let kind = "\(answer.status) \(answer["x-sluice-error"] ?? "")"
                        refusals.withLock { $0.append(kind) }
                        if peer.receiveAll() == .late {
                            failures.withLock { $0.append("not closed") }
                        }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }

            func leave() {
                served.withLock { peers in
                    for peer in peers { peer.close() }
                    peers = []
                }
                refusals.withLock { $0 = [] }
            }
        }

        private func counts(_ stage: Stage, _ listener: String = "api") -> ListenerCounts {
            stage.plane.foundation.withLock { $0.counts(atListener: listener) }
        }

        /// Checks that nothing is counted any more, when all clients have gone.
        private func end(
            _ stage: Stage, sourceLocation: SourceLocation = #_sourceLocation
        ) async {
            let counts = counts(stage)
            await stage.end(sourceLocation: sourceLocation)
            #expect(counts.connections.value == 0, sourceLocation: sourceLocation)
            #expect(counts.clients.clientCount == 0, sourceLocation: sourceLocation)
        }

        @Test(arguments: [
            (ListenerLimits(connections: 100), "503 too_many_connections", Refusal.connections),
            (
                ListenerLimits(connections: 200, connectionsPerClient: 100),
                "503 too_many_connections_of_client", Refusal.connectionsPerClient
            ),
        ])
        func `of three hundred clients that come at once exactly a hundred are served, and again`(
            limits: ListenerLimits, refusal: String, limit: Refusal
        ) async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(workers: 4, [[origin.port]], limits: limits)
            for round in 1...3 {
                let crowd = Crowd()
                try await crowd.come(to: stage.port, threads: 6, each: 50)
                #expect(crowd.failures.withLock { $0 } == [])
                #expect(crowd.served.withLock { $0.count } == 100)
                #expect(crowd.refusals.withLock { $0 } == Array(repeating: refusal, count: 200))
                let counters = await stage.plane.counters()
                #expect(counters.refusalCount(listener: 0, by: limit) == 200 * round)
                #expect(counters.downstreamConnectionCount(listener: 0) == 100)
                #expect(counters.downstreamRequestCount(listener: 0) == 100 * round)
                #expect(counts(stage).connections.value == 100)
                crowd.leave()
                await stage.counters(until: stage.isAtRest)
            }
            await end(stage)
        }

        @Test
        func `a place that becomes free is taken by the next one`() async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(
                workers: 2, [[origin.port]],
                limits: ListenerLimits(connections: 2, connectionsPerClient: 2))
            var held = [try stage.client(), try stage.client()]
            for _ in 0..<50 {
                for client in held {
                    client.send(Self.get)
                    #expect(try client.answer().status == 200)
                }
                let refused = try stage.client()
                #expect(try refused.answer().status == 503)
                #expect(refused.receiveAll() == .ended)
                refused.close()
                held.removeFirst().close()
                await stage.counters { $0.downstreamConnectionCount(listener: 0) == 1 }
                held.append(try stage.client())
            }
            for client in held { client.close() }
            await end(stage)
        }

        @Test
        func `nothing is counted where there is no limit`() async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(workers: 2, [[origin.port]])
            let clients = try (0..<20).map { _ in try stage.client() }
            for client in clients {
                client.send(Self.get)
                #expect(try client.answer().status == 200)
            }
            #expect(counts(stage).connections.value == 0)
            #expect(counts(stage).clients.clientCount == 0)
            for client in clients { client.close() }
            await end(stage)
        }

        @Test
        func `a limit that is set, changed and removed while clients stay loses no count`()
            async throws
        {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(workers: 4, [[origin.port]])
            var clients: [Peer] = []
            // How many places there are, and how many clients stay afterwards: all that were let
            // in, however few places there are now.
            let steps: [(total: Int?, each: Int?, stay: Int)] = [
                (nil, nil, 10), (12, nil, 12), (5, nil, 12), (nil, nil, 20), (nil, 21, 21),
                (30, 25, 25), (22, nil, 25), (nil, nil, 26), (27, 28, 27), (1, 1, 27),
            ]
            for (total, each, stay) in steps {
                let limits = ListenerLimits(connections: total, connectionsPerClient: each)
                try await stage.apply(Stage.snapshot([[origin.port]], limits: limits))
                while clients.count < stay { clients.append(try await served(stage)) }
                for client in clients {
                    client.send(Self.get)
                    #expect(try client.answer().status == 200)
                }
                if total != nil || each != nil {
                    let refused = try stage.client()
                    #expect(try refused.answer().status == 503)
                    refused.close()
                }
                let counts = counts(stage)
                if total != nil { #expect(counts.connections.value == UInt64(stay)) }
                if each != nil {
                    #expect(counts.clients.count(of: IPAddress(ipv4: 0x7f00_0001)) == stay)
                }
            }
            // As they leave, places become free only below the limit.
            try await stage.apply(
                Stage.snapshot([[origin.port]], limits: ListenerLimits(connections: 3)))
            for client in clients.dropFirst(2) { client.close() }
            await stage.counters { $0.downstreamConnectionCount(listener: 0) == 2 }
            let last = try await served(stage)
            let refused = try stage.client()
            #expect(try refused.answer().status == 503)
            for client in clients.prefix(2) + [last, refused] { client.close() }
            await end(stage)
        }

        /// A client that is let in.
        private func served(_ stage: Stage) async throws -> Peer {
            let client = try stage.client()
            client.send(Self.get)
            guard try client.answer().status == 200 else { throw Peer.Failure(what: "refused") }
            return client
        }

        @Test
        func `limits that change while clients come and go leave no count behind`() async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(workers: 4, [[origin.port]])
            let port = Lock(stage.port)
            let finished = Lock(0)
            for _ in 0..<4 {
                try WorkerThread.start(name: "crowd") {
                    for _ in 0..<500 {
                        let port = port.withLock { $0 }
                        guard let peer = try? Peer(connectingTo: port) else { continue }
                        peer.send(Self.get)
                        _ = try? peer.answer()
                        peer.close()
                    }
                    finished.withLock { $0 += 1 }
                }
            }
            var random = SeededRandom(seed: 7)
            let deadline = Instant.now().advanced(byMilliseconds: 60_000)
            while finished.withLock({ $0 }) < 4, Instant.now() < deadline {
                let limits = ListenerLimits(
                    connections: Bool.random(using: &random) ? 2 : nil,
                    connectionsPerClient: Bool.random(using: &random) ? 2 : nil)
                let isThere = Int.random(in: 0..<8, using: &random) > 0
                try await stage.apply(
                    Stage.snapshot(
                        [[origin.port]], limits: limits,
                        listeners: isThere ? ["api"] : ["other"]))
                if !isThere {
                    // It comes back on another port, but its connections are still counted.
                    try await stage.apply(Stage.snapshot([[origin.port]], limits: limits))
                    let bound = stage.plane.boundListeners.first { $0.name == "api" }
                    port.withLock { $0 = bound?.address.port ?? 0 }
                }
            }
            #expect(finished.withLock { $0 } == 4)
            await end(stage)
        }

        @Test
        func `a flood of clients that are turned away does not disturb the others`() async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(
                workers: 2, [[origin.port]], limits: ListenerLimits(connections: 4))
            let clients = try (0..<4).map { _ in try stage.client() }
            for client in clients {
                client.send(Self.get)
                #expect(try client.answer().status == 200)
            }
            // These drop their connection at once; of those behind them none ever does.
            for _ in 0..<3_000 { try stage.client().reset() }
            let stubborn = try (0..<600).map { _ in try stage.client() }
            for client in clients {
                client.send(Self.get)
                #expect(try client.answer().status == 200)
            }
            let counters = await stage.counters {
                $0.refusalCount(listener: 0, by: .connections) == 3_600
            }
            #expect(counters.refusalCount(listener: 0, by: .connections) == 3_600)
            #expect(counters.downstreamConnectionCount(listener: 0) == 4)
            let most = 4 + stage.plane.workerCount * Limits.turnedAway
            #expect(stage.plane.crew.connectionCounts.reduce(0, +) <= most)
            for client in stubborn {
                #expect(try client.answer().status == 503)
                #expect(client.receiveAll() == .ended)
            }
            // What lingers is let go although those clients never close.
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while stage.plane.crew.connectionCounts.reduce(0, +) > 4, Instant.now() < deadline {
                await Task.yield()
            }
            #expect(stage.plane.crew.connectionCounts.reduce(0, +) == 4)
            for client in clients + stubborn { client.close() }
            await end(stage)
        }

        @Test
        func `workers that stop give back all that they have counted`() async throws {
            let target = try Target()
            let stage = try await Stage(
                workers: 4, [[target.port]],
                limits: ListenerLimits(connections: 50, connectionsPerClient: 60))
            let clients = try (0..<60).map { _ in try stage.client() }
            for client in clients.prefix(30) { client.send(Self.get) }
            let counts = counts(stage)
            await stage.counters { $0.refusalCount(listener: 0, by: .connections) == 10 }
            #expect(counts.connections.value == 50)
            await stage.plane.stop()
            // They close what they have behind their answer.
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while counts.connections.value > 0, Instant.now() < deadline { await Task.yield() }
            #expect(counts.connections.value == 0)
            #expect(counts.clients.clientCount == 0)
            for client in clients { #expect(client.receiveAll() != .late) }
        }

        @Test
        func `each listener counts for itself`() async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            try await stage.apply(
                Stage.snapshot(
                    [[origin.port]], limits: ListenerLimits(connections: 1),
                    listeners: ["api", "second"]))
            let ports = stage.plane.boundListeners.map(\.address.port)
            let clients = try ports.map { try Peer(connectingTo: $0) }
            for client in clients {
                client.send(Self.get)
                #expect(try client.answer().status == 200)
            }
            for port in ports {
                let refused = try Peer(connectingTo: port)
                #expect(try refused.answer().status == 503)
                refused.close()
            }
            for client in clients { client.close() }
            await end(stage)
        }
    }
}
