internal import Kernel

/// One line of a rollout's journal: what happened, when, and what belongs to it.
package struct RolloutEntry: Sendable, Equatable {
    /// What happened.
    package enum Kind: String, Sendable, CaseIterable {
        /// It began, with its plan.
        case start
        /// A step's share may be in force from here on: on the disk before the weight rises.
        case step
        /// What was seen and for how long the share was in effect, since the entry before.
        case evidence
        /// All that came before, summed up: how it stands.
        case sum
        /// The judge or a guard has found something, and what follows from it.
        case breach
        case pause, resume, approve
        /// All goes back to the stable side; `back` says that this is in force.
        case rollback, abort, back
        /// The last step is over.
        case complete
    }

    /// What, when in milliseconds since 1970, and what belongs to it.
    package let kind: Kind
    package let atMilliseconds: Int64
    package let members: [JSONValue.Member]

    package init(
        _ kind: Kind, _ members: [JSONValue.Member] = [],
        atMilliseconds: Int64 = WallClock.nanoseconds() / 1_000_000
    ) {
        self.kind = kind
        self.atMilliseconds = atMilliseconds
        self.members = members
    }

    /// The value of a name; nil when it is not there.
    package subscript(name: String) -> JSONValue? {
        members.first { $0.name == name }?.value
    }

    /// As it stands in the journal, without a line end.
    package var json: JSONValue {
        .object(
            [
                .init(name: "entry", value: .string(kind.rawValue)),
                .init(name: "at", value: .number(atMilliseconds)),
            ] + members)
    }

    /// An entry as it was written; nil for anything else.
    package init?(_ json: JSONValue) {
        guard let kind = json["entry"]?.text.flatMap(Kind.init), let at = json["at"]?.int else {
            return nil
        }
        self.kind = kind
        atMilliseconds = Int64(at)
        members = (json.members ?? []).filter { !["entry", "at"].contains($0.name) }
    }
}
