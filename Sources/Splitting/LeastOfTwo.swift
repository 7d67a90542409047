/// Chooses a target: of two drawn at random, the one with less in flight.
///
/// Two draws avoid the herd that follows when every worker runs to the one least loaded target.
package enum LeastOfTwo {
    /// The index of the chosen target out of `count` (at least 1) that count alike.
    ///
    /// `random` is 64 fresh random bits; `load` tells what a target has in flight.
    package static func pick(count: Int, random: UInt64, load: (Int) -> Int) -> Int {
        precondition(count > 0, "no target to choose from")
        let first = Int(scaled(random, below: UInt64(count)))
        guard count > 1 else { return first }
        let step = 1 + Int(scaled(mixed(random), below: UInt64(count - 1)))
        let second = (first + step) % count
        return load(second) < load(first) ? second : first
    }

    /// The index of the chosen target out of `count` (at least 1) with weights of their own.
    ///
    /// A target is drawn in proportion to its weight, and its load counts per unit of weight, so
    /// that idle targets share by weight. One with weight 0 is passed over; not all are.
    package static func pick(
        count: Int, random: UInt64, weight: (Int) -> UInt32, load: (Int) -> Int
    ) -> Int {
        precondition(count > 0, "no target to choose from")
        guard let first = draw(count: count, random: random, weight: weight) else {
            preconditionFailure("no target has a weight")
        }
        let second = draw(count: count, random: mixed(random)) { $0 == first ? 0 : weight($0) }
        guard let second else { return first }
        let firstLoad = load(first) * Int(weight(second))
        let secondLoad = load(second) * Int(weight(first))
        return secondLoad < firstLoad ? second : first
    }

    /// nil when no weight is above 0.
    private static func draw(count: Int, random: UInt64, weight: (Int) -> UInt32) -> Int? {
        var total: UInt64 = 0
        for index in 0..<count { total += UInt64(weight(index)) }
        if total == 0 { return nil }
        var ticket = scaled(random, below: total)
        for index in 0..<count - 1 {
            if ticket < UInt64(weight(index)) { return index }
            ticket -= UInt64(weight(index))
        }
        return count - 1
    }
}
