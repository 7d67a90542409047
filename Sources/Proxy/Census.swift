/// What is in flight at every target at one moment.
package struct Census: Sendable {
    /// One target.
    package struct Row: Sendable, Equatable {
        /// The name of its upstream, and its address as it is resolved.
        package let upstream: String
        package let address: String
        /// The addresses, as the settings write them, that it is or was found by.
        package let settings: Set<String>
        /// Whether the settings still have it; one that they have not is here as long as an
        /// exchange is.
        package let isCurrent: Bool
        package let load: TargetLoad

        package init(
            upstream: String, address: String, settings: Set<String>, isCurrent: Bool,
            load: TargetLoad
        ) {
            self.upstream = upstream
            self.address = address
            self.settings = settings
            self.isCurrent = isCurrent
            self.load = load
        }
    }

    /// Those that the settings have, and those at which anything is left.
    package let rows: [Row]
    /// The workers that did not say within a second what they have: it is missing here.
    package let pendingWorkers: [Int]

    package init(rows: [Row], pendingWorkers: [Int] = []) {
        self.rows = rows
        self.pendingWorkers = pendingWorkers
    }
}

/// What is in flight at one target. A tunnel may live for days, so it is counted apart.
package struct TargetLoad: Sendable, Hashable {
    /// Exchanges that have a connection to it, or wait for one that is being made.
    package private(set) var requestCount = 0
    package private(set) var tunnelCount = 0
    /// Connections through tcp listeners, among them those that are being made.
    package private(set) var tcpCount = 0
    /// How long the oldest of each has run since its request's first byte, in nanoseconds; 0 when
    /// there is none.
    package private(set) var oldestRequestNanoseconds: UInt64 = 0
    package private(set) var oldestTunnelNanoseconds: UInt64 = 0
    package private(set) var oldestTCPNanoseconds: UInt64 = 0

    /// Nothing.
    package init() {}

    /// Counts one more.
    package mutating func addRequest(ageNanoseconds: UInt64) {
        requestCount += 1
        oldestRequestNanoseconds = max(oldestRequestNanoseconds, ageNanoseconds)
    }

    /// Counts one more.
    package mutating func addTunnel(ageNanoseconds: UInt64) {
        tunnelCount += 1
        oldestTunnelNanoseconds = max(oldestTunnelNanoseconds, ageNanoseconds)
    }

    /// Counts one more.
    package mutating func addTCP(ageNanoseconds: UInt64) {
        tcpCount += 1
        oldestTCPNanoseconds = max(oldestTCPNanoseconds, ageNanoseconds)
    }

    /// Takes in what another worker, or another target, has.
    package mutating func merge(_ other: TargetLoad) {
        requestCount += other.requestCount
        tunnelCount += other.tunnelCount
        tcpCount += other.tcpCount
        oldestTCPNanoseconds = max(oldestTCPNanoseconds, other.oldestTCPNanoseconds)
        oldestRequestNanoseconds = max(oldestRequestNanoseconds, other.oldestRequestNanoseconds)
        oldestTunnelNanoseconds = max(oldestTunnelNanoseconds, other.oldestTunnelNanoseconds)
    }

    /// Whether nothing is in flight.
    package var isEmpty: Bool { requestCount == 0 && tunnelCount == 0 && tcpCount == 0 }
}
