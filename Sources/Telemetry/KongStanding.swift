/// What is wrong with the versions that a Kong answers with.
package enum KongAlarm: String, CaseIterable, Sendable {
    /// Several at once, as in the middle of a restart.
    case twoVersions = "two_versions"
    /// One that belongs to another member of a split, as when targets are swapped.
    case othersVersion = "others_version"
}

/// What is known of an upstream that is a Kong, at one moment.
package struct KongStanding: Sendable, Equatable {
    /// A version, how long ago the last answer with it came, and the id of the target that gave it.
    package struct Version: Sendable, Equatable {
        /// The version's text.
        package let version: String
        /// The age of the last answer with it.
        package let secondsAgo: Double
        /// The id of the target that it came from.
        package let target: Int

        package init(version: String, secondsAgo: Double, target: Int) {
            self.version = version
            self.secondsAgo = secondsAgo
            self.target = target
        }
    }

    /// The upstream's name.
    package let upstream: String
    /// What it answers with now, the newest answer first; while it answers nothing, what it
    /// answered with last.
    package var versions: [Version] = []
    package var alarms: Set<KongAlarm> = []
    /// The member whose version it answers with, while that is an alarm.
    package var owner: String?
    /// Members of its splits that answer with the same version: no trouble, but no upgrade either.
    package var twins: [String] = []
    /// Whether nothing in its answers tells that they are a Kong's.
    package var isUnmarked = false

    package init(upstream: String) { self.upstream = upstream }
}
