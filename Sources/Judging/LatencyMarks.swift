package import Telemetry

/// From when on an answer counts as late: stable's own 95th percentile of the last five minutes
/// for its answers, and somewhat more for the candidate's. Both are then late equally often if the
/// candidate is at most that much slower, so the judge of errors can judge lateness too.
package struct LatencyMarks: Sendable {
    /// How much slower the candidate may be.
    package struct Allowance: Sendable, Equatable {
        /// A multiple, and a time on top; what allows more holds.
        package var factor: Double
        package var plusNanoseconds: UInt64

        /// A quarter, or two milliseconds, unless said.
        package init(factor: Double = 1.25, plusNanoseconds: UInt64 = 2_000_000) {
            self.factor = factor
            self.plusNanoseconds = plusNanoseconds
        }
    }

    /// In nanoseconds: an answer that took longer is late.
    package struct Marks: Sendable, Equatable {
        /// For each side.
        package let stable: UInt64
        package let candidate: UInt64

        package init(stable: UInt64, candidate: UInt64) {
            self.stable = stable
            self.candidate = candidate
        }
    }

    /// With fewer answers there are no marks.
    package static let fewestAnswers = 1_000
    private let allowance: Allowance
    private var times = RecentTimes()
    /// nil while there is too little to tell.
    package private(set) var marks: Marks?

    /// Without an answer.
    package init(_ allowance: Allowance = Allowance()) { self.allowance = allowance }

    /// Takes in how long stable's answers took since the last call, at a moment of a clock that
    /// never goes back.
    package mutating func take(_ answers: LatencyHistogram, nowSeconds: Double) {
        times.take(answers, nowSeconds: nowSeconds)
        guard let late = times.quantileSeconds(0.95, fewest: Self.fewestAnswers) else {
            marks = nil
            return
        }
        marks = allowance.marks(late * 1e9)
    }
}

extension LatencyMarks.Allowance {
    /// A time of stable's in nanoseconds, and what the candidate may take instead.
    func marks(_ nanoseconds: Double) -> LatencyMarks.Marks {
        let most = max(factor * nanoseconds, nanoseconds + Double(plusNanoseconds))
        return .init(stable: UInt64(nanoseconds), candidate: UInt64(min(most, 1e18)))
    }
}
