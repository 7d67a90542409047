import Addressing
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

/// A data plane with one listener and one split, ready for a test's traffic.
struct Stage {
    let plane: DataPlane
    private(set) var port: UInt16 = 0

    /// `upstreams`: the ports of each upstream's targets. They are named `x`, `y`, `z`… Nothing
    /// is sent to another target unless a test asks for it: most of them play one connection.
    init(
        workers: Int = 1, _ upstreams: [[UInt16]], weights: [UInt32]? = nil,
        client: ListenerTimeouts = ListenerTimeouts(),
        upstream: UpstreamTimeouts = UpstreamTimeouts(),
        limits: ListenerLimits = ListenerLimits(),
        upstreamLimits: UpstreamLimits = UpstreamLimits(), retries: RetrySettings = .none,
        version: UpstreamVersion = .http1,
        accessLog: AccessLogSettings? = nil, descriptors: Int = DescriptorLimit.current
    ) async throws {
        plane = try DataPlane(workers: workers, descriptors: descriptors)
        try await apply(
            Self.snapshot(
                upstreams, weights: weights, client: client, upstream: upstream, limits: limits,
                upstreamLimits: upstreamLimits, retries: retries, version: version,
                accessLog: accessLog))
        port = plane.boundListeners.first?.address.port ?? 0
    }

    /// With a resolver of the test's own, and a target that refuses.
    init(lookUp: @escaping DataPlane.LookUp) async throws {
        plane = try DataPlane(workers: 1, lookUp: lookUp)
        try await apply(Self.snapshot([[1]]))
        port = plane.boundListeners.first?.address.port ?? 0
    }

    static func snapshot(
        _ upstreams: [[UInt16]], weights: [UInt32]? = nil,
        client: ListenerTimeouts = ListenerTimeouts(),
        upstream: UpstreamTimeouts = UpstreamTimeouts(),
        limits: ListenerLimits = ListenerLimits(),
        upstreamLimits: UpstreamLimits = UpstreamLimits(), retries: RetrySettings = .none,
        version: UpstreamVersion = .http1,
        listeners: [String] = ["api"], accessLog: AccessLogSettings? = nil
    ) -> Snapshot {
        let names = names(upstreams.count)
        return Snapshot(
            listeners: listeners.map {
                ListenerSettings(
                    name: $0, address: address(0), split: "kong", timeouts: client,
                    limits: limits)
            },
            upstreams: zip(names, upstreams).map { name, ports in
                var settings = UpstreamSettings(
                    name: name, targets: ports.map { TargetSettings(address: address($0)) },
                    timeouts: upstream, limits: upstreamLimits, retries: retries)
                settings.version = version
                return settings
            },
            splits: [
                SplitSettings(
                    name: "kong", members: names,
                    weights: Self.weights(weights ?? upstreams.map { _ in 1 }), stable: names[0])
            ], accessLog: accessLog)
    }

    static func names(_ count: Int) -> [String] { Array(["x", "y", "z", "w"].prefix(count)) }

    static func weights(_ whole: [UInt32]) -> [Weight] {
        whole.map { Weight(hundredths: $0 * 100) ?? .zero }
    }

    static func address(_ port: UInt16) -> AddressSetting {
        AddressSetting(host: .ip(IPAddress(ipv4: 0x7f00_0001)), port: port)
    }

    func apply(_ snapshot: Snapshot) async throws {
        var late = try await plane.apply(snapshot).pendingWorkers
        // A machine that is busy elsewhere may not let a worker turn its loop for a while.
        let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
        while !late.isEmpty, Instant.now() < deadline { late = await plane.ping().pendingWorkers }
        guard late.isEmpty else {
            throw Peer.Failure(what: "workers \(late) did not answer")
        }
    }

    /// Sets the weights of the split, in the upstreams' order.
    func setWeights(_ whole: [UInt32]) async {
        let members = zip(Self.names(whole.count), Self.weights(whole))
        let weights = Dictionary(members) { first, _ in first }
        let acknowledgement = await plane.setWeights(["kong": weights])
        if !acknowledgement.pendingWorkers.isEmpty { await settle() }
    }

    func client() throws -> Peer { try Peer(connectingTo: port) }

    /// Returns when every worker has taken in all that was sent before.
    func settle() async { while await !plane.ping().pendingWorkers.isEmpty {} }

    /// Reads the counters until they are as wanted, or patience ends.
    @discardableResult
    func counters(until isDone: (WorkerCounters) -> Bool) async -> WorkerCounters {
        let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
        while true {
            let counters = await plane.counters()
            if isDone(counters) || Instant.now() >= deadline { return counters }
            await Task.yield()
        }
    }

    /// Waits until nothing is left under way, checks it, and stops the data plane.
    func end(sourceLocation: SourceLocation = #_sourceLocation) async {
        let counters = await counters(until: isAtRest)
        #expect(isAtRest(counters), sourceLocation: sourceLocation)
        await plane.stop()
    }

    /// What must hold when all clients have gone: nothing is left under way.
    func isAtRest(_ counters: WorkerCounters) -> Bool {
        let lanes = (0..<counters.laneCount).allSatisfy {
            counters.inflightCount(lane: $0) == 0 && counters.queuedCount(lane: $0) == 0
        }
        let upstreams = (0..<counters.upstreamCount).allSatisfy {
            counters.connectionCounts(upstream: $0).active == 0
        }
        let listeners = (0..<counters.listenerCount).allSatisfy {
            counters.downstreamConnectionCount(listener: $0) == 0
        }
        return lanes && upstreams && listeners
    }
}

extension RetrySettings {
    static let none = RetrySettings(count: 0)
}
