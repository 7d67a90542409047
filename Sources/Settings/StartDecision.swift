/// Which weights are in force at start and after SIGHUP: those of the state or those of the text.
///
/// For each split: the text that the state followed is still there, the state's weights stand;
/// another text, the text wins; a faulty text, the state runs. A faulty text without a state is
/// refused.
package struct StartDecision: Sendable, Equatable {
    /// What is in force; to be written down when it is not what was there.
    package let state: WeightsState
    /// Whether the weight file has no fault (or there is none).
    package let isTextValid: Bool
    /// The splits whose set weights are not those of the text, in the order of sluice.yaml.
    package let driftedSplits: [String]

    /// Decides for the splits of sluice.yaml. The errors are those of the weight file.
    package static func decide(
        splits: [SplitSettings],
        state: WeightsState?,
        text: WeightsText,
        nowMilliseconds: Int64
    ) throws(SettingsErrors) -> StartDecision {
        let known = state?.splits ?? []
        let isKnown = splits.contains { split in
            known.contains { $0.name == split.name && $0.weights(inOrderOf: split) != nil }
        }
        if case .faultyFile(let errors, _) = text, !isKnown { throw errors }

        var decided: [SplitWeights] = []
        let next = (state?.generation ?? 0) + 1
        for split in splits {
            let kept = known.first { $0.name == split.name }
            let change = SplitWeights(
                name: split.name, members: split.members,
                weights: text.weights(of: split) ?? split.weights, generation: next,
                source: .file, changedAtMilliseconds: nowMilliseconds,
                followed: text.hash(of: split) ?? .nothing)
            decided.append(choose(kept, change, for: split, text: text))
        }
        let isChanged = decided.contains { $0.generation == next }
        return StartDecision(
            state: WeightsState(
                generation: isChanged ? next : next - 1, splits: decided),
            isTextValid: text.errors.isEmpty,
            driftedSplits: drifted(splits, decided, text))
    }

    /// The kept weights, in the order of the split, or those that are written.
    private static func choose(
        _ kept: SplitWeights?,
        _ written: SplitWeights,
        for split: SplitSettings,
        text: WeightsText
    ) -> SplitWeights {
        guard let kept, let weights = kept.weights(inOrderOf: split) else { return written }
        let stands = kept.followed == text.hash(of: split) || text.weights(of: split) == nil
        guard stands || weights == written.weights else { return written }
        return SplitWeights(
            name: kept.name, members: split.members, weights: weights,
            generation: kept.generation, source: kept.source,
            changedAtMilliseconds: kept.changedAtMilliseconds, reason: kept.reason,
            followed: stands ? kept.followed : written.followed)
    }

    private static func drifted(
        _ splits: [SplitSettings],
        _ decided: [SplitWeights],
        _ text: WeightsText
    ) -> [String] {
        zip(splits, decided)
            .filter { split, set in text.weights(of: split).map { $0 != set.weights } ?? false }
            .map(\.0.name)
    }
}
