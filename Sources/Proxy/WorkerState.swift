internal import Addressing
internal import Bytes
internal import Kernel
internal import Settings
internal import Splitting

/// What a worker knows of a listener, at the listener's id.
struct ListenerState: ~Copyable {
    /// nil when the listener is not, or no longer, open.
    var socket: ListeningSocket?
    /// The id of its split.
    var split = -1
    var port: UInt16 = 0
    var trustedProxies: [CIDR] = []
    var timeouts = ListenerTimeouts()
    /// Whether it rests after an accept that failed.
    var isPaused = false
}

/// What a worker knows of a split, at the split's id.
struct SplitState: ~Copyable {
    private let sequence: SharedCounter
    private let seed: UInt64
    private var plan: SplitPlan
    private(set) var members: Table<MemberState>

    /// In the place of a split that is not known yet; nothing asks it.
    init() {
        sequence = .unused
        seed = 0
        plan = SplitPlan(weights: [.one], seed: 0)
        members = Table(count: 0) { _ in preconditionFailure("no members") }
    }

    init(_ split: Blueprint.Split) {
        sequence = split.sequence
        seed = split.seed
        plan = SplitPlan(weights: split.weights, seed: split.seed)
        members = Table(count: split.members.count) {
            MemberState(upstream: split.members[$0].upstream, lane: split.members[$0].lane)
        }
        setWeights(split.weights)
    }

    /// The lanes of its members, in their order.
    var lanes: [Int] { (0..<members.count).map { members[$0].lane } }

    /// The member that is next by the sequence.
    func nextMember() -> Int { plan.member(at: sequence.add(1)) }

    /// Takes on weights, one for each member in their order.
    mutating func setWeights(_ weights: [Weight]) {
        precondition(weights.count == members.count, "one weight for each member")
        plan = SplitPlan(weights: weights, seed: seed)
        let sum = weights.reduce(0) { $0 + Float($1.hundredths) }
        for index in weights.indices {
            members[index].weight = weights[index]
            members[index].share = Float(weights[index].hundredths) / sum
        }
    }
}

/// One member of a split.
struct MemberState {
    let upstream: Int
    let lane: Int
    var weight = Weight.zero
    /// weight / sum, 0...1.
    var share: Float = 0
}

/// What a worker knows of an upstream, at the upstream's id.
struct UpstreamState: ~Copyable {
    /// The ids of its targets.
    var targets = Table<Int>(count: 0) { $0 }
    /// What the standings of its targets amount to.
    var standing = UpstreamStanding()
    var timeouts = UpstreamTimeouts()
}

/// What a worker knows of a target, at the target's id.
struct TargetState {
    /// The id of its upstream.
    var upstream = -1
    var address = SocketAddress.unspecified
    var weight: UInt32 = 1
    var standing = TargetStanding()
    /// What went wrong with it, as far as somebody has to know.
    var failures = FailureCount()
    /// Exchanges that this worker has at the target.
    var inflight = 0
    /// The pooled connection used last, -1 for none.
    var firstPooled: Int32 = -1
    var pooledCount = 0
    /// Whether the blueprint has the target; one that it has not keeps no pool.
    var isCurrent = false
}
