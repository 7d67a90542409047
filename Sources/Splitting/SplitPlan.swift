/// The split as a pure function of (seed, shares, sequence number): no state, no history.
///
/// In every window of N consecutive numbers each of n members is chosen N × share times, less
/// than 2 × (n − 1) off. The members are divided off one at a time, the heaviest first: a step
/// sends a number to its member or on to the rest, which sees its own numbers 0, 1, 2…, so the
/// same rule holds again. A member of weight 0 has no step at all.
package struct SplitPlan: Sendable {
    /// The most members a split can have.
    package static let maximumMembers = 64

    /// The first step stands inline, so that two members cost no array access.
    private let first: MemberStep
    private let further: [MemberStep]

    /// Plans the split; expects 1 to 64 weights whose sum is above 0.
    ///
    /// Different seeds give independent positions: splits that share a client need not agree.
    package init(weights: [Weight], seed: UInt64) {
        precondition((1...Self.maximumMembers).contains(weights.count), "1 to 64 members")
        let members = weights.indices
            .filter { weights[$0] > .zero }
            .sorted { (weights[$0].hundredths, $1) > (weights[$1].hundredths, $0) }
        precondition(!members.isEmpty, "a split routes to at least one member")
        var steps = Self.steps(members: members, weights: weights, seed: seed)
        first = steps.removeFirst()
        further = steps
    }

    /// The index of the member, among the weights given, that serves this sequence number.
    package func member(at number: UInt64) -> Int {
        switch first.choice(at: number) {
        case .member(let member): return member
        case .rest(let rank): return furtherMember(at: rank)
        }
    }

    private func furtherMember(at rank: UInt64) -> Int {
        var rank = rank
        for index in further.indices {
            switch further[index].choice(at: rank) {
            case .member(let member): return member
            case .rest(let next): rank = next
            }
        }
        preconditionFailure("the last step names two members")
    }

    private static func steps(members: [Int], weights: [Weight], seed: UInt64) -> [MemberStep] {
        // A sole member is divided from itself, which spares every choice a test.
        let members = members.count == 1 ? [members[0], members[0]] : members
        var restWeight = members.reduce(0) { $0 + UInt64(weights[$1].hundredths) }
        return (0..<members.count - 1).map { level in
            let weight = UInt64(weights[members[level]].hundredths)
            restWeight -= weight
            return MemberStep(
                member: members[level], weight: weight, restWeight: restWeight,
                lastMember: level == members.count - 2 ? members[level + 1] : nil,
                seed: mixed(seed &+ goldenStride &* UInt64(level + 1)))
        }
    }
}

/// One step of the plan: a member to one side, the rest of the members to the other.
private struct MemberStep: Sendable {
    enum Choice {
        case member(Int)
        /// The number goes on to the rest, as the rest's own number `rank`.
        case rest(rank: UInt64)
    }

    private let step: TwoWayStep
    private let isMemberMinor: Bool
    private let member: Int
    /// The rest when it is one member, which ends the chain; else `goesOn`.
    private let lastMember: Int
    private static let goesOn = -1

    init(member: Int, weight: UInt64, restWeight: UInt64, lastMember: Int?, seed: UInt64) {
        step = TwoWayStep(
            minor: min(weight, restWeight), major: max(weight, restWeight), seed: seed)
        isMemberMinor = weight < restWeight
        self.member = member
        self.lastMember = lastMember ?? Self.goesOn
    }

    func choice(at number: UInt64) -> Choice {
        let place = step.place(of: number)
        if place.isMinor == isMemberMinor { return .member(member) }
        return lastMember == Self.goesOn ? .rest(rank: place.rank) : .member(lastMember)
    }
}
