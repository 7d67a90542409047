import Addressing
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Connections through a tcp listener.
    @Suite
    struct TCPTests {
        /// The stage's snapshot with a tcp listener.
        static func snapshot(
            _ upstreams: [[UInt16]], weights: [UInt32]? = nil,
            client: ListenerTimeouts = ListenerTimeouts(),
            upstreamLimits: UpstreamLimits = UpstreamLimits(),
            limits: ListenerLimits = ListenerLimits(), routes: [RouteSettings] = [],
            trusted: [CIDR] = [], requiresHeader: Bool = false, sends: ProxyHeaderVersion? = nil,
            mode: ListenerMode = .tcp
        ) -> Snapshot {
            var snapshot = Stage.snapshot(
                upstreams, weights: weights, client: client, upstreamLimits: upstreamLimits)
            var listener = ListenerSettings(
                name: "api", address: Stage.address(0), mode: mode, split: "kong",
                trustedProxies: trusted, timeouts: client, limits: limits, routes: routes)
            listener.requiresProxyHeader = requiresHeader
            snapshot.listeners = [listener]
            for index in snapshot.upstreams.indices {
                snapshot.upstreams[index].proxyHeader = sends
            }
            return snapshot
        }

        static func stage(_ snapshot: Snapshot, workers: Int = 1) async throws -> TCPStage {
            try await TCPStage(snapshot, workers: workers)
        }

        @Test func `bytes go both ways, and each side may end alone`() async throws {
            let target = try Target()
            let stage = try await Self.stage(Self.snapshot([[target.port]]))
            let client = try stage.client()
            client.send("hello")
            let server = try target.accept()
            #expect(server.receive())
            #expect(server.received == Array("hello".utf8))
            client.endSending()
            #expect(server.receiveAll() == .ended)
            server.send("answer to all of it")
            server.close()
            #expect(client.receiveAll() == .ended)
            #expect(client.received == Array("answer to all of it".utf8))
            let counters = await stage.counters { $0.tcpEndCount(lane: 0, .closed) == 1 }
            #expect(counters.tcpEndCount(lane: 0, .closed) == 1)
            #expect(counters.tcpByteCounts(lane: 0) == (received: 19, sent: 5))
            #expect(counters.routedCount(lane: 0, by: .sequence) == 1)
            #expect(counters.requestCount(lane: 0) == 0)
            await stage.end()
        }

        @Test func `a server may speak first`() async throws {
            let target = try Target()
            let stage = try await Self.stage(Self.snapshot([[target.port]]))
            let client = try stage.client()
            let server = try target.accept()
            server.send("ready")
            #expect(client.receive())
            #expect(client.received == Array("ready".utf8))
            client.close()
            #expect(server.receiveAll() == .ended)
            server.close()
            await stage.end()
        }

        @Test func `the split is exact over connections`() async throws {
            let origins = try (0..<2).map { _ in try Origin { peer, _ in peer.receiveAll() } }
            let stage = try await Self.stage(
                Self.snapshot(origins.map { [$0.port] }, weights: [3, 1]), workers: 2)
            for count in 1...40 {
                let client = try stage.client()
                _ = await stage.counters {
                    $0.routedCount(lane: 0, by: .sequence) + $0.routedCount(lane: 1, by: .sequence)
                        == count
                }
                client.close()
            }
            let counters = await stage.plane.counters()
            #expect(abs(counters.routedCount(lane: 0, by: .sequence) - 30) <= 2)
            await stage.end()
            for origin in origins { origin.stop() }
        }

        @Test func `a target that refuses is passed over before the first byte`() async throws {
            let gone = try Target()
            let port = gone.port
            gone.close()
            let target = try Target()
            let stage = try await Self.stage(
                Self.snapshot([[port], [target.port]], weights: [99, 1]))
            for _ in 0..<3 {
                let client = try stage.client()
                client.send("x")
                let server = try target.accept()
                #expect(server.receive())
                client.close()
                server.close()
            }
            await stage.end()
        }

        @Test func `who gets no target is reset, and told nothing`() async throws {
            let gone = try Target()
            let port = gone.port
            gone.close()
            let stage = try await Self.stage(Self.snapshot([[port]]))
            let client = try stage.client()
            #expect(client.receiveAll() == .reset)
            #expect(client.received.isEmpty)
            let counters = await stage.counters { $0.tcpEndCount(lane: 0, .notConnected) == 1 }
            #expect(counters.tcpEndCount(lane: 0, .notConnected) == 1)
            #expect(counters.tcpLiveCount(lane: 0) == 0)
            await stage.end()
        }

        @Test func `a reset on one side is a reset on the other`() async throws {
            let target = try Target()
            let stage = try await Self.stage(Self.snapshot([[target.port]]))
            let first = try stage.client()
            first.send("x")
            let server = try target.accept()
            #expect(server.receive())
            first.reset()
            #expect(server.receiveAll() == .reset)
            let second = try stage.client()
            second.send("x")
            let other = try target.accept()
            #expect(other.receive())
            other.reset()
            #expect(second.receiveAll() == .reset)
            let counters = await stage.counters {
                $0.tcpEndCount(lane: 0, .clientReset) == 1
                    && $0.tcpEndCount(lane: 0, .upstreamReset) == 1
            }
            #expect(counters.tcpEndCount(lane: 0, .clientReset) == 1)
            #expect(counters.tcpEndCount(lane: 0, .upstreamReset) == 1)
            await stage.end()
        }

        @Test(arguments: [1 << 10, 1 << 16, 8 << 20])
        func `much arrives as it was sent, with readers that wait, both ways`(count: Int)
            async throws
        {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let origin = try Origin { peer, _ in
                peer.receiveAll()
                peer.send(peer.received)
            }
            let stage = try await Self.stage(Self.snapshot([[origin.port]]))
            let client = try stage.client()
            #expect(client.send(bytes))
            client.endSending()
            // Nothing is taken until the answer has filled all buffers on the way.
            _ = await stage.counters {
                $0.tcpByteCounts(lane: 0).sent == count
                    && $0.tcpByteCounts(lane: 0).received >= min(count, 64 << 10)
            }
            #expect(client.receiveAll() == .ended)
            #expect(client.received == bytes)
            client.close()
            let counters = await stage.counters { $0.tcpEndCount(lane: 0, .closed) == 1 }
            #expect(counters.tcpByteCounts(lane: 0) == (received: count, sent: count))
            await stage.end()
            origin.stop()
        }

        @Test func `a connection in which nothing moves, or that is too old, is reset`()
            async throws
        {
            let target = try Target()
            let times = [
                ListenerTimeouts(tunnelMilliseconds: 200),
                ListenerTimeouts(tunnelMilliseconds: 60_000, lifetimeMilliseconds: 200),
            ]
            for (time, end) in zip(times, [TCPEnd.idle, .lifetime]) {
                let stage = try await Self.stage(Self.snapshot([[target.port]], client: time))
                let client = try stage.client()
                let server = try target.accept()
                #expect(client.receiveAll() == .reset)
                #expect(server.receiveAll() == .reset)
                let counters = await stage.counters { $0.tcpEndCount(lane: 0, end) == 1 }
                #expect(counters.tcpEndCount(lane: 0, end) == 1)
                await stage.end()
            }
        }

        @Test func `weights, drains and reloads leave connections alone`() async throws {
            let target = try Target()
            let other = try Target()
            let snapshot = Self.snapshot([[target.port], [other.port]], weights: [1, 0])
            let stage = try await Self.stage(snapshot)
            let client = try stage.client()
            let server = try target.accept()
            // Who still connects would choose anew.
            await stage.counters { $0.routedCount(lane: 0, by: .sequence) == 1 }
            await stage.setWeights([0, 1])
            _ = await stage.plane.setDrains([DrainScope(upstream: "x")])
            try await stage.apply(Self.snapshot([[other.port], [other.port]], weights: [0, 1]))
            client.send("still there")
            #expect(server.receive())
            #expect(server.received == Array("still there".utf8))
            let census = await stage.plane.census()
            #expect(census.rows.contains { $0.upstream == "x" && $0.load.tcpCount == 1 })
            let late = try stage.client()
            late.send("x")
            #expect(try other.accept().receive())
            client.close()
            late.close()
            server.close()
            await stage.end()
        }

        @Test func `places at targets and their queue hold for connections`() async throws {
            let target = try Target()
            let stage = try await Self.stage(
                Self.snapshot(
                    [[target.port]],
                    upstreamLimits: UpstreamLimits(inflightPerTarget: 1, queue: 1)))
            let first = try stage.client()
            let server = try target.accept()
            let second = try stage.client()
            second.send("next")
            second.endSending()
            _ = await stage.counters { $0.queuedCount(lane: 0) == 1 }
            let third = try stage.client()
            #expect(third.receiveAll() == .reset)
            first.close()
            server.close()
            let next = try target.accept()
            #expect(next.receiveAll() == .ended)
            #expect(next.received == Array("next".utf8))
            next.close()
            #expect(second.receiveAll() == .ended)
            await stage.end()
        }

        @Test func `clients beyond a limit are reset`() async throws {
            let target = try Target()
            let stage = try await Self.stage(
                Self.snapshot([[target.port]], limits: ListenerLimits(connectionsPerClient: 1)))
            let first = try stage.client()
            let server = try target.accept()
            let second = try stage.client()
            #expect(second.receiveAll() == .reset)
            first.close()
            server.close()
            await stage.end()
        }

        @Test func `old connections are told of and closed by the one who shifts them`()
            async throws
        {
            let target = try Target()
            let stage = try await Self.stage(Self.snapshot([[target.port]]))
            let clients = [try stage.client(), try stage.client()]
            let servers = [try target.accept(), try target.accept()]
            _ = await stage.counters { $0.tcpLiveCount(lane: 0) == 2 }
            let roster = await stage.plane.roster(ofSplit: "kong")
            #expect(roster.entries.count == 2)
            #expect(roster.entries.allSatisfy { $0.upstream == "x" && $0.bond == .free })
            let oldest = roster.entries.max { $0.ageNanoseconds < $1.ageNanoseconds }
            #expect(await stage.plane.shiftAway(oldest.map { [$0] } ?? []) == 1)
            #expect(await stage.plane.shiftAway(oldest.map { [$0] } ?? []) == 0)
            #expect(clients[0].receiveAll() == .reset)
            #expect(servers[0].receiveAll() == .reset)
            let counters = await stage.counters { $0.tcpEndCount(lane: 0, .shifted) == 1 }
            #expect(counters.tcpEndCount(lane: 0, .shifted) == 1)
            clients[1].send("x")
            #expect(servers[1].receive())
            clients[1].close()
            servers[1].close()
            await stage.end()
            #expect(await stage.plane.roster(ofSplit: "nobody").entries.isEmpty)
        }
    }
}

/// A data plane that runs a snapshot of the test's own.
struct TCPStage {
    let plane: DataPlane
    private let stage: Stage
    let port: UInt16

    init(_ snapshot: Snapshot, workers: Int) async throws {
        stage = try await Stage(workers: workers, [[1]])
        plane = stage.plane
        try await stage.apply(snapshot)
        port = plane.boundListeners.first?.address.port ?? 0
    }

    func client() throws -> Peer { try Peer(connectingTo: port) }
    func apply(_ snapshot: Snapshot) async throws { try await stage.apply(snapshot) }
    func setWeights(_ whole: [UInt32]) async { await stage.setWeights(whole) }
    func settle() async { await stage.settle() }
    func end() async { await stage.end() }

    @discardableResult
    func counters(until isDone: (WorkerCounters) -> Bool) async -> WorkerCounters {
        await stage.counters(until: isDone)
    }
}
