/// A member of a split that is kept at weight 0.
package struct Latch: Sendable, Equatable {
    /// The names of the split and of its member.
    package let split: String
    package let upstream: String
    /// When it was asked for, in milliseconds since 1970.
    package let sinceMilliseconds: Int64
    /// Why, as the one who asked for it said; empty when nothing was said.
    package let reason: String

    /// A latch since a moment.
    package init(split: String, upstream: String, sinceMilliseconds: Int64, reason: String) {
        self.split = split
        self.upstream = upstream
        self.sinceMilliseconds = sinceMilliseconds
        self.reason = reason
    }
}
