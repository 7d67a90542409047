internal import Settings

/// Whether writes to a split's Admin APIs are frozen: what the tripwire has to know of it.
package struct FreezeFacts: Sendable, Equatable {
    /// What is frozen.
    package enum Mode: String, Sendable, Equatable, CaseIterable {
        /// Nothing.
        case off
        /// Both Admin APIs.
        case both
        /// The candidate's only: urgent writes may go to the stable side.
        case candidate
    }

    /// The split's name.
    package let split: String
    package let mode: Mode
    /// Since when this mode is in force, in milliseconds since 1970.
    package let sinceMilliseconds: Int64

    /// A split's freeze; another moment is another freeze.
    package init(split: String, mode: Mode, sinceMilliseconds: Int64) {
        self.split = split
        self.mode = mode
        self.sinceMilliseconds = sinceMilliseconds
    }
}

extension FreezeFacts {
    /// What is in force.
    init(_ freeze: Freeze) {
        let mode: Mode =
            switch freeze.mode {
            case .both: .both
            case .candidate: .candidate
            }
        self.init(split: freeze.split, mode: mode, sinceMilliseconds: freeze.sinceMilliseconds)
    }
}
