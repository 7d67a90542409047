/// What an operator wants to get nothing new: an upstream, or one target of it.
package struct DrainScope: Sendable, Hashable {
    /// The upstream's name.
    package let upstream: String
    /// The target's address, as the settings write it or as it is resolved; nil: all targets.
    package let target: String?

    /// A whole upstream, or one target of it.
    package init(upstream: String, target: String? = nil) {
        self.upstream = upstream
        self.target = target
    }
}

/// A drain that is in force: what it is of, since when, and why.
package struct Drain: Sendable, Equatable {
    /// What gets nothing new.
    package let scope: DrainScope
    /// When it was asked for, in milliseconds since 1970.
    package let sinceMilliseconds: Int64
    /// Why, as the one who asked for it said; empty when nothing was said.
    package let reason: String

    /// A drain since a moment.
    package init(_ scope: DrainScope, sinceMilliseconds: Int64, reason: String = "") {
        self.scope = scope
        self.sinceMilliseconds = sinceMilliseconds
        self.reason = reason
    }
}
