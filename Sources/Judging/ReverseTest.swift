/// The test the other way round: that the candidate is at least so many times worse is refuted,
/// with a chance of at most alpha to refute what is true.
package struct ReverseTest: Sendable, Equatable {
    /// How many times worse it would be, and the chance of an error.
    package let ratio: Double
    package let alpha: Double
    package private(set) var process: Likelihood

    /// Without an error seen.
    package init(ratio: Double, alpha: Double) {
        self.ratio = ratio
        self.alpha = alpha
        process = Likelihood(base: ratio, ratios: [0.25, 0.5, 0.75, 1].filter { $0 < ratio })
    }

    /// Takes errors in.
    package mutating func take(share: Double, candidate: Int, stable: Int) {
        process.take(share: share, candidate: candidate, stable: stable)
    }

    /// Whether it is refuted.
    package var isRefuted: Bool { process.logValue >= -Logarithm.natural(alpha) }

    /// How far it is: 1 when it is refuted.
    package var progress: Double {
        min(max(process.logValue / -Logarithm.natural(alpha), 0), 1)
    }

    /// In how many seconds it would be refuted if errors go on as in the last so many seconds,
    /// when the value has grown by so much; nil when it does not grow.
    package func secondsLeft(grown: Double, inSeconds seconds: Double) -> Double? {
        let missing = -Logarithm.natural(alpha) - process.logValue
        if missing <= 0 { return 0 }
        guard grown > 0, seconds > 0 else { return nil }
        return missing / (grown / seconds)
    }
}
