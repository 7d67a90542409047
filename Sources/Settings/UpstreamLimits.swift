/// How much an upstream is asked for.
package struct UpstreamLimits: Sendable, Equatable {
    /// Exchanges at one target at once, over all workers; nil: any number.
    package var inflightPerTarget: Int?
    /// Exchanges that wait for a place at a target, over all workers; used with
    /// `inflightPerTarget` only. One more is refused.
    package var queue: Int
    /// An exchange waits at most this long.
    package var queueTimeoutMilliseconds: Int
    /// Requests that one connection to a target carries before it is closed; nil: as many as the
    /// target allows.
    package var requestsPerConnection: Int?

    /// The presets, except for what is said.
    package init(
        inflightPerTarget: Int? = nil,
        queue: Int = 1_000,
        queueTimeoutMilliseconds: Int = 5_000,
        requestsPerConnection: Int? = nil
    ) {
        self.inflightPerTarget = inflightPerTarget
        self.queue = queue
        self.queueTimeoutMilliseconds = queueTimeoutMilliseconds
        self.requestsPerConnection = requestsPerConnection
    }
}

/// How often a request is sent again.
package struct RetrySettings: Sendable, Equatable {
    /// Attempts after the first one that one exchange may make within an upstream.
    package var count: Int
    /// Requests that may be sent again, in percent of all of the upstream's, so that retries
    /// cannot become a storm. Attempts to connect and the repeat on a fresh connection that a
    /// closed pooled one calls for are free: no target has taken on anything by then.
    package var budgetPercent: Int

    /// The presets, except for what is said.
    package init(count: Int = 2, budgetPercent: Int = 20) {
        self.count = count
        self.budgetPercent = budgetPercent
    }
}
