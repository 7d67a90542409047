/// What is wrong at a node; set at any time through `KongNode.faults`.
package struct KongFaults: Sendable, Equatable {
    /// How the service behind fails.
    package enum Service: Sendable, Equatable {
        /// It refuses connections.
        case refuses
        /// It closes them without an answer.
        case closes
    }

    /// Names or ids of routes that this node does not know.
    package var missingRoutes: Set<String> = []
    /// Names of plugins that break in this node: what needs them is answered with 500.
    package var failingPlugins: Set<String> = []
    /// Kong takes so much longer; it shows in its own latency.
    package var gatewayDelay: Duration = .zero
    /// The service takes so much longer; beyond its `read_timeout` Kong answers 504.
    package var serviceDelay: Duration = .zero
    /// How every service behind this node fails; nil while they work.
    package var service: Service?
    /// This node does not reach the database. That nobody does is `KongDatabase.isReachable`.
    package var isDatabaseUnreachable = false
    /// Its workers are stopped (SIGSTOP): the system accepts connections, and that is all.
    package var isFrozen = false
    /// What stands in `Via` instead of this version's own, as `kong/9.9.9`.
    package var via: String?

    package init() {}
}
