package import Telemetry

/// What Sluice sees for itself of an upgrade, at one moment.
package struct UpgradeFacts: Sendable, Equatable {
    /// One side.
    package struct Side: Sendable, Equatable {
        /// The upstream, and the versions that its answers and its Admin API tell.
        package var upstream: String
        package var answerVersions: [String] = []
        package var adminVersion: String?
        /// How many targets there are, and how many health would choose.
        package var targetCount = 0
        package var usableCount = 0
        /// The set weight's share, 0 to 1.
        package var share = 0.0
        /// Exchanges under way, and connections to its targets.
        package var inflightCount = 0
        package var connectionCount = 0
        /// Answers of status 429 since the upgrade began.
        package var rateLimitedCount = 0

        /// A side of which nothing is known.
        package init(upstream: String) { self.upstream = upstream }

        /// The one version that it has, if it has one.
        package var version: String? {
            let all = Set(answerVersions + [adminVersion].compactMap(\.self))
            return all.count == 1 ? all.first : nil
        }
    }

    /// What comparing the answers to one smoke request came to.
    package struct Smoke: Sendable, Equatable {
        /// `GET /orders`, and how the answers differed.
        package var request: String
        package var differences: [String]

        /// A compared request.
        package init(request: String, differences: [String] = []) {
            self.request = request
            self.differences = differences
        }
    }

    /// In milliseconds since 1970.
    package var nowMilliseconds: Int64
    /// The old side and the new one.
    package var x: Side
    package var y: Side
    /// What is frozen, and since when.
    package var freezeMode = FreezeFacts.Mode.off
    package var freezeSinceMilliseconds: Int64?
    /// How the tripwire stands, and its alarms; nil where there is none.
    package var tripwire: TripwireReport.Verdict?
    package var tripwireAlarms: [String] = []
    /// How many smoke requests the settings have, and what the last run came to.
    package var smokeRequestCount = 0
    package var smoke: [Smoke] = []
    /// Requests by method and prefix, as either side has answered them.
    package var prefixes = RequestPrefixes()
    /// Since when these and answers of 429 are counted, if that is not since the upgrade began.
    package var countedSinceMilliseconds: Int64?
    /// How long to watch, as the settings say.
    package var watchMilliseconds: Int64 = 86_400_000

    /// Two sides of which nothing is known.
    package init(x: String, y: String, nowMilliseconds: Int64) {
        self.x = Side(upstream: x)
        self.y = Side(upstream: y)
        self.nowMilliseconds = nowMilliseconds
    }
}
