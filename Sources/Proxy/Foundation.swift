internal import Bytes
internal import Kernel
internal import Settings
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
}
