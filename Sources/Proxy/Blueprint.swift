internal import Addressing
internal import Bytes
internal import HTTP
internal import Kernel
internal import Settings
internal import Splitting
internal import TLS

/// The snapshot as workers run it: names have become ids and addresses. Ids are never reused, so
/// a worker's state for them outlives each change of the configuration.
final class Blueprint: Sendable {
    /// One more than the highest id of each kind that was ever given.
    struct Counts: Sendable {
        let listeners: Int
        let splits: Int
        let upstreams: Int
        let lanes: Int
        let targets: Int
    }

    struct Listener: Sendable {
        /// The listener's id.
        let id: Int
        /// The id of the split that its requests go through.
        let split: Int
        /// The port it listens on, for X-Forwarded-Port.
        let port: UInt16
        let trustedProxies: [CIDR]
        let timeouts: ListenerTimeouts
        let limits: ListenerLimits
        /// What its limits of connections count: the same for all workers and blueprints.
        let counts: ListenerCounts
        /// Requests that go through other splits, and those splits' ids, in their order.
        let routes: [(when: WhenSettings, split: Int)]
        let exposesUpstream: Bool
        /// Whether clients may speak HTTP/2 without TLS; with it, TLS agrees to it or not.
        let takesHTTP2: Bool
        /// Whether it has a guard, whether that lets no write through, and what passes all the
        /// same.
        let isGuarded: Bool
        let isShut: Bool
        let allowed: AllowedRequests
        /// What it speaks TLS with; nil: it does not.
        let tls: TLSServer?
        /// What its connections have to get over before anything else.
        let opening: Opening
        let openingAfterHeader: Opening
        /// Whether it passes connections on, and no requests.
        let isTCP: Bool
    }

    struct Target: Sendable {
        let id: Int
        let address: SocketAddress
        let weight: UInt32
        /// Counts the exchanges at the target over all workers; nil unless there is, or was, a
        /// limit.
        let places: SharedCounter?
        let standing: TargetStanding
        /// What is reported of its failures.
        let watch: FailureCount.Watch
        /// The name that TLS asks it for: one of DNS, or its address.
        let serverName: ServerName
    }

    struct Upstream: Sendable {
        let id: Int
        let name: String
        let targets: [Target]
        let timeouts: UpstreamTimeouts
        let limits: UpstreamLimits
        let retries: RetrySettings
        /// Whether its answers are asked who made them.
        let isKong: Bool
        /// How TLS is spoken to its targets; nil: it is not.
        let tls: TLSClient?
        /// The HTTP that is spoken to its targets.
        let version: UpstreamVersion
        /// The header that its targets' connections begin with; nil: none.
        let proxyHeader: ProxyHeaderVersion?
        /// What workers know of each other's queues; nil unless there is, or was, a limit.
        let queue: SharedQueue?
    }

    struct Split: Sendable {
        let id: Int
        let sequence: SharedCounter
        let seed: UInt64
        let members: [Member]
        let weights: [Weight]
        /// What is asked of requests before the sequence is.
        let selection: Selection
    }

    struct Member: Sendable {
        /// The id of the upstream, and of the lane to it.
        let upstream: Int
        let lane: Int
    }

    let listeners: [Listener]
    let upstreams: [Upstream]
    let splits: [Split]
    let counts: Counts
    /// nil when no access log is written.
    let log: Log?
    /// nil when nobody is told of traces.
    let tracing: Tracing?

    init(
        listeners: [Listener], upstreams: [Upstream], splits: [Split], counts: Counts,
        log: Log? = nil, tracing: Tracing? = nil
    ) {
        self.listeners = listeners
        self.upstreams = upstreams
        self.splits = splits
        self.counts = counts
        self.log = log
        self.tracing = tracing
    }
}
