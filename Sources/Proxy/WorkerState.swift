internal import Addressing
internal import Bytes
internal import HTTP
internal import Kernel
internal import Settings
internal import Splitting
internal import TLS

/// What a worker knows of a listener, at the listener's id.
struct ListenerState: ~Copyable {
    /// nil when the listener is not, or no longer, open.
    var socket: ListeningSocket?
    /// Whether others have the same socket: what waits in it when this worker stops is theirs.
    var isSocketShared = false
    /// The id of the split of all requests that no route takes.
    var split = -1
    /// Its routes, and the id of each one's split.
    var routes = RequestRules()
    var routeSplits = Table<Int>(count: 0) { $0 }
    /// Whether clients are told which upstream answered.
    var exposesUpstream = false
    /// Whether they may speak HTTP/2 without TLS.
    var takesHTTP2 = true
    var port: UInt16 = 0
    var trustedProxies: [CIDR] = []
    var timeouts = ListenerTimeouts()
    /// What a request's head may have at most.
    var headLimits = HeadLimits()
    /// The size of a request's body in bytes, the highest number for no limit.
    var bodyLimit = UInt64.max
    /// Connections at once, of all clients and of each; nil for no limit.
    var connectionLimit: UInt64?
    var connectionLimitPerClient: Int?
    /// What the two limits count; nil before the first blueprint.
    var counts: ListenerCounts?
    /// Whether it has a guard, whether that lets no write through, and what passes all the same.
    var isGuarded = false
    var isShut = false
    var allowed = AllowedRequests()
    /// Refusals of the guard are not told of before this moment, and so many were not.
    var guardQuietUntil = Instant(nanoseconds: 0)
    var untoldRefusals = 0
    /// What it speaks TLS with; nil: it does not.
    var tls: TLSServer?
    /// Whether it rests after an accept that failed.
    var isPaused = false
    /// What its connections have to get over first, and next after a header of the PROXY protocol.
    var opening = Opening.done
    var openingAfterHeader = Opening.done
    /// Whether it passes connections on, and no requests.
    var isTCP = false
}

/// What a worker knows of a split, at the split's id.
struct SplitState: ~Copyable {
    private let sequence: SharedCounter
    private let seed: UInt64
    private var plan: SplitPlan
    private(set) var members: Table<MemberState>
    /// What is asked of requests before the sequence is, and whether anything is.
    let selection: SplitSelection
    let isSelective: Bool
    /// The number of the share that is in force, 0 while no rollout is looked at; its place among
    /// the splits that are, and the lanes that it compares.
    var segment: UInt16 = 0
    var trackedPlace = 0
    var candidateLane = -1
    var stableLane = -1

    /// In the place of a split that is not known yet; nothing asks it.
    init() {
        sequence = .unused
        seed = 0
        plan = SplitPlan(weights: [.one], seed: 0)
        members = Table(count: 0) { _ in preconditionFailure("no members") }
        selection = SplitSelection()
        isSelective = false
    }

    init(_ split: Blueprint.Split) {
        sequence = split.sequence
        seed = split.seed
        plan = SplitPlan(weights: split.weights, seed: split.seed)
        members = Table(count: split.members.count) {
            MemberState(upstream: split.members[$0].upstream, lane: split.members[$0].lane)
        }
        let selection = SplitSelection(split.selection)
        isSelective = selection.isNeeded
        self.selection = selection
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
    var limits = UpstreamLimits()
    /// Requests that a connection carries before it is closed, the highest number for no limit.
    var requestsPerConnection = UInt32.max
    /// How TLS is spoken to its targets; nil: it is not.
    var tls: TLSClient?
    /// The HTTP that is spoken to its targets.
    var version = UpstreamVersion.http1
    /// Whether its answers are asked who made them.
    var isKong = false
    var retryLimit = 0
    var retryBudget = RetryBudget()
    /// Exchanges of this worker that wait for a place at a target.
    var queue = ExchangeList()
    /// How many wait in all workers together, and what each worker shows of its own.
    var queuedCount = SharedCounter.unused
    var posts = Table<QueuePost>(count: 0) { _ in preconditionFailure("no post yet") }
    /// The header that its targets' connections begin with; nil: none.
    var proxyHeader: ProxyHeaderVersion?
    /// The field line that tells clients its name.
    var exposure: Buffer?

    /// Whether its targets get only so many exchanges at once.
    var isLimited: Bool { limits.inflightPerTarget != nil }
}

/// What a worker knows of a target, at the target's id.
struct TargetState {
    /// The id of its upstream.
    var upstream = -1
    var address = SocketAddress.unspecified
    var weight: UInt32 = 1
    /// The name that TLS asks it for: one of DNS, or its address.
    var serverName = ServerName.none
    /// Its place among the targets of its upstream.
    var position = 0
    var standing = TargetStanding()
    /// What went wrong with it, as far as somebody has to know.
    var failures = FailureCount()
    /// Exchanges that this worker has at the target.
    var inflight = 0
    /// Exchanges that all workers together may have there, the highest number for no limit, and
    /// how many they have of those that were counted.
    var inflightLimit = UInt64.max
    var places = SharedCounter.unused
    /// The pooled connection used last, -1 for none.
    var firstPooled: Int32 = -1
    var pooledCount = 0
    /// The HTTP that is spoken to it.
    var version = UpstreamVersion.http1
    /// Its connections that carry streams: the first of them, -1 for none, and their number.
    var firstCarrier: Int32 = -1
    var carrierCount = 0
    /// How many streams a new one of them is thought to carry: as many as the last one did.
    var streamLimit = Limits.streamsPerCarrier
    /// Whether the blueprint has the target; one that it has not keeps no pool.
    var isCurrent = false
}
