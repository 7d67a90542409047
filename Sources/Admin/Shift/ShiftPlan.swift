/// How many long-lived connections have to be made anew so that those which live follow the
/// weights.
///
/// Who is closed comes back by the weights. So what is closed comes back in their proportion, and
/// the whole is in proportion exactly if what is kept is: the plan keeps as many as it can.
package enum ShiftPlan {
    /// What a split has at one upstream.
    package struct Member: Sendable, Equatable {
        /// Its weight now, in any unit.
        package let weight: Int
        /// The connections there, and those of them that are old enough to be closed.
        package let live: Int
        package let old: Int

        package init(weight: Int, live: Int, old: Int) {
            self.weight = weight
            self.live = live
            self.old = old
        }
    }

    /// How many are to be closed at each member.
    ///
    /// With K connections kept, a member keeps K × its share. K is the most that no member falls
    /// short of; what it has above that is closed, as far as it is old enough. A member at 0 keeps
    /// nothing. If each has its share already, to less than one connection, nothing is closed.
    package static func closings(_ members: [Member]) -> [Int] {
        let sum = members.reduce(0) { $0 + $1.weight }
        guard sum > 0 else { return members.map { _ in 0 } }
        let live = members.reduce(0) { $0 + $1.live }
        let isInProportion = members.allSatisfy { member in
            abs(member.live * sum - live * member.weight) < sum
        }
        if isInProportion { return members.map { $0.weight == 0 ? $0.old : 0 } }
        // K = min(live × sum / weight), as a fraction: `scarce` has the least for its weight.
        let weighted = members.filter { $0.weight > 0 }
        guard
            let scarce = weighted.min(by: { $0.live * $1.weight < $1.live * $0.weight })
        else { return members.map { _ in 0 } }
        return members.map { member in
            // live of the scarce × weight / weight of the scarce, rounded up.
            let kept = (scarce.live * member.weight + scarce.weight - 1) / scarce.weight
            return min(member.old, max(0, member.live - kept))
        }
    }
}
