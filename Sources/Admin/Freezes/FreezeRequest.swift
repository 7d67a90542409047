package import Proxy
package import Settings

/// A change of what is frozen that somebody asks for.
package struct FreezeRequest: Sendable, Equatable {
    /// The split; how it is to be frozen, nil: not at all; and why.
    package let split: String
    package let mode: FreezeMode?
    package let reason: String

    package init(split: String, mode: FreezeMode?, reason: String = "") {
        self.split = split
        self.mode = mode
        self.reason = reason
    }
}

/// What such a change came to.
package struct FreezeOutcome: Sendable, Equatable {
    /// Whether anything is other than before, and whether a restart finds it so.
    package let isChange: Bool
    package let isDurable: Bool
    /// What was on its way when every worker obeyed, and the workers that did not in time.
    package let census: GuardCensus
}

/// Why nothing can be frozen by what a request names.
package enum FreezeFault: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownSplit(String, known: [String])

    /// What is wrong and what was expected, in one line.
    package var description: String {
        switch self {
        case .unknownSplit(let name, let known):
            "there is no split \(name.debugDescription); expected \(known.joined(separator: ", "))"
        }
    }
}
