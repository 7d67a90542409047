internal import Bytes
internal import Kernel
internal import Settings
internal import Splitting
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
    /// The upstreams that run, as the settings have them.
    var upstreams: [UpstreamSettings] = []
    /// Counts the changes of the upstreams.
    var revision = 0
    /// The access log that is written, nil for none, and those before it that may not have ended.
    var log: AccessLog?
    var retiredLogs: [AccessLog] = []

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
