internal import Telemetry

/// How a step stands.
package enum UpgradeStepState: Sendable, Equatable {
    /// It can be done now; what is missing, where something is.
    case open(String)
    /// It has to wait, and for what.
    case held(String)
    case done
    /// It was done, or must hold, and does not.
    case violated(String)

    /// In a word.
    package var word: String {
        switch self {
        case .open: "open"
        case .held: "held"
        case .done: "done"
        case .violated: "violated"
        }
    }

    /// What is missing, waited for or broken; empty where there is nothing to say.
    package var reason: String {
        switch self {
        case .open(let reason), .held(let reason), .violated(let reason): reason
        case .done: ""
        }
    }

    var isDone: Bool { self == .done }
}

extension UpgradeChecklist {
    /// How a step stands, by what is seen now, what was seen before, and what was said.
    package func state(of step: UpgradeStep, _ facts: UpgradeFacts) -> UpgradeStepState {
        if let broken = violation(of: step, facts) { return .violated(broken) }
        if words[step] != nil || isSeen(step, facts) { return .done }
        // What was seen once and needs not last.
        if [.smoke, .shift].contains(step), seen[step] != nil { return .done }
        // Nor has a pair to be known any more when its old side is gone.
        if step == .versions, finish != nil, seen[step] != nil,
            KongVersionPair(from: facts.x.version, to: facts.y.version) == .unknown
        {
            return .done
        }
        if let reason = hold(of: step, facts) { return .held(reason) }
        return .open(missing(of: step, facts))
    }

    /// Whether the facts show that a step is done.
    func isSeen(_ step: UpgradeStep, _ facts: UpgradeFacts) -> Bool {
        switch step {
        case .backup, .changes, .migrations, .metrics, .remove: false
        case .freeze: facts.freezeMode != .off || finish != nil
        case .versions: KongVersionPair(from: facts.x.version, to: facts.y.version) == .supported
        case .health: missing(of: .health, facts).isEmpty
        case .smoke:
            facts.smokeRequestCount > 0 && facts.smoke.count >= facts.smokeRequestCount
                && facts.smoke.allSatisfy(\.differences.isEmpty)
        case .shift: facts.y.share > 0
        case .empty: facts.x.share == 0 && facts.y.share > 0
        case .finish: finish != nil
        case .unfreeze: finish != nil && facts.freezeMode == .off
        case .watch: finish.map { watchEnd($0, facts) <= facts.nowMilliseconds } ?? false
        }
    }

    func watchEnd(_ finish: Word, _ facts: UpgradeFacts) -> Int64 {
        finish.atMilliseconds + facts.watchMilliseconds
    }

    /// What must hold and does not.
    private func violation(of step: UpgradeStep, _ facts: UpgradeFacts) -> String? {
        switch step {
        case .freeze where finish == nil:
            if seen[.freeze] != nil, facts.freezeMode == .off {
                return "the freeze was lifted before the end; writes may have come in between"
            }
            guard !facts.tripwireAlarms.isEmpty else { return nil }
            return "the tripwire: \(facts.tripwireAlarms.joined(separator: "; "))"
        case .versions where words[.versions] == nil && finish == nil:
            for side in [facts.x, facts.y] where Set(side.answerVersions).count > 1 {
                let versions = side.answerVersions.joined(separator: ", ")
                return "\(side.upstream) answers with several versions: \(versions)"
            }
            let pair = KongVersionPair(from: facts.x.version, to: facts.y.version)
            guard case .unsupported(let reason) = pair else { return nil }
            return reason
        case .health where facts.y.share > 0 && facts.y.usableCount == 0:
            return "\(y) gets traffic and has no usable target"
        case .smoke where words[.smoke] == nil && finish == nil:
            let different = facts.smoke.filter { !$0.differences.isEmpty }
            guard let first = different.first else { return nil }
            return "\(different.count) of \(facts.smoke.count) answers differ: "
                + "\(first.request): \(first.differences.joined(separator: "; "))"
        case .shift where facts.y.share > 0 && finish == nil:
            let before = unfinished([.backup, .freeze, .migrations, .health], facts)
            return before.isEmpty ? nil : "\(y) gets traffic before its time: \(before)"
        case .empty where finish != nil && facts.x.share > 0:
            return "\(x) has a weight again, and could not be started again on its database"
        default: return nil
        }
    }

    /// What a step has to wait for.
    private func hold(of step: UpgradeStep, _ facts: UpgradeFacts) -> String? {
        let before: [UpgradeStep] =
            switch step {
            case .freeze, .changes, .versions: []
            // What is written behind it would be missing in it.
            case .backup: [.freeze]
            case .migrations: [.freeze, .backup, .changes]
            case .health, .smoke: [.migrations]
            case .shift: [.freeze, .migrations, .versions, .health, .smoke]
            case .metrics, .empty: [.shift]
            case .finish: []
            case .remove, .unfreeze, .watch: [.finish]
            }
        let missing = unfinished(before, facts)
        if !missing.isEmpty { return missing }
        switch step {
        case .finish:
            let reasons = reasonsAgainstFinish(facts)
            return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
        case .remove: return leftOnX(facts)
        default: return nil
        }
    }

    /// `first: backup, freeze`; empty when all of them are done.
    private func unfinished(_ steps: [UpgradeStep], _ facts: UpgradeFacts) -> String {
        let open = steps.filter { !state(of: $0, facts).isDone }
        return open.isEmpty ? "" : "first: \(open.map(\.rawValue).joined(separator: ", "))"
    }

