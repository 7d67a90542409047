internal import Kernel
internal import Logging
package import Settings
internal import Splitting

/// Why a member cannot be latched, or its latch not be taken away.
package enum LatchFault: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownSplit(String, known: [String])
    case unknownMember(String, split: String, known: [String])
    /// It gets traffic.
    case hasWeight(String, split: String, weight: String)
    /// A rollout may have to go back to it.
    case rollout(String, upstream: String, split: String)

    /// What is wrong and what was expected, in one line.
    package var description: String {
        switch self {
        case .unknownSplit(let name, let known):
            "there is no split \(name.debugDescription); expected \(known.joined(separator: ", "))"
        case .unknownMember(let name, let split, let known):
            "\(name.debugDescription) is no member of the split \(split); "
                + "expected \(known.joined(separator: ", "))"
        case .hasWeight(let name, let split, let weight):
            "\(name) has weight \(weight) in the split \(split); set it to 0 first"
        case .rollout(let name, let upstream, let split):
            "the rollout \(name) moves the split \(split) and would have no way back to "
                + "\(upstream); latch it when the rollout is over, or `sluice rollout abort` first"
        }
    }
}

/// What a change of latches came to.
package struct LatchOutcome: Sendable, Equatable {
    /// Whether anything is other than before, and whether a restart finds it so.
    package let isChange: Bool
    package let isDurable: Bool
}

/// Latches: members that are kept at weight 0, whoever asks for more, unless by force.
extension WeightKeeper {
    /// Keeps a member at 0 from now on, over restarts. `endsRollout`: a rollout that moves the
    /// split is over by what is being done; otherwise it keeps its way back.
    package func latch(
        _ upstream: String, of name: String, reason: String, endsRollout: Bool = false
    ) async throws(LatchFault) -> LatchOutcome {
        await takeTurn()
        defer { endTurn() }
        let split = try latchable(upstream, of: name)
        if latches.contains(where: { $0.split == name && $0.upstream == upstream }) {
            return await keepLatches(isChange: false, "latch", upstream, name, reason)
        }
        let weight = weight(of: upstream, in: split)
        guard weight == .zero else {
            throw .hasWeight(upstream, split: name, weight: "\(weight)")
        }
        if let rolloutHold, rolloutHold.ceilings[name] != nil, upstream == split.stable,
            !endsRollout
        {
            throw .rollout(rolloutHold.name, upstream: upstream, split: name)
        }
        latches.append(
            Latch(
                split: name, upstream: upstream,
                sinceMilliseconds: WallClock.nanoseconds() / 1_000_000, reason: reason))
        logger.notice(
            "\(upstream) is kept at weight 0 in split \(name): \(reason.debugDescription)")
        return await keepLatches(isChange: true, "latch", upstream, name, reason)
    }

    /// Lets a member have weight again. Its weight stays what it is.
    package func unlatch(
        _ upstream: String, of name: String, reason: String
    ) async throws(LatchFault) -> LatchOutcome {
        await takeTurn()
        defer { endTurn() }
        guard latches.contains(where: { $0.split == name && $0.upstream == upstream }) else {
            _ = try latchable(upstream, of: name)
            return await keepLatches(isChange: false, "unlatch", upstream, name, reason)
        }
        latches.removeAll { $0.split == name && $0.upstream == upstream }
        logger.notice("\(upstream) may have weight in split \(name) again")
        return await keepLatches(isChange: true, "unlatch", upstream, name, reason)
    }

    private func latchable(
        _ upstream: String, of name: String
    ) throws(LatchFault) -> SplitSettings {
        guard let split = splits.first(where: { $0.name == name }) else {
            throw .unknownSplit(name, known: splits.map(\.name))
        }
        guard split.members.contains(upstream) else {
            throw .unknownMember(upstream, split: name, known: split.members)
        }
        return split
    }

    private func weight(of upstream: String, in split: SplitSettings) -> Weight {
        zip(split.members, weights(of: split)).first { $0.0 == upstream }?.1 ?? .zero
    }

    private func keepLatches(
        isChange: Bool, _ kind: String, _ upstream: String, _ name: String, _ reason: String
    ) async -> LatchOutcome {
        if isChange { latchVersion += 1 }
        if isChange || !areLatchesWritten { await writeLatches() }
        if isChange {
            await audit?.append(
                AuditEvent(
                    kind, split: name, subject: upstream, from: .bool(kind != "latch"),
                    to: .bool(kind == "latch"), reason: reason,
                    metrics: await TrafficNote.json(of: name, splits, plane)))
        }
        return LatchOutcome(
            isChange: isChange,
            isDurable: latchPath == nil ? kind == "unlatch" : areLatchesWritten)
    }

