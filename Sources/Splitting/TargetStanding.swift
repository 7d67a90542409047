/// How a target stands with those who choose: what its health is and whether it is drained, two
/// facts that do not know of each other, and how much of its weight it has.
package struct TargetStanding: Sendable, Hashable {
    /// What checks and traffic say of a target.
    package enum Health: UInt8, Sendable, CaseIterable {
        /// Nothing speaks against it. So stands a target of which nothing is known yet.
        case sound
        /// It answers, but not as it should: it is passed over for a sound one of its upstream.
        case degraded
        /// Its traffic failed too often: it is passed over for a while.
        case ejected
        /// Its checks fail.
        case down
    }

    /// What is known of its health; the judge of health alone changes it.
    package var health = Health.sound
    /// Whether an operator wants it to get nothing new; health does not change that.
    package var isDrained = false
    /// So much of its weight it has, 1...100: less than all while it starts slowly.
    package var weightPercent: UInt32 = 100

    /// A sound target with all its weight.
    package init(health: Health = .sound, isDrained: Bool = false, weightPercent: UInt32 = 100) {
        precondition((1...100).contains(weightPercent), "a target has some of its weight")
        self.health = health
        self.isDrained = isDrained
        self.weightPercent = weightPercent
    }

    /// In whose turn the target is chosen.
    package var rank: TargetRank {
        if isDrained { return .drained }
        switch health {
        case .sound: return .sound
        case .degraded: return .degraded
        case .ejected, .down: return .unusable
        }
    }

    /// Whether nothing at all is to be minded when the target is chosen.
    package var isPlain: Bool { rank == .sound && weightPercent == 100 }
}

/// The turns in which an upstream's targets are chosen: the lowest that has any is the one.
package enum TargetRank: UInt8, Sendable, CaseIterable, Comparable {
    case sound
    /// Chosen when no sound one is left; what is degraded moves no share to another upstream.
    case degraded
    /// Ejected or down: chosen only where health is ignored.
    case unusable
    /// Chosen last of all, where health is ignored and nothing else is there.
    case drained

    /// Whether a target of this rank may be chosen while any is usable.
    package var isUsable: Bool { self <= .degraded }

    /// Without the witness that a derived comparison goes through.
    @inline(__always)
    package static func == (left: TargetRank, right: TargetRank) -> Bool {
        left.rawValue == right.rawValue
    }

    /// Orders ranks by their turn.
    @inline(__always)
    package static func < (left: TargetRank, right: TargetRank) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What an upstream's targets amount to together.
package struct UpstreamStanding: Sendable, Equatable {
    /// Whether all are sound and have all their weight: then nobody needs to look closer.
    package private(set) var isPlain = true
    /// The best rank that any of them has; that of an upstream without targets is `drained`.
    package private(set) var best = TargetRank.drained

    /// An upstream without targets.
    package init() {}

    /// Takes in one target more.
    package mutating func add(_ target: TargetStanding) {
        isPlain = isPlain && target.isPlain
        best = min(best, target.rank)
    }

    /// Whether any target may be chosen without ignoring health.
    package var isUsable: Bool { best.isUsable }
}
