package import Settings
package import Splitting

/// Which changes of weights are on the safe side.
package enum ShareOrder {
    /// Whether the share of no member but the stable one grows. Weights of other members, which a
    /// reload has left behind, compare to nothing.
    package static func raisesOnlyStable(
        _ split: SplitSettings, from old: [Weight], to new: [Weight]
    ) -> Bool {
        guard old.count == split.members.count, new.count == old.count else { return false }
        let oldSum = sum(old)
        let newSum = sum(new)
        return split.members.indices.allSatisfy { index in
            split.members[index] == split.stable
                // The shares, both multiplied by both sums.
                || UInt64(new[index].hundredths) * oldSum <= UInt64(old[index].hundredths) * newSum
        }
    }

    /// Whether a change does nothing but take share from members for the stable one.
    package static func isRetreat(
        _ split: SplitSettings, from old: [Weight], to new: [Weight]
    ) -> Bool {
        raisesOnlyStable(split, from: old, to: new)
            && !raisesOnlyStable(split, from: new, to: old)
    }

    /// Everything to the stable member, on the scale of the weights that are set.
    package static func rollback(_ split: SplitSettings, from old: [Weight]) -> [Weight] {
        let hundredths = UInt32(min(sum(old), UInt64(Weight.maximumHundredths)))
        let all = Weight(hundredths: hundredths) ?? .one
        return split.members.map { $0 == split.stable ? all : .zero }
    }

    private static func sum(_ weights: [Weight]) -> UInt64 {
        weights.reduce(0) { $0 + UInt64($1.hundredths) }
    }
}
