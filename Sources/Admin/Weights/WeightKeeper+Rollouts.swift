internal import Logging
internal import Settings
internal import Splitting

/// That a rollout moves some splits: what others may do there meanwhile.
package struct RolloutHold: Sendable, Equatable {
    /// Its name, and the most that the candidate of each split may have, in hundredths of 100.
    package let name: String
    package let ceilings: [String: UInt32]

    package init(name: String, ceilings: [String: UInt32]) {
        self.name = name
        self.ceilings = ceilings
    }
}

/// Others' changes while a rollout runs. What only lowers the candidate passes, and the rollout
/// finds it and pauses; anything else is refused unless it is forced.
extension WeightKeeper {
    /// A rollout moves these splits from now on; none does.
    package func hold(_ hold: RolloutHold?) {
        rolloutHold = hold
        if hold == nil { latchedFile = nil }
    }

    func checkRollout(
        _ request: WeightRequest, _ wanted: [String: [Weight]]
    ) throws(WeightRefusal) {
        guard let rolloutHold, request.source != .rollout, !request.isForced else { return }
        for split in splits where rolloutHold.ceilings[split.name] != nil {
            guard let new = wanted[split.name] else { continue }
            let old = weights(of: split)
            if new == old || ShareOrder.raisesOnlyStable(split, from: old, to: new) { continue }
            throw .rollout(rolloutHold.name, split: split.name)
        }
    }

    /// What start and SIGHUP decided, with no candidate above what its rollout allows: at a start
    /// the lowest share of journal, state and file.
    func obeyingRollout(
        _ decided: WeightsState, _ splits: [SplitSettings], before: WeightsState?,
        _ text: WeightsText
    ) -> WeightsState {
        guard let rolloutHold else { return decided }
        let isStart = set.isEmpty
        return WeightsState(
            generation: decided.generation,
            splits: decided.splits.map { now in
                guard let ceiling = rolloutHold.ceilings[now.name],
                    let split = splits.first(where: { $0.name == now.name })
                else { return now }
                var lowest = now.weights
                // Who has set what is in force in the end: its rollout must know that.
                var origin = (source: now.source, at: now.changedAtMilliseconds, reason: now.reason)
                let take = { (weights: [Weight], source: WeightSource, at: Int64, reason: String) in
                    let lower = Self.lower(split, lowest, weights)
                    guard lower != lowest else { return }
                    lowest = lower
                    origin = (source, at, reason)
                }
                if let kept = before?.split(named: now.name)?.moved(to: split.members) {
                    take(kept.weights, kept.source, kept.changedAtMilliseconds, kept.reason)
                }
                if isStart, case .file(let document) = text,
                    let written = document.weights[now.name]
                {
                    take(written, .file, now.changedAtMilliseconds, "")
                }
                if isStart {
                    let most = Self.weights(split, candidate: ceiling)
                    take(most, .rollout, now.changedAtMilliseconds, "the most that it allows")
                }
                guard lowest != now.weights else { return now }
                latchedFile = WeightRefusal.rollout(rolloutHold.name, split: now.name).description
                logger.warning("split \(now.name): \(latchedFile ?? "")")
                return SplitWeights(
                    name: now.name, members: now.members, weights: lowest,
                    generation: now.generation, source: origin.source,
                    changedAtMilliseconds: origin.at, reason: origin.reason,
                    followed: now.followed)
            })
    }

    private static func weights(_ split: SplitSettings, candidate: UInt32) -> [Weight] {
        let part = Weight(hundredths: min(candidate, 10_000)) ?? .zero
        let rest = Weight(hundredths: 10_000 - min(candidate, 10_000)) ?? .zero
        return split.members.map { member in
            member == split.candidate ? part : member == split.stable ? rest : .zero
        }
    }

    /// The weights that give the candidate less; the first when both give the same.
    private static func lower(
        _ split: SplitSettings, _ one: [Weight], _ other: [Weight]
    ) -> [Weight] {
        guard one.count == split.members.count, other.count == one.count,
            let place = split.candidate.flatMap({ split.members.firstIndex(of: $0) })
        else { return one }
        let shares = (WeightReport.shares(of: one)[place], WeightReport.shares(of: other)[place])
        return shares.1 < shares.0 ? other : one
    }
}
