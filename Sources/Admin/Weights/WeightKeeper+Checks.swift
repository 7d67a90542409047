internal import Settings
internal import Splitting

/// Checks: what a request means for what is set.
extension WeightKeeper {
    func decide(_ request: WeightRequest) throws(WeightRefusal) -> ChangePlan {
        var wanted: [String: [Weight]] = [:]
        var skipped: [Latch] = []
        switch request.wish {
        case .weights(let texts):
            for (name, weights) in texts { wanted[name] = try check(weights, name) }
        case .rollback(let name):
            let chosen = try name.map { name throws(WeightRefusal) in [try split(name)] } ?? splits
            for split in chosen {
                let target = ShareOrder.rollback(split, from: weights(of: split))
                let latch = latch(against: target, of: split, from: weights(of: split))
                if let latch, !request.isForced {
                    // The other splits go back all the same.
                    skipped.append(latch)
                } else {
                    wanted[split.name] = target
                }
            }
            if wanted.isEmpty, let latch = skipped.first { throw .latched(latch) }
        case .written(let document):
            wanted = document.weights.filter { name, new in
                // A text that came back after a while is the one that was followed, no edit.
                set[name].map { $0.weights != new && $0.followed != document.hash } ?? false
            }
        }
        for split in splits where !request.isForced {
            if let new = wanted[split.name] { try checkLatches(split, new) }
        }
        try checkRollout(request, wanted)
        try checkGeneration(request, wanted.keys.sorted())
        let names = splits.map(\.name).filter { wanted[$0] != nil }
        let before = Dictionary(names.compactMap { name in set[name].map { (name, $0.weights) } }) {
            first, _ in first
        }
        return ChangePlan(
            wanted: wanted, before: before, request: request, names: names,
            skipped: skipped.map(\.text))
    }

    func check(
        _ texts: [String: String], _ name: String
    ) throws(WeightRefusal) -> [Weight] {
        let split = try split(name)
        do throws(WeightChangeError) {
            return try WeightChange.validate(texts, for: split)
        } catch {
            throw .invalid(error)
        }
    }

    func split(_ name: String) throws(WeightRefusal) -> SplitSettings {
        guard let split = splits.first(where: { $0.name == name }) else {
            throw .unknownSplit(name, known: splits.map(\.name))
        }
        return split
    }

    func checkGeneration(
        _ request: WeightRequest, _ names: [String]
    ) throws(WeightRefusal) {
        guard let expected = request.expectedGeneration else { return }
        let changed = names.compactMap { set[$0]?.generation }.max() ?? generation
        guard expected == changed || expected == generation else {
            throw .outdated(expected: expected, current: changed)
        }
    }

    /// Whether a plan only takes share from members for the stable upstream, seen from what is
    /// set or from what waits to be.
    func isUrgent(_ plan: ChangePlan) -> Bool {
        var isRetreat = false
        for split in splits {
            guard let new = plan.wanted[split.name] else { continue }
            let old = weights(of: split)
            guard ShareOrder.raisesOnlyStable(split, from: old, to: new) else { return false }
            if ShareOrder.isRetreat(split, from: old, to: new) { isRetreat = true }
            isRetreat =
                isRetreat
                || waiting.values.contains { waiting in
                    waiting[split.name].map { ShareOrder.isRetreat(split, from: $0, to: new) }
                        ?? false
                }
        }
        return isRetreat
    }

    func checkNotOvertaken(_ ticket: Int, _ plan: ChangePlan) throws(WeightRefusal) {
        for name in plan.names {
            if let retreat = retreats[name], ticket <= retreat.ticket {
                throw .overtaken(by: retreat.generation)
            }
        }
    }

    func names(of request: WeightRequest) -> [String] {
        switch request.wish {
        // A name that is no split must not become a label.
        case .weights(let weights): splits.map(\.name).filter { weights[$0] != nil }
        case .rollback(let name): splits.map(\.name).filter { name == nil || $0 == name }
        case .written: splits.map(\.name)
        }
    }
}
