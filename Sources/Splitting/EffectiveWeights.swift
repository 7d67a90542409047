/// What the set weights become after health: a number beside them, never in their place.
package enum EffectiveWeights {
    /// The weights to split by, given which members have a usable target.
    ///
    /// The share of an unusable member moves to the usable ones in proportion to their weights.
    /// It never moves to a member set to 0; when no member with a weight is usable, health is
    /// ignored and the set weights stand.
    package static func of(set: [Weight], usable: [Bool]) -> [Weight] {
        precondition(set.count == usable.count, "one health verdict for each member")
        let effective = zip(set, usable).map { weight, isUsable in isUsable ? weight : .zero }
        return effective.allSatisfy { $0 == .zero } ? set : effective
    }
}
