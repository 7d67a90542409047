/// What the tripwires contribute to the metrics.
package struct TripwireGauges: Sendable {
    /// One kind of entity of one split.
    package struct Alarm: Sendable {
        /// The split's name and the kind: `services`, `routes` ...
        package let split: String
        package let kind: String
        /// Whether its alarm is up.
        package let isUp: Bool

        /// A kind's alarm.
        package init(split: String, kind: String, isUp: Bool) {
            self.split = split
            self.kind = kind
            self.isUp = isUp
        }
    }

    /// How one split's tripwire stands.
    package struct Verdict: Sendable {
        /// The split's name and the word for it.
        package let split: String
        package let verdict: String

        /// A split's verdict.
        package init(split: String, verdict: String) {
            self.split = split
            self.verdict = verdict
        }
    }

    /// One upstream's Admin API.
    package struct Admin: Sendable {
        /// The upstream's name.
        package let upstream: String
        /// When it was read without a fault, in seconds since 1970; 0: never.
        package let lastSuccessSeconds: Double
        /// Attempts since the start, by their end.
        package let successCount: Int
        package let faultCount: Int

        /// An Admin API's numbers.
        package init(
            upstream: String, lastSuccessSeconds: Double, successCount: Int, faultCount: Int
        ) {
            self.upstream = upstream
            self.lastSuccessSeconds = lastSuccessSeconds
            self.successCount = successCount
            self.faultCount = faultCount
        }
    }

    /// Every kind of every split that is watched.
    package var alarms: [Alarm] = []
    /// Every split that is watched.
    package var verdicts: [Verdict] = []
    /// All words for how a tripwire stands.
    package var words: [String] = []
    /// Every Admin API that is named in the settings.
    package var admins: [Admin] = []

    /// Without tripwires.
    package init() {}
}
