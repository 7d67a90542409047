internal import Addressing
internal import Bytes
internal import Kernel
internal import Splitting

/// What a worker knows of a listener, at the listener's id.
struct ListenerState: ~Copyable {
    /// nil when the listener is not, or no longer, open.
    var socket: ListeningSocket?
    /// The id of its split.
    var split = -1
    var port: UInt16 = 0
    var trustedProxies: [CIDR] = []
    /// When accepting goes on after a failure; nil while it goes on.
    var pausedUntil: Instant?
}

/// What a worker knows of a split, at the split's id.
struct SplitState: ~Copyable {
    var sequence: SharedCounter
    var seed: UInt64
    var plan: SplitPlan
    var members: Table<MemberState>
}

/// One member of a split.
struct MemberState {
    let upstream: Int
    let lane: Int
    var weight: Weight
    /// weight / sum, 0...1.
    var share: Float
}

/// What a worker knows of an upstream, at the upstream's id: which targets it has.
struct UpstreamState: ~Copyable {
    var targets: Table<Blueprint.Target>
}

/// What a worker knows of a target, at the target's id.
struct TargetState {
    var address: SocketAddress
    let upstream: Int
    /// Exchanges that this worker has at the target.
    var inflight = 0
    /// The pooled connection used last, -1 for none.
    var firstPooled: Int32 = -1
    var pooledCount = 0
    /// Whether the target is in the blueprint; the pool of one that is not is empty.
    var isCurrent = true
}
