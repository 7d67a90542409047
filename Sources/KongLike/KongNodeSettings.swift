package import Addressing

/// What kong.conf and the place of a node decide.
package struct KongNodeSettings: Sendable {
    /// Where a client's address is taken from when the peer is trusted.
    package enum RealIPHeader: Sendable {
        case xRealIP, xForwardedFor
    }

    /// The cluster: a change made in one shows sooner in that one.
    package var cluster = ""
    /// Ports on 127.0.0.1; 0 takes a free one at the first start and keeps it.
    package var proxyPort = 0
    package var adminPort = 0
    package var statusPort = 0
    /// Workers in which a change shows one after the other; connections go to them by turns.
    package var workers = 2
    /// The peers whose forwarding fields are believed.
    package var trustedIPs: [CIDR] = []
    package var realIPHeader = RealIPHeader.xRealIP
    package var isRealIPRecursive = false
    /// False is `headers = off`: nothing tells that an answer is Kong's.
    package var showsMarks = true
    /// What `Kong-Admin-Token` has to say; nil for an Admin API without RBAC.
    package var adminToken: String?
    /// Requests on one connection; nil for what the version has.
    package var requestsPerConnection: Int?
    /// How long the service behind takes.
    package var serviceLatency: Duration = .zero
    /// Whether a start takes its time, as Kong's does: ports bound, closed, and then up.
    package var startsSlowly = false
    package var times = KongTimes.measured
    /// Of everything that is drawn.
    package var seed: UInt64 = 1

    package init() {}
}
