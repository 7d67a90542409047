package import Splitting

/// Checks new weights that come from outside the files: from the control API or a command.
package enum WeightChange {
    /// The weights in the order of the split's members.
    ///
    /// Every member must be named; the weights are the texts of the numbers as they were sent,
    /// so that `33.333` is refused and not rounded.
    package static func validate(
        _ weights: [String: String],
        for split: SplitSettings
    ) throws(WeightChangeError) -> [Weight] {
        var faults = weights.keys.sorted()
            .filter { !split.members.contains($0) }
            .map { WeightFault.unknownMember($0) }
        var inOrder: [Weight] = []
        for member in split.members {
            do throws(WeightFault) {
                inOrder.append(try weight(of: member, in: weights))
            } catch {
                faults.append(error)
            }
        }
        if faults.isEmpty, inOrder.allSatisfy({ $0 == .zero }) { faults.append(.zeroSum) }
        guard faults.isEmpty else {
            throw WeightChangeError(split: split.name, members: split.members, faults: faults)
        }
        return inOrder
    }

    private static func weight(
        of member: String,
        in weights: [String: String]
    ) throws(WeightFault) -> Weight {
        guard let text = weights[member] else { throw .missingMember(member) }
        do throws(WeightError) {
            return try Weight.parse(text)
        } catch {
            throw .invalidWeight(member: member, error)
        }
    }
}

/// New weights that were refused; nothing changes.
package struct WeightChangeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name of the split.
    package let split: String
    /// The members it has.
    package let members: [String]
    /// At least one: unknown names first, then in the order of the members.
    package let faults: [WeightFault]

    /// Every fault, in one line.
    package var description: String {
        faults.map { $0.message(split: split, members: members) }.joined(separator: "; and ")
    }
}
