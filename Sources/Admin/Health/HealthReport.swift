package import Splitting

/// What the judge of health knows at one moment, for those who look.
package struct HealthReport: Sendable {
    /// One target.
    package struct Target: Sendable {
        /// The upstream's name, and the target as the settings give it and where it is.
        package let upstream: String
        package let setting: String
        package let address: String
        /// Its state, and since when, in milliseconds since 1970.
        package let state: HealthState
        package let sinceMilliseconds: Int64
        /// What went wrong last and when; nil when nothing has yet.
        package let lastError: String?
        package let lastErrorMilliseconds: Int64?
        /// How its checks ended so far; nil when it is not checked.
        package let tally: TargetHealth.Tally?
        /// How much of its weight it has, and whether it is drained.
        package let weightPercent: UInt32
        package let isDrained: Bool
    }

    /// In the order of the settings.
    package var targets: [Target] = []
    /// How checks ended since the start, by upstream.
    package var checks: [(upstream: String, tally: TargetHealth.Tally)] = []
    /// How often targets came into each state since the start, by upstream.
    package var changes: [(upstream: String, state: HealthState, count: Int)] = []

    /// Of nothing.
    package init() {}
}
