/// Errors of one class that were routed at one share.
package struct Evidence: Sendable, Equatable {
    /// What the errors were, and the slot of the path's prefix; nil where it has none.
    package let kind: JudgedClass
    package let prefix: Int?
    /// The candidate's share when they were routed, and how many fell on each side.
    package let share: Double
    package let candidate: Int
    package let stable: Int

    package init(
        _ kind: JudgedClass, prefix: Int? = nil, share: Double, candidate: Int, stable: Int
    ) {
        self.kind = kind
        self.prefix = prefix
        self.share = share
        self.candidate = candidate
        self.stable = stable
    }
}

/// One error of a client that is kept at its side.
package struct StickyError: Sendable, Equatable {
    /// The hash of the client's key, what the error was, and the slot of the path's prefix.
    package let key: UInt64
    package let kind: JudgedClass
    package let prefix: Int?
    /// The candidate's share when it was routed, and on which side it fell.
    package let share: Double
    package let isOnCandidate: Bool

    package init(
        key: UInt64, _ kind: JudgedClass, prefix: Int? = nil, share: Double, isOnCandidate: Bool
    ) {
        self.key = key
        self.kind = kind
        self.prefix = prefix
        self.share = share
        self.isOnCandidate = isOnCandidate
    }
}
