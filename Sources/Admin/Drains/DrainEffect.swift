package import Splitting

/// Whether drains do what they are asked for. A share moves to members with a weight above 0 and a
/// usable target; where none is left, the split is kept and drained targets are chosen.
package enum DrainEffect {
    /// A split as it is set.
    package struct Member: Sendable {
        /// The upstream's name and its set weight.
        package let upstream: String
        package let weight: Weight

        package init(upstream: String, weight: Weight) {
            self.upstream = upstream
            self.weight = weight
        }
    }

    /// What an operator has to know of the drains of an upstream, one line for each split; nothing
    /// when they do what was asked. `standings` are the upstreams' by their names.
    package static func warnings(
        of upstream: String, splits: [(name: String, members: [Member])],
        standings: [String: UpstreamStanding]
    ) -> [String] {
        splits.compactMap { split in
            let members = split.members.filter { $0.weight > .zero }
            guard members.contains(where: { $0.upstream == upstream }),
                !members.contains(where: { standings[$0.upstream]?.isUsable ?? false })
            else { return nil }
            if standings[upstream]?.best == .drained {
                return "the drain of \(upstream) has no effect in split \(split.name): nothing "
                    + "else there is usable, so the split is kept"
            }
            return "the drain of \(upstream) has little effect in split \(split.name): nothing "
                + "else there is usable, so what other targets of \(upstream) refuse comes here"
        }
    }
}
