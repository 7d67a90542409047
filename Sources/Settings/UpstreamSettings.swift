/// A named cluster that receives traffic.
package struct UpstreamSettings: Sendable, Equatable {
    /// Its key in the file; the label of its metrics.
    package let name: String
    /// At least one, in the order of the file, no address twice.
    package let targets: [TargetSettings]
    /// How long its targets may take, how much they are asked for, how often again.
    package var timeouts: UpstreamTimeouts
    package var limits: UpstreamLimits
    package var retries: RetrySettings
    /// How its targets are checked; nil: they are not.
    package var health: HealthSettings?
    /// When a target is passed over for what its traffic shows; nil: never.
    package var ejection: EjectionSettings?
    /// A target that comes back gets its full weight after so many milliseconds; 0: at once.
    package var slowStartMilliseconds: Int
    /// Names of targets are looked up again after so many milliseconds.
    package var resolveIntervalMilliseconds: Int
    /// Whether its targets are Kongs, whose answers tell who made them.
    package var isKong = false
    /// Where its Admin API is; nil: it is not looked at.
    package var admin: AdminAccessSettings?
    /// How TLS is spoken to its targets; nil: it is not.
    package var tls: UpstreamTLS?
    /// The HTTP that its targets are spoken to in.
    package var version = UpstreamVersion.http1
    /// How its targets are told who the client is, before anything else; nil: they are not.
    package var proxyHeader: ProxyHeaderVersion?

    /// An upstream of at least one target; what is not said has its preset.
    package init(
        name: String,
        targets: [TargetSettings],
        timeouts: UpstreamTimeouts = UpstreamTimeouts(),
        limits: UpstreamLimits = UpstreamLimits(),
        retries: RetrySettings = RetrySettings(),
        health: HealthSettings? = nil,
        ejection: EjectionSettings? = nil,
        slowStartMilliseconds: Int = 0,
        resolveIntervalMilliseconds: Int = 10_000,
        admin: AdminAccessSettings? = nil
    ) {
        self.name = name
        self.targets = targets
        self.timeouts = timeouts
        self.limits = limits
        self.retries = retries
        self.health = health
        self.ejection = ejection
        self.slowStartMilliseconds = slowStartMilliseconds
        self.resolveIntervalMilliseconds = resolveIntervalMilliseconds
        self.admin = admin
    }
}

extension UpstreamSettings {
    /// The HTTP that its targets are spoken to in: without TLS there is nothing to choose by.
    package var versionSpoken: UpstreamVersion {
        version == .auto && tls == nil ? .http1 : version
    }
}

/// The HTTP that is spoken to an upstream's targets.
package enum UpstreamVersion: String, Sendable, Equatable {
    case http1, http2
    /// What a target chooses in the handshake of TLS; without TLS HTTP/1.1.
    case auto
}

/// The two forms of the PROXY protocol's header: text and binary.
package enum ProxyHeaderVersion: String, Sendable, Equatable {
    case v1, v2
}

/// One address of an upstream.
package struct TargetSettings: Sendable, Equatable {
    /// The host may be a name, which is resolved again and again.
    package let address: AddressSetting
    /// Its part of the upstream's traffic against the other targets: 1...1,000,000.
    package let weight: UInt32

    /// A target; all weigh the same, unless said.
    package init(address: AddressSetting, weight: UInt32 = 1) {
        self.address = address
        self.weight = weight
    }
}
