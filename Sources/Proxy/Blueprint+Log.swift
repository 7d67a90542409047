internal import Telemetry

extension Blueprint {
    /// Where lines of the access log go, and the names that stand in them.
    struct Log: Sendable {
        let destination: AccessLog
        let names: LogNames.Lists

        init(_ destination: AccessLog, _ registry: Registry) {
            self.destination = destination
            names = LogNames.Lists(
                listeners: registry.listeners, splits: registry.splits,
                upstreams: registry.upstreams)
        }
    }
}
