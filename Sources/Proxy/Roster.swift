internal import Kernel

/// The connections of one split that live long, through tcp listeners and as tunnels, at one
/// moment.
package struct Roster: Sendable {
    /// One of them.
    package struct Entry: Sendable, Equatable {
        /// Whether its client may be moved: by the weights like any other, or by what it asks for.
        package enum Bond: Sendable, Equatable {
            /// It would be chosen anew by the sequence.
            case free
            /// Its key or pin chooses the upstream that it is at, or may do so.
            case home
            /// Its key chooses another upstream by now.
            case away
        }

        /// The upstream that it is at.
        package let upstream: String
        package let bond: Bond
        /// How old it is in nanoseconds.
        package let ageNanoseconds: UInt64
        /// Where it is: its worker, and its name there.
        let worker: Int
        let token: UInt64

        package init(
            upstream: String, bond: Bond, ageNanoseconds: UInt64, worker: Int = 0,
            token: UInt64 = 0
        ) {
            self.upstream = upstream
            self.bond = bond
            self.ageNanoseconds = ageNanoseconds
            self.worker = worker
            self.token = token
        }
    }

    /// In no order.
    package let entries: [Entry]
    /// The workers that did not say within a second what they have: it is missing here.
    package let pendingWorkers: [Int]

    package init(entries: [Entry], pendingWorkers: [Int] = []) {
        self.entries = entries
        self.pendingWorkers = pendingWorkers
    }
}

/// The same as a worker tells it, with the upstream's id.
struct RosterLine: Sendable {
    let upstream: Int
    let bond: Roster.Entry.Bond
    let began: Instant
    let token: UInt64
}
