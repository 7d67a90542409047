package import Splitting

/// What `state_dir/weights.state` keeps: the last acknowledged weights and where they came from.
package struct WeightsState: Sendable, Equatable {
    /// The number of the last change; it never goes back and is never used again.
    package let generation: UInt64
    /// One for each split, in the order of sluice.yaml.
    package let splits: [SplitWeights]

    /// A state of parts.
    package init(generation: UInt64, splits: [SplitWeights]) {
        self.generation = generation
        self.splits = splits
    }

    /// What is set for the split of that name.
    package func split(named name: String) -> SplitWeights? {
        splits.first { $0.name == name }
    }

    /// The weights by split, in the order of the split's members.
    package var weights: [String: [Weight]] {
        Dictionary(splits.map { ($0.name, $0.weights) }) { first, _ in first }
    }
}

/// The set weights of one split, and the change that set them.
package struct SplitWeights: Sendable, Equatable {
    /// The name of the split.
    package let name: String
    /// The members, in the order of sluice.yaml when they were set.
    package let members: [String]
    /// One for each member, in the same order.
    package let weights: [Weight]
    /// The number of the change that set them.
    package let generation: UInt64
    /// Who set them.
    package let source: WeightSource
    /// When they were set, in milliseconds since 1970.
    package let changedAtMilliseconds: Int64
    /// Why, as the one who set them said; empty when nothing was said.
    package let reason: String
    /// The fingerprint of the text that was in force when they were set, after it was patched.
    /// As long as the text stays this one, these weights stand.
    package let followed: TextHash

    /// Weights of a split, one for each member.
    package init(
        name: String,
        members: [String],
        weights: [Weight],
        generation: UInt64,
        source: WeightSource,
        changedAtMilliseconds: Int64,
        reason: String = "",
        followed: TextHash
    ) {
        self.name = name
        self.members = members
        self.weights = weights
        self.generation = generation
        self.source = source
        self.changedAtMilliseconds = changedAtMilliseconds
        self.reason = reason
        self.followed = followed
    }

    /// The same weights, following another text.
    package func following(_ hash: TextHash) -> SplitWeights {
        SplitWeights(
            name: name, members: members, weights: weights, generation: generation,
            source: source, changedAtMilliseconds: changedAtMilliseconds, reason: reason,
            followed: hash)
    }

    /// The weights by member.
    package var weightsByMember: [String: Weight] {
        Dictionary(zip(members, weights)) { first, _ in first }
    }

    /// The same weights for the members that a split has now; one that is new gets 0. nil when
    /// nothing would be left for anybody.
    package func moved(to members: [String]) -> SplitWeights? {
        let byMember = weightsByMember
        let moved = members.map { byMember[$0] ?? .zero }
        guard moved.contains(where: { $0 > .zero }) else { return nil }
        return SplitWeights(
            name: name, members: members, weights: moved, generation: generation,
            source: source, changedAtMilliseconds: changedAtMilliseconds, reason: reason,
            followed: followed)
    }

    /// The weights in the order of a split; nil when its members are others.
    func weights(inOrderOf split: SplitSettings) -> [Weight]? {
        guard members.count == split.members.count else { return nil }
        let byMember = weightsByMember
        let inOrder = split.members.compactMap { byMember[$0] }
        return inOrder.count == members.count ? inOrder : nil
    }
}

/// Who set weights.
package enum WeightSource: String, Sendable, Equatable, CaseIterable {
    /// The weight file, or sluice.yaml when there is none.
    case file
    /// The control socket.
    case socket
    /// The API on the admin address.
    case api
    /// A rollout step.
    case rollout
}
