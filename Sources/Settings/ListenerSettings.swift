package import Addressing

/// An address on which Sluice accepts, and the split its requests go through.
package struct ListenerSettings: Sendable, Equatable {
    /// Its key in the file; the label of its metrics.
    package let name: String
    /// Where it listens.
    package let address: AddressSetting
    /// What it splits.
    package let mode: ListenerMode
    /// The name of the split of all requests that no route takes.
    package let split: String
    /// Tried in this order.
    package let routes: [RouteSettings]
    /// Whether clients are told which upstream answered.
    package let exposesUpstream: Bool
    /// The clients whose forwarding fields (X-Forwarded-For and its kin) are believed.
    package let trustedProxies: [CIDR]
    /// How long its clients may take, and how much it takes of them.
    package let timeouts: ListenerTimeouts
    package let limits: ListenerLimits
    /// What it refuses while a split is frozen; nil: nothing.
    package let guarding: GuardSettings?
    /// What it speaks TLS with; nil: it does not.
    package var tls: ListenerTLS?
    /// Whether its clients may speak HTTP/2.
    package var takesHTTP2 = true
    /// Whether each of its connections must begin with a header of the PROXY protocol, which only
    /// `trustedProxies` may send.
    package var requiresProxyHeader = false

    /// A listener; it trusts no proxy, unless said.
    package init(
        name: String,
        address: AddressSetting,
        mode: ListenerMode = .http,
        split: String,
        trustedProxies: [CIDR] = [],
        timeouts: ListenerTimeouts = ListenerTimeouts(),
        limits: ListenerLimits = ListenerLimits(),
        routes: [RouteSettings] = [],
        exposesUpstream: Bool = false,
        guarding: GuardSettings? = nil
    ) {
        self.name = name
        self.address = address
        self.mode = mode
        self.split = split
        self.trustedProxies = trustedProxies
        self.timeouts = timeouts
        self.limits = limits
        self.routes = routes
        self.exposesUpstream = exposesUpstream
        self.guarding = guarding
    }
}

/// What a listener splits.
package enum ListenerMode: String, Sendable, Equatable {
    /// Requests, each for itself.
    case http
    /// Connections, whatever is said on them.
    case tcp
}
