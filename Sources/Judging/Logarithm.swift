/// Natural logarithms and their kin in plain arithmetic, so that every machine gets the same bits
/// and evidence that was written down is judged alike when it is read back.
enum Logarithm {
    private static let ofTwo = 0.693_147_180_559_945_3
    private static let ofTwoRest = 2.319_046_813_846_3e-17
    private static let rootOfTwo = 1.414_213_562_373_095_1

    /// ln x, to about one part in 10^15; minus infinity for 0.
    static func natural(_ value: Double) -> Double {
        guard value > 0 else { return value == 0 ? -.infinity : .nan }
        guard value.isFinite else { return value }
        var mantissa = value.significand
        var exponent = Double(value.exponent)
        if mantissa > rootOfTwo {
            mantissa *= 0.5
            exponent += 1
        }
        // 2 artanh t; t is at most 0.172, so eleven terms are enough.
        let t = (mantissa - 1) / (mantissa + 1)
        let s = t * t
        var sum = s / 21 + 1.0 / 19
        sum = sum * s + 1.0 / 17
        sum = sum * s + 1.0 / 15
        sum = sum * s + 1.0 / 13
        sum = sum * s + 1.0 / 11
        sum = sum * s + 1.0 / 9
        sum = sum * s + 1.0 / 7
        sum = sum * s + 1.0 / 5
        sum = sum * s + 1.0 / 3
        sum = sum * s + 1
        return exponent * ofTwo + (2 * t * sum + exponent * ofTwoRest)
    }

    /// e^x; what is beyond the range of a Double is 0 or the greatest there is.
    static func exponential(_ value: Double) -> Double {
        guard value > -700 else { return 0 }
        guard value < 700 else { return .greatestFiniteMagnitude }
        let exponent = Int(value / ofTwo + (value < 0 ? -0.5 : 0.5))
        let rest = value - Double(exponent) * ofTwo - Double(exponent) * ofTwoRest
        var sum = rest / 13 + 1
        sum = sum * rest / 12 + 1
        sum = sum * rest / 11 + 1
        sum = sum * rest / 10 + 1
        sum = sum * rest / 9 + 1
        sum = sum * rest / 8 + 1
        sum = sum * rest / 7 + 1
        sum = sum * rest / 6 + 1
        sum = sum * rest / 5 + 1
        sum = sum * rest / 4 + 1
        sum = sum * rest / 3 + 1
        sum = sum * rest / 2 + 1
        sum = sum * rest + 1
        return Double(sign: .plus, exponent: exponent, significand: sum)
    }

    /// ln Γ(x) for x of at least 1 (Stirling's series, after the argument is made large).
    static func gamma(_ value: Double) -> Double {
        var x = value
        var shift = 1.0
        while x < 12 {
            shift *= x
            x += 1
        }
        let z = 1 / (x * x)
        var series = 1.0 / 1_188 - z * 691.0 / 360_360
        series = 1.0 / 1_680 - z * series
        series = 1.0 / 1_260 - z * series
        series = 1.0 / 360 - z * series
        series = (1.0 / 12 - z * series) / x
        let halfOfTwoPi = 0.918_938_533_204_672_8
        return (x - 0.5) * natural(x) - x + halfOfTwoPi + series - natural(shift)
    }
}
