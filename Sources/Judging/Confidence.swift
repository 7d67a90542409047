/// How sure one can be that the candidate is good. Nothing here is a reason to go back.
package enum Confidence {
    /// The share of failures that the true one is not above, with a confidence of `level`, after
    /// so many were seen (Clopper and Pearson): 1 when nothing was.
    package static func upperBound(
        failures: Int, of count: Int, level: Double = 0.99
    ) -> Double {
        guard count > 0, failures < count else { return 1 }
        if failures <= 0 {
            return 1 - Logarithm.exponential(Logarithm.natural(1 - level) / Double(count))
        }
        // The share at which so few failures would be seen with a chance of 1 − level only.
        var low = Double(failures) / Double(count)
        var high = 1.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            let chance =
                1
                - beta(middle, Double(failures) + 1, Double(count - failures))
            if chance > 1 - level { low = middle } else { high = middle }
        }
        return high
    }

    /// How many more exchanges are needed until the upper bound is below a limit, if failures go
    /// on at the share seen so far; nil when that would never be.
    package static func exchangesLeft(
        failures: Int, of count: Int, below limit: Double, level: Double = 0.99
    ) -> Int? {
        let share = count > 0 ? Double(failures) / Double(count) : 0
        guard share < limit else { return nil }
        let isEnough = { (total: Int) in
            let expected = Int((Double(total) * share).nextUp)
            return upperBound(failures: max(failures, expected), of: total, level: level) < limit
        }
        if count > 0, isEnough(count) { return 0 }
        var high = max(count, 64)
        while !isEnough(high) {
            guard high < 1 << 40 else { return nil }
            high *= 2
        }
        var low = count
        while high - low > max(1, high / 256) {
            let middle = low + (high - low) / 2
            if isEnough(middle) { high = middle } else { low = middle }
        }
        return high - count
    }

    /// The regularised incomplete beta function (its continued fraction, by Lentz's method).
    static func beta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let front = Logarithm.exponential(
            Logarithm.gamma(a + b) - Logarithm.gamma(a) - Logarithm.gamma(b)
                + a * Logarithm.natural(x) + b * Logarithm.natural(1 - x))
        if x > (a + 1) / (a + b + 2) { return 1 - front * fraction(1 - x, b, a) / b }
        return front * fraction(x, a, b) / a
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        let away = { (value: Double) in value.magnitude < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / away(1 - (a + b) * x / (a + 1))
        var result = d
        for step in 1...10_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / away(1 + even * d)
            c = away(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / away(1 + odd * d)
            c = away(1 + odd / c)
            result *= d * c
            if (d * c - 1).magnitude < 1e-14 { break }
        }
        return result
    }
}
