/// A guard before an Admin API: while its split is frozen, what writes is refused there.
package struct GuardSettings: Sendable, Equatable {
    /// Whose Admin API it is, and so what counts as writing.
    package let kind: GuardKind
    /// The split whose freeze it obeys, and the member whose Admin API it stands before.
    package let split: String
    package let upstream: String
    /// Whether that member is the split's stable one, which a freeze of the candidate leaves open.
    package let isStable: Bool
    /// What passes besides: `METHOD /exact/path`, none twice.
    package let allow: [String]

    /// A guard; it lets nothing pass besides, unless said.
    package init(
        kind: GuardKind = .kongAdmin, split: String, upstream: String, isStable: Bool,
        allow: [String] = []
    ) {
        self.kind = kind
        self.split = split
        self.upstream = upstream
        self.isStable = isStable
        self.allow = allow
    }
}

/// What a guard stands before.
package enum GuardKind: String, Sendable, Equatable, CaseIterable {
    case kongAdmin = "kong_admin"
}

/// How a split's Admin APIs are frozen.
package enum FreezeMode: String, Sendable, Equatable, CaseIterable {
    /// Nobody writes anywhere.
    case both
    /// Writes go to the stable upstream alone.
    case candidate

    /// Whether a guard lets no write through.
    package func shuts(_ guarding: GuardSettings) -> Bool {
        self == .both || !guarding.isStable
    }
}

/// A freeze that is in force.
package struct Freeze: Sendable, Equatable {
    /// The name of the split, and what is frozen of it.
    package let split: String
    package let mode: FreezeMode
    /// When it was asked for, in milliseconds since 1970.
    package let sinceMilliseconds: Int64
    /// Why, as the one who asked for it said; empty when nothing was said.
    package let reason: String

    /// A freeze since a moment.
    package init(split: String, mode: FreezeMode, sinceMilliseconds: Int64, reason: String) {
        self.split = split
        self.mode = mode
        self.sinceMilliseconds = sinceMilliseconds
        self.reason = reason
    }
}
