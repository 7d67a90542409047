internal import Bytes
internal import Kernel
internal import Settings
internal import Splitting
internal import TLS
internal import Telemetry

/// What the control plane's side of the bridge knows: what the running blueprint was built from.
struct Foundation: Sendable {
    /// What a split keeps over all changes of its weights.
    struct Seed: Sendable {
        let id: Int
        let sequence: SharedCounter
        let seed: UInt64
    }

    var registry = Registry()
    var seeds: [String: Seed] = [:]
    var bound: [BoundListener] = []
    /// The addresses that the open listeners were asked for.
    var listening: [String: AddressSetting] = [:]
    var resolved: [ResolvedTarget] = []
    /// What each listener's limits count, by its name; kept when the listener is gone, since its
    /// connections may not be.
    private var listenerCounts: [String: ListenerCounts] = [:]
    /// Where each target was found the last time.
    var known: [ResolvedTarget.Name: [SocketAddress]] = [:]
    /// How targets stand, by their ids; those that are not here are sound.
    var standings: [Int: TargetStanding] = [:]
    /// What operators want to get nothing new.
    var drains: Set<DrainScope> = []
    /// What is frozen, by the split's name, and the guards by the listener's.
    var freezes: [String: FreezeMode] = [:]
    var guards: [String: GuardSettings] = [:]
    /// By which addresses, as the settings write them, each target's id is or was found.
    var targetNames: [Int: Set<String>] = [:]
    /// The upstreams that run, as the settings have them.
    var upstreams: [UpstreamSettings] = []
    /// What TLS was read from its files, and the keys of tickets that no file has.
    var tls = TLSStock()
    let ticketKeys = TLSTicketKeys()
    /// Counts what the judge of health has to see: other targets, settings or drains.
    var topologyRevision = 0
    /// Counts the changes of the upstreams.
    var revision = 0
    /// The access log that is written, nil for none, and those before it that may not have ended.
    var log: AccessLog?
    var retiredLogs: [AccessLog] = []
    /// The way of each worker's spans; none before traces are told of for the first time.
    var spanRings: [SharedRing<SpanRecord>] = []
    /// How many workers there are.
    let workerCount: Int
    /// What workers share of upstreams that have, or had, a limit: by the upstream's id, and by
    /// the target's. It is never dropped, since exchanges give back what they took.
    private(set) var queues: [Int: SharedQueue] = [:]
    private(set) var places: [Int: SharedCounter] = [:]

    init(workerCount: Int) { self.workerCount = workerCount }

    /// The queue of an upstream, made when it first has a limit.
    mutating func queue(of upstream: Int, _ limits: UpstreamLimits) -> SharedQueue? {
        if queues[upstream] == nil, limits.inflightPerTarget != nil {
            queues[upstream] = SharedQueue(workers: workerCount)
        }
        return queues[upstream]
    }

    /// The counter of a target's places, made when its upstream first has a limit.
    mutating func places(at target: Int, _ limits: UpstreamLimits) -> SharedCounter? {
        if places[target] == nil, limits.inflightPerTarget != nil {
            places[target] = SharedCounter()
        }
        return places[target]
    }

    /// What the limits of a listener count, the same whenever it is asked for.
    mutating func counts(atListener name: String) -> ListenerCounts {
        let counts = listenerCounts[name] ?? ListenerCounts()
        listenerCounts[name] = counts
        return counts
    }

    /// A split's weights as workers take them; nil for a split that there is not.
    func changes(of split: String, to weights: [String: Weight]) -> LaneWeights? {
        guard let id = seeds[split]?.id else { return nil }
        var lanes: [Int: Weight] = [:]
        for (member, weight) in weights {
            guard let lane = registry.knownLane(split: split, upstream: member) else { continue }
            lanes[lane] = weight
        }
        return LaneWeights(split: id, weights: lanes)
    }
}
