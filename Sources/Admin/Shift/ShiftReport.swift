/// One shift of one split: what it found, what it did, and whether it goes on.
package struct ShiftReport: Sendable, Equatable {
    /// What a member of the split has.
    package struct Member: Sendable, Equatable {
        /// Its name.
        package let upstream: String
        /// Long-lived connections there, those older than the age that was asked for, and those
        /// that were to be closed when the shift began.
        package var live = 0
        package var old = 0
        package var planned = 0
        /// Those that the shift has closed.
        package var closed = 0
    }

    /// Of which split, and what was asked for.
    package let split: String
    package let maxAgeMilliseconds: Int
    package let overMilliseconds: Int
    /// By the wall clock, since 1970.
    package let beganMilliseconds: Int64
    package let reason: String
    /// In the order of the split's members.
    package var members: [Member]
    /// Whether it goes on closing, or why it ended before its time was over; nil: it did not.
    package var isRunning = true
    package var end: String?

    /// Over all members.
    package var closedCount: Int { members.reduce(0) { $0 + $1.closed } }
    package var plannedCount: Int { members.reduce(0) { $0 + $1.planned } }

    /// As the control API tells it.
    package var json: JSONValue {
        let object = { (value: (Member) -> Int) in
            JSONValue.object(
                members.map { .init(name: $0.upstream, value: .number(value($0))) })
        }
        return .object([
            "split": .string(split),
            "since": .string(Timestamp.text(milliseconds: beganMilliseconds)),
            "reason": .string(reason),
            "max_age_seconds": .number(Double(maxAgeMilliseconds) / 1_000),
            "over_seconds": .number(Double(overMilliseconds) / 1_000),
            "live": object(\.live),
            "older": object(\.old),
            "to_close": object(\.planned),
            "closed": object(\.closed),
            "running": .bool(isRunning),
            "ended_by": end.map { .string($0) } ?? .null,
        ])
    }
}
