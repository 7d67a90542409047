/// What the judge of health contributes to the metrics.
package struct HealthGauges: Sendable {
    /// One target: where it is, and what state it is in.
    package struct Target: Sendable {
        /// The upstream's name, and the address to which the target's name was resolved.
        package let upstream: String
        package let address: String
        /// One of the states, and whether it is drained besides.
        package let state: String
        package let isDrained: Bool
        /// Whether health lets it be chosen.
        package let isHealthy: Bool

        package init(
            upstream: String, address: String, state: String, isDrained: Bool, isHealthy: Bool
        ) {
            self.upstream = upstream
            self.address = address
            self.state = state
            self.isDrained = isDrained
            self.isHealthy = isHealthy
        }
    }

    /// How often something happened to an upstream's targets.
    package struct Count: Sendable {
        /// The upstream's name, what happened, and how often since the start.
        package let upstream: String
        package let kind: String
        package let count: Int

        package init(upstream: String, kind: String, count: Int) {
            self.upstream = upstream
            self.kind = kind
            self.count = count
        }
    }

    /// All states that a target may be in, in the order in which they are shown.
    package var states: [String] = []
    /// Every target in use.
    package var targets: [Target] = []
    /// The checks so far, by their result.
    package var checks: [Count] = []
    /// The changes of state so far, by the state that followed.
    package var changes: [Count] = []

    /// Without targets.
    package init() {}
}