    /// What an open step still needs.
    private func missing(of step: UpgradeStep, _ facts: UpgradeFacts) -> String {
        switch step {
        case .freeze: return "`sluice freeze \(split)`"
        case .versions:
            let unknown = [facts.x, facts.y].filter { $0.version == nil }.map(\.upstream)
            return "the version of \(unknown.joined(separator: " and of ")) is not known"
        case .health:
            if facts.y.usableCount == 0 { return "\(y) has no usable target" }
            if facts.y.usableCount < facts.x.targetCount {
                return "\(y) has \(facts.y.usableCount) usable targets and \(x) has "
                    + "\(facts.x.targetCount)"
            }
            return ""
        case .smoke where facts.smokeRequestCount == 0:
            return "no smoke requests are set: test \(y) by a pin and acknowledge it"
        case .smoke: return "\(facts.smokeRequestCount) smoke requests are to be sent"
        case .shift, .empty: return "`sluice split \(split) \(x)=... \(y)=...`"
        case .finish: return "run `kong migrations finish`, then `sluice upgrade finish \(split)`"
        case .unfreeze: return "`sluice unfreeze \(split)`"
        case .watch: return finish.map { "until \(end($0, facts))" } ?? ""
        case .backup, .changes, .migrations, .metrics, .remove:
            return "`sluice upgrade ack \(step.rawValue) --note ...`"
        }
    }

    private func end(_ finish: Word, _ facts: UpgradeFacts) -> String {
        Timestamp.text(milliseconds: watchEnd(finish, facts))
    }

    /// What is left on the old side; nil when nothing is.
    func leftOnX(_ facts: UpgradeFacts) -> String? {
        if facts.x.share > 0 { return "\(x) has a weight" }
        if facts.x.inflightCount > 0 { return "\(x) has \(facts.x.inflightCount) in flight" }
        if facts.x.connectionCount > 0 {
            return "there are \(facts.x.connectionCount) connections to \(x)"
        }
        return nil
    }

    /// Why migrations may not be finished yet.
    func reasonsAgainstFinish(_ facts: UpgradeFacts) -> [String] {
        var reasons: [String] = []
        if facts.x.share > 0 {
            reasons.append(
                "\(x) still has a weight, and could not be started again on its database")
        }
        if facts.y.share == 0 { reasons.append("\(y) gets no traffic") }
        if facts.y.usableCount == 0 { reasons.append("\(y) has no usable target") }
        if facts.freezeMode == .off { reasons.append("writes are not frozen") }
        let steps: [UpgradeStep] = [
            .backup, .changes, .freeze, .migrations, .versions, .smoke, .metrics,
        ]
        let missing = unfinished(steps, facts)
        if !missing.isEmpty { reasons.append(missing) }
        return reasons
    }

    /// Why the upgrade is not over yet.
    func reasonsAgainstEnd(_ facts: UpgradeFacts) -> [String] {
        guard let finish else { return ["migrations are not finished"] }
        var reasons = [leftOnX(facts)].compactMap(\.self)
        if words[.remove] == nil { reasons.append("nobody said that \(x) is removed") }
        if facts.freezeMode != .off { reasons.append("writes are still frozen") }
        if watchEnd(finish, facts) > facts.nowMilliseconds {
            reasons.append("the watch goes on until \(end(finish, facts))")
        }
        return reasons
    }

    /// What one should know besides.
    package func remarks(of step: UpgradeStep, _ facts: UpgradeFacts) -> [String] {
        switch step {
        case .freeze where facts.tripwire == .blind:
            return ["the tripwire does not see everything"]
        case .freeze where facts.tripwire == nil && facts.freezeMode != .off:
            return ["no tripwire: no upstream has `admin`"]
        case .freeze where facts.freezeMode == .candidate:
            return ["urgent writes may go to \(x)"]
        case .versions:
            return [facts.x, facts.y].map { "\($0.upstream): \($0.version ?? "not known")" }
        case .metrics: return metricsRemarks(facts)
        case .remove:
            guard finish != nil, words[.remove] == nil else { return [] }
            return [leftOnX(facts) ?? "\(x) has nothing in flight: it may be removed"]
        default: return []
        }
    }

    private func metricsRemarks(_ facts: UpgradeFacts) -> [String] {
        var remarks: [String] = []
        let unseen = facts.prefixes.unseen
        if !unseen.isEmpty {
            let named = unseen.prefix(5).map { "\($0.text) (\($0.stableCount))" }
            let more = unseen.count > named.count ? " and \(unseen.count - named.count) more" : ""
            remarks.append(
                "\(y) has not seen yet what \(x) has answered: "
                    + named.joined(separator: ", ") + more)
        }
        if facts.prefixes.overflowCount > 0 {
            remarks.append(
                "\(facts.prefixes.overflowCount) requests are not told apart: their paths are too "
                    + "many")
        }
        if let since = facts.countedSinceMilliseconds {
            remarks.append(
                "requests and 429 are counted since \(Timestamp.text(milliseconds: since)) only")
        }
        if facts.x.rateLimitedCount + facts.y.rateLimitedCount > 0 {
            remarks.append(
                "429: \(x) \(facts.x.rateLimitedCount), \(y) \(facts.y.rateLimitedCount); the "
                    + "policies cluster and redis count for both sides together, local counts "
                    + "on each node for itself")
        }
        return remarks
    }
}
