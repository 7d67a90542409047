internal import Logging
package import Settings
internal import Splitting

/// That a rollout moves some splits: what others may do there meanwhile.
package struct RolloutHold: Sendable {
    /// Its name, and the most that the candidate of each split may have, in hundredths of 100.
    package let name: String
    package let ceilings: [String: UInt32]
    /// Pauses it for what somebody else has set, without waiting for a disk; and waits for that.
    package let pause: @Sendable (SplitWeights) async -> Void
    package let settle: @Sendable () async -> Void

    package init(
        name: String, ceilings: [String: UInt32],
        pause: @escaping @Sendable (SplitWeights) async -> Void = { _ in },
        settle: @escaping @Sendable () async -> Void = {}
    ) {
        self.name = name
        self.ceilings = ceilings
        self.pause = pause
        self.settle = settle
    }
}

/// Others' changes while a rollout runs. What only lowers the candidate passes and pauses the
/// rollout; anything else is refused unless it is forced, which pauses it too.
extension WeightKeeper {
    /// A rollout moves these splits from now on; none does.
    package func hold(_ hold: RolloutHold?) {
        rolloutHold = hold
        if hold == nil {
            latchedFile = nil
            othersChange = nil
        }
    }

    /// Notes, in the act that sets them, weights that are not the rollout's: from here on it raises
    /// nothing before it has paused.
    func noteOthers(_ changes: [SplitWeights], _ before: [String: [Weight]]) {
        guard let rolloutHold else { return }
        othersChange =
            changes.first { change in
                change.source != .rollout && rolloutHold.ceilings[change.name] != nil
                    && before[change.name] != change.weights
            } ?? othersChange
    }

    /// Lets the rollout pause for what somebody else has set. What is returned waits for the disk
    /// to have that, before the change is acknowledged.
    func pauseRollout() async -> (@Sendable () async -> Void)? {
        guard let rolloutHold, let change = othersChange else { return nil }
        await rolloutHold.pause(change)
        if othersChange?.generation == change.generation { othersChange = nil }
        return rolloutHold.settle
    }

    /// What somebody else has set and the rollout has not paused for yet.
    package var foreignChange: SplitWeights? { othersChange }

    func checkRollout(
        _ request: WeightRequest, _ wanted: [String: [Weight]]
    ) throws(WeightRefusal) {
        if request.source == .rollout { return try checkNobodyElse(wanted) }
        guard let rolloutHold, !request.isForced else { return }
        for split in splits where rolloutHold.ceilings[split.name] != nil {
            guard let new = wanted[split.name] else { continue }
            let old = weights(of: split)
            if new == old || ShareOrder.raisesOnlyStable(split, from: old, to: new) { continue }
            throw .rollout(rolloutHold.name, split: split.name)
        }
    }

    /// The rollout's own steps: none is made over what somebody else has set just now.
    private func checkNobodyElse(_ wanted: [String: [Weight]]) throws(WeightRefusal) {
        guard let othersChange else { return }
        let isWayBack = splits.allSatisfy { split in
            wanted[split.name].map {
                ShareOrder.raisesOnlyStable(split, from: weights(of: split), to: $0)
            } ?? true
        }
        if !isWayBack { throw .overtaken(by: othersChange.generation) }
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
