/// What is known of a target's health, in one word.
package enum HealthState: String, Sendable, CaseIterable {
    /// It is checked, and no check has ended yet. It is chosen like a sound one: else the first
    /// second after a start or a reload would move shares that nothing speaks against.
    case unknown
    case sound
    case degraded
    case ejected
    case down

    /// What those who choose a target are told.
    package var health: TargetStanding.Health {
        switch self {
        case .unknown, .sound: .sound
        case .degraded: .degraded
        case .ejected: .ejected
        case .down: .down
        }
    }

    /// Whether the target may be chosen without ignoring health.
    package var isUsable: Bool { TargetStanding(health: health).rank.isUsable }
}

/// What one check of a target came to.
package enum CheckVerdict: Sendable, Equatable {
    /// The target answered as it should.
    case sound
    /// It answered, so it is not down, but something that it needs is missing; in words.
    case degraded(String)
    /// It did not answer, or not as it should; in words.
    case failed(String)

    /// What is wrong; nil when nothing is.
    package var reason: String? {
        switch self {
        case .sound: nil
        case .degraded(let reason), .failed(let reason): reason
        }
    }
}

/// A target's state has become another.
package struct HealthChange: Sendable, Equatable {
    /// Which target, by the address it was given by.
    package let target: String
    /// The state before and now, and why.
    package let from: HealthState
    package let to: HealthState
    package let reason: String

    package init(target: String, from: HealthState, to: HealthState, reason: String) {
        self.target = target
        self.from = from
        self.to = to
        self.reason = reason
    }
}
