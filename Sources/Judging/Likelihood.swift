/// A mixture test martingale over errors that fall on one of two sides.
///
/// Each error was routed with a known share w of the candidate. If errors were `base` times as
/// frequent there as at the stable side, one would fall on the candidate with the chance
/// b·w / (1 − w + b·w); with the ratio r it would be r·w / (1 − w + r·w). The product of the
/// quotients of both, over all errors, has the expectation of at most 1 for as long as the
/// candidate is no worse (or, for ratios below the base, no better) than `base`, whatever the rate
/// of errors is and however the share changes. The value is the mean over the ratios. It depends
/// on nothing but how many errors there were on each side at each share, to the last bit: so
/// anybody can work it out again, and sums of what was written down are judged as it was.
package struct Likelihood: Sendable, Equatable {
    /// Errors at one share.
    package struct Tally: Sendable, Equatable {
        /// The candidate's share, more than 0 and less than 1.
        package let share: Double
        /// How many errors fell on each side.
        package var candidate: Int
        package var stable: Int

        package init(share: Double, candidate: Int, stable: Int) {
            self.share = share
            self.candidate = candidate
            self.stable = stable
        }
    }

    /// The logarithms of what one error at a share is worth, for each ratio.
    struct Factors: Sendable {
        let share: Double
        let candidate: [Double]
        let stable: [Double]

        init(share: Double, base: Double, ratios: [Double]) {
            self.share = share
            let rest = 1 - share
            let ofBase = Logarithm.natural(rest + base * share)
            stable = ratios.map { ofBase - Logarithm.natural(rest + $0 * share) }
            let ratioLogs = ratios.map { Logarithm.natural($0 / base) }
            candidate = zip(stable, ratioLogs).map { $0 + $1 }
        }
    }

    /// How much worse the candidate may be: errors are looked for from slightly more often to
    /// nothing but errors.
    package static let worseRatios: [Double] = [1.5, 2, 3, 5, 8, 12, 20, 30, 100, 1_000]

    /// What the ratios are compared to, and the ratios that are mixed.
    package let base: Double
    package let ratios: [Double]
    /// The errors so far, by growing share.
    package private(set) var tallies: [Tally] = []
    /// What each tally is worth: a logarithm for each ratio, one tally after the other.
    private var parts: [Double] = []
    private var logs: [Double]

    /// Without an error: a value of 1.
    package init(base: Double = 1, ratios: [Double] = worseRatios) {
        self.base = base
        self.ratios = ratios
        logs = Array(repeating: 0, count: ratios.count)
    }

    /// Takes errors in; those at a share of 0 or 1 say nothing.
    package mutating func take(share: Double, candidate: Int, stable: Int) {
        guard share > 0, share < 1 else { return }
        take(
            Factors(share: share, base: base, ratios: ratios), candidate: candidate,
            stable: stable)
    }

    mutating func take(_ factors: Factors, candidate: Int, stable: Int) {
        guard candidate > 0 || stable > 0 else { return }
        let width = logs.count
        let place = tallies.firstIndex { $0.share >= factors.share } ?? tallies.count
        if place == tallies.count || tallies[place].share > factors.share {
            tallies.insert(Tally(share: factors.share, candidate: 0, stable: 0), at: place)
            parts.insert(contentsOf: repeatElement(0, count: width), at: place * width)
        }
        tallies[place].candidate += candidate
        tallies[place].stable += stable
        let ofCandidate = Double(tallies[place].candidate)
        let ofStable = Double(tallies[place].stable)
        for index in 0..<width {
            parts[place * width + index] =
                ofCandidate * factors.candidate[index] + ofStable * factors.stable[index]
            var sum = 0.0
            for tally in 0..<tallies.count { sum += parts[tally * width + index] }
            logs[index] = sum
        }
    }

    /// The logarithm of its value.
    package var logValue: Double {
        var most = -Double.infinity
        for log in logs where log > most { most = log }
        var sum = 0.0
        for log in logs where log > most - 40 { sum += Logarithm.exponential(log - most) }
        return most + Logarithm.natural(sum / Double(logs.count))
    }

    /// How many errors fell on each side.
    package var counts: (candidate: Int, stable: Int) {
        tallies.reduce((0, 0)) { ($0.0 + $1.candidate, $0.1 + $1.stable) }
    }
}
