package import Splitting

/// What can be wrong with new weights for a split, wherever they come from.
package enum WeightFault: Error, Sendable, Hashable {
    /// A name that is no member.
    case unknownMember(String)
    /// A member without a weight.
    case missingMember(String)
    /// A text that is no weight.
    case invalidWeight(member: String, WeightError)
    /// Every weight is 0.
    case zeroSum

    /// What is wrong and what was expected, for a split of that name and members.
    package func message(split: String, members: [String]) -> String {
        switch self {
        case .unknownMember(let name):
            "the split \(quoted(split)) has no member \(quoted(name)); "
                + "expected \(listed(members))"
        case .missingMember(let name):
            "the split \(quoted(split)) misses its member \(quoted(name)); "
                + "expected every member, 0 is allowed"
        case .invalidWeight(let member, let error):
            "\(quoted(member)): \(error)"
        case .zeroSum:
            "the weights of the split \(quoted(split)) add up to 0; expected one above 0"
        }
    }
}
