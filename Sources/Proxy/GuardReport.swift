package import Telemetry

/// A request that a guard refused. For one listener and worker at most ten a second are told of.
package struct GuardReport: Sendable, Equatable {
    /// The listener's name, and the address of the client.
    package let listener: String
    package let client: String
    /// What it asked for, the target cut short, and what the guard saw a write in.
    package let method: String
    package let target: String
    package let sign: GuardRefusal
    /// The names of the fields by which it may have said who it is.
    package let credentials: [String]
    /// So many others were refused since the report before, and not told of.
    package let untold: Int
}

/// The same as the worker posts it, with the listener's id.
struct PostedRefusal: Sendable {
    let listener: Int
    let client: String
    let method: String
    let target: String
    let sign: GuardRefusal
    let credentials: [String]
    let untold: Int
}

/// What guards hold back at one moment.
package struct GuardCensus: Sendable, Equatable {
    /// Writes that are on their way to an Admin API, by the listener's name.
    package let writesInFlight: [String: Int]
    /// The workers that did not answer in time.
    package let pendingWorkers: [Int]

    package init(writesInFlight: [String: Int], pendingWorkers: [Int]) {
        self.writesInFlight = writesInFlight
        self.pendingWorkers = pendingWorkers
    }
}
