/// A weight of a split's member: 0 to 1,000,000 with at most two decimals, kept exactly.
package struct Weight: Hashable, Comparable, Sendable {
    /// The largest weight in hundredths: 1,000,000.00.
    package static let maximumHundredths: UInt32 = 100_000_000

    /// The weight that routes nothing.
    package static let zero = Weight(exactHundredths: 0)

    /// The weight of 1.
    package static let one = Weight(exactHundredths: 100)

    /// The weight in hundredths: 3,333 stands for 33.33.
    package let hundredths: UInt32

    /// Makes a weight from hundredths; nil above the largest weight.
    package init?(hundredths: UInt32) {
        guard hundredths <= Self.maximumHundredths else { return nil }
        self.hundredths = hundredths
    }

    init(exactHundredths: UInt32) {
        hundredths = exactHundredths
    }

    /// Orders weights by size.
    package static func < (left: Weight, right: Weight) -> Bool {
        left.hundredths < right.hundredths
    }
}

extension Weight: CustomStringConvertible {
    /// The shortest form that `parse` reads back: `90`, `33.33`, `0.5`.
    package var description: String {
        let (whole, fraction) = hundredths.quotientAndRemainder(dividingBy: 100)
        if fraction == 0 { return "\(whole)" }
        if fraction.isMultiple(of: 10) { return "\(whole).\(fraction / 10)" }
        return fraction < 10 ? "\(whole).0\(fraction)" : "\(whole).\(fraction)"
    }
}