    private func writeLatches() async {
        guard let path = latchPath else { return }
        let (text, version) = (LatchesState(latches: latches).encoded(), latchVersion)
        let fault = await disk.run { [latchFile] in
            latchFile.write(text, version: version, path: path)
        }
        areLatchesWritten = fault == nil
        if let fault { logger.warning("latches.state was not written: \(fault)") }
    }
}

extension WeightKeeper {
    /// Takes over the latches of an earlier run. Where they cannot be read, every member that the
    /// kept weights have at 0 counts as latched.
    func adoptLatches(_ snapshot: Snapshot, _ state: WeightsState?) async {
        let path = snapshot.stateDirectory.map { "\($0)/latches.state" }
        let isElsewhere = latchPath != path
        latchPath = path
        guard isElsewhere else { return }
        if !latches.isEmpty { return await writeLatches() }
        let (kept, damage) = await disk.run {
            StateFile.load(path) { try LatchesState(decoding: $0).latches }
        }
        latches = kept ?? []
        for latch in latches {
            logger.notice("\(latch.upstream) is kept at weight 0 in split \(latch.split)")
        }
        guard let damage else { return }
        logger.error(
            "latches.state cannot be used: \(damage); every member at weight 0 counts as latched")
        let now = WallClock.nanoseconds() / 1_000_000
        for split in state?.splits ?? [] {
            for (member, weight) in zip(split.members, split.weights) where weight == .zero {
                latches.append(
                    Latch(
                        split: split.name, upstream: member, sinceMilliseconds: now,
                        reason: "latches.state cannot be used: \(damage)"))
            }
        }
    }

    /// Refuses what would give weight to a latched member, or more than it has by force.
    func checkLatches(_ split: SplitSettings, _ new: [Weight]) throws(WeightRefusal) {
        if let latch = latch(against: new, of: split, from: weights(of: split)) {
            throw .latched(latch)
        }
    }

    /// The latch that new weights break.
    func latch(
        against new: [Weight], of split: SplitSettings, from old: [Weight]
    ) -> Latch? {
        guard !latches.isEmpty else { return nil }
        for index in split.members.indices where new[index] > .zero {
            let before = old.count == new.count ? old[index] : .zero
            guard new[index] > before else { continue }
            let member = split.members[index]
            if let latch = latches.first(where: {
                $0.split == split.name && $0.upstream == member
            }) {
                return latch
            }
        }
        return nil
    }

    /// What start and SIGHUP decided, with latched members left at what they had.
    func obeyingLatches(
        _ decided: WeightsState, _ splits: [SplitSettings], before: WeightsState?
    ) -> WeightsState {
        latchedFile = nil
        return WeightsState(
            generation: decided.generation,
            splits: decided.splits.map { set in
                guard let split = splits.first(where: { $0.name == set.name }) else { return set }
                let kept = before?.split(named: set.name)?.moved(to: split.members)
                let broken = latch(against: set.weights, of: split, from: kept?.weights ?? [])
                guard let broken else { return set }
                latchedFile = broken.text
                logger.error("the written weights of split \(set.name) are refused: \(broken.text)")
                return kept ?? without(broken, set)
            })
    }

    /// Weights of which a latched member has none; all others, where nothing would be left.
    private func without(_ latch: Latch, _ set: SplitWeights) -> SplitWeights {
        let isLatched = { (member: String) in
            self.latches.contains { $0.split == set.name && $0.upstream == member }
        }
        var weights = zip(set.members, set.weights).map { isLatched($0) ? Weight.zero : $1 }
        if !weights.contains(where: { $0 > .zero }) {
            weights = set.members.map { isLatched($0) ? .zero : .one }
        }
        guard weights.contains(where: { $0 > .zero }) else { return set }
        return SplitWeights(
            name: set.name, members: set.members, weights: weights, generation: set.generation,
            source: set.source, changedAtMilliseconds: set.changedAtMilliseconds,
            reason: latch.text, followed: set.followed)
    }
}

extension Latch {
    /// Why a weight is refused.
    package var text: String {
        "\(fact); --force, or \"force\": true, raises it all the same"
    }

    /// Why a rollout that could do nothing about it is refused, and how the latch is lifted.
    package func text(whatFor consequence: String) -> String {
        "\(fact): \(consequence). DELETE /v1/splits/\(split)/latch of the control API with "
            + "{\"upstream\": \"\(upstream)\"} lifts it; so does `sluice upgrade start \(split)` "
            + "where it was the old side of the last upgrade and is the new side now"
    }

    private var fact: String {
        let since = Timestamp.text(milliseconds: sinceMilliseconds)
        let why = reason.isEmpty ? "" : " (\(reason))"
        return "\(upstream) is kept at weight 0 in the split \(split) since \(since)\(why)"
    }
}
