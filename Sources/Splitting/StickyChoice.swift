/// Which member a client's position belongs to: no state, no history, the same everywhere.
///
/// Both ways are exact: they compare whole numbers, so that a member which grows takes positions
/// from the others and gives none away, and one that shrinks back has exactly those it had.
package enum StickyChoice {
    /// Of two members: whether the position is the candidate's, which has those below its share.
    ///
    /// A position p is one of 2^64, and it is below w of W if and only if floor(p·W / 2^64) < w:
    /// one multiplication, nothing is rounded.
    package static func isCandidate(
        _ position: UInt64, candidate: Weight, stable: Weight
    ) -> Bool {
        let sum = UInt64(candidate.hundredths) &+ UInt64(stable.hundredths)
        return position.multipliedFullWidth(by: sum).high < UInt64(candidate.hundredths)
    }
}

/// The choice among more than two members: weighted rendezvous hashing.
///
/// Each member draws a number of its own from the position, u within 0...1, and the least
/// -log(u) / weight wins: member i with the probability weight / sum. A member whose weight grows
/// lowers its own value alone, so positions move to it and nowhere else.
package struct Rendezvous {
    /// The member that has won so far, -1 for none.
    package private(set) var winner = -1
    private let position: UInt64
    private var cost: UInt64 = 0
    private var weight: UInt64 = 0

    /// A contest in which nobody takes part yet.
    package init(position: UInt64) { self.position = position }

    /// Lets a member take part; one of weight 0 cannot win. Members come in any order: seeds are
    /// their own, and no two draw the same.
    package mutating func enter(_ member: Int, seed: UInt64, weight: Weight) {
        guard weight > .zero else { return }
        let cost = Self.cost(mixed(position ^ seed))
        let hundredths = UInt64(weight.hundredths)
        // cost / hundredths < self.cost / self.weight, without a division.
        let isLess =
            UInt128(cost) &* UInt128(self.weight) < UInt128(self.cost) &* UInt128(hundredths)
        guard winner < 0 || isLess else { return }
        winner = member
        self.cost = cost
        self.weight = hundredths
    }

    /// The bits behind the point of a logarithm. It is cut there, for every weight alike.
    private static let fractionBits = 40

    /// -log2(drawn / 2^64), in units of 2^-40; at least 1. A bit of it is found by squaring.
    static func cost(_ drawn: UInt64) -> UInt64 {
        let drawn = max(drawn, 1)
        let zeros = UInt64(drawn.leadingZeroBitCount)
        // 1 to 2, with the point behind the highest bit.
        var mantissa = drawn &<< zeros
        var log = 63 &- zeros
        for _ in 0..<fractionBits {
            let square = mantissa.multipliedFullWidth(by: mantissa)
            let isTwo = square.high &>> 63
            mantissa = isTwo == 1 ? square.high : square.high &<< 1 | square.low &>> 63
            log = log &<< 1 | isTwo
        }
        return (64 &<< UInt64(fractionBits)) &- log
    }
}
