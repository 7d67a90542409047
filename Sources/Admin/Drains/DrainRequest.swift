package import Settings

/// A change of what is drained that somebody asks for.
package struct DrainRequest: Sendable, Equatable {
    /// Whether it is to be drained or to get requests again.
    package enum Wish: Sendable, Equatable {
        case drain
        case undrain
    }

    /// What is wanted, of which upstream or of which of its targets, and why.
    package let wish: Wish
    package let upstream: String
    package let target: String?
    package let reason: String

    package init(_ wish: Wish, upstream: String, target: String? = nil, reason: String = "") {
        self.wish = wish
        self.upstream = upstream
        self.target = target
        self.reason = reason
    }
}

/// What such a change came to.
package struct DrainOutcome: Sendable, Equatable {
    /// What the request means, with the target as it is shown.
    package let scope: DrainScope
    /// Whether anything is other than before.
    package let isChange: Bool
    /// The workers that did not acknowledge in time.
    package let pendingWorkers: [Int]
    /// Whether a restart finds it so.
    package let isDurable: Bool
}
