package import Kernel
package import Settings
package import Splitting

/// A change of set weights that somebody asks for.
package struct WeightRequest: Sendable {
    /// What is wanted.
    package enum Wish: Sendable {
        /// The texts of the numbers, by split and member.
        case weights([String: [String: String]])
        /// Everything to the stable upstream of one split, or of every split.
        case rollback(split: String?)
        /// What the weight file says.
        case written(WeightsDocument)
    }

    /// What is wanted, who wants it, and why.
    package let wish: Wish
    package let source: WeightSource
    package let reason: String
    /// The generation that the change was made for; nil when any will do.
    package let expectedGeneration: UInt64?
    /// Whether a latched member is raised, or a rollout's split changed, all the same.
    package let isForced: Bool

    package init(
        _ wish: Wish, source: WeightSource, reason: String = "",
        expectedGeneration: UInt64? = nil, isForced: Bool = false
    ) {
        self.isForced = isForced
        self.wish = wish
        self.source = source
        self.reason = reason
        self.expectedGeneration = expectedGeneration
    }
}

/// Why a change was refused; nothing has changed.
package enum WeightRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownSplit(String, known: [String])
    case invalid(WeightChangeError)
    /// The weights have changed since the generation that the request names.
    case outdated(expected: UInt64, current: UInt64)
    /// A change towards the stable upstream came in while this one waited.
    case overtaken(by: UInt64)
    /// A member that is kept at 0 would get weight.
    case latched(Latch)
    /// A rollout moves the split, and this would raise its candidate.
    case rollout(String, split: String)

    /// What is wrong and what was expected, in one line.
    package var description: String {
        switch self {
        case .unknownSplit(let name, let known):
            "there is no split \(name.debugDescription); expected \(known.joined(separator: ", "))"
        case .invalid(let error):
            error.description
        case .outdated(let expected, let current):
            "generation \(expected) is outdated; expected \(current)"
        case .overtaken(let generation):
            "overtaken by generation \(generation), which goes back to the stable upstream"
        case .latched(let latch):
            latch.text
        case .rollout(let name, let split):
            "the rollout \(name) moves the split \(split) and may only be gone below; "
                + "--force, or \"force\": true, changes it all the same and pauses the rollout"
        }
    }
}

/// What a change came to.
package struct WeightOutcome: Sendable, Equatable {
    /// The number of the change, or of the last one when nothing had to be changed.
    package let generation: UInt64
    /// The splits that the change names, with the weights they had before.
    package let before: [String: [Weight]]
    /// Whether the weights are other ones than before.
    package let isChange: Bool
    /// The workers that did not acknowledge in time.
    package let pendingWorkers: [Int]
    /// Whether the change survives a restart.
    package let isDurable: Bool
    /// Splits that were left as they are, and why.
    package var skipped: [String] = []
    /// Why the weight file does not say it; nil where it does, or where there is none.
    package var fileFault: String?
    /// When the workers had it; nil where that is not looked at.
    package var inForceAt: Instant?
}
