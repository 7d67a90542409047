package import Telemetry

/// For how long a request may wait for its answer before it is held to hang: four times stable's
/// own 99th percentile of the last five minutes, and at least two seconds; somewhat more at the
/// candidate, as with `LatencyMarks`. Both sides then hang equally often if the candidate is at
/// most that much slower. What still waits is looked at when the longer of both times is over, on
/// both sides: otherwise an outage of both would end earlier for one of them.
///
/// What counts is the whole time, that of a service behind a gateway included: of a request
/// without an answer nobody knows who keeps it waiting.
package struct Patience: Sendable {
    /// With fewer answers nothing is known of stable, and ten seconds hold.
    package static let fewestAnswers = 100
    package static let unknownNanoseconds = 10_000_000_000.0
    static let leastNanoseconds = 2_000_000_000.0
    static let factor = 4.0

    private let allowance: LatencyMarks.Allowance
    private var times = RecentTimes()
    /// In nanoseconds, for each side.
    package private(set) var limits: LatencyMarks.Marks

    /// Without an answer.
    package init(_ allowance: LatencyMarks.Allowance = .init()) {
        self.allowance = allowance
        limits = allowance.marks(Self.unknownNanoseconds)
    }

    /// Takes in how long stable's answers took since the last call.
    package mutating func take(_ answers: LatencyHistogram, nowSeconds: Double) {
        times.take(answers, nowSeconds: nowSeconds)
        let most = times.quantileSeconds(0.99, fewest: Self.fewestAnswers).map {
            min(max(Self.factor * $0 * 1e9, Self.leastNanoseconds), 1e18)
        }
        limits = allowance.marks(most ?? Self.unknownNanoseconds)
    }
}
