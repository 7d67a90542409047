internal import Kernel
internal import Logging
package import Settings
internal import Splitting

/// Commits: none of these waits.
extension WeightKeeper {
    /// Gives these splits of a plan their number.
    func number(_ plan: ChangePlan, _ names: [String]) -> [SplitWeights] {
        generation += 1
        return splits.compactMap { split in
            guard names.contains(split.name), let weights = plan.wanted[split.name] else {
                return nil
            }
            return SplitWeights(
                name: split.name, members: split.members, weights: weights,
                generation: generation, source: plan.request.source,
                changedAtMilliseconds: WallClock.nanoseconds() / 1_000_000,
                reason: plan.request.reason, followed: followed(by: split))
        }
    }

    /// The text that a change of a split follows: the last one that was there, when the weight
    /// file has vanished, so that its return is no edit.
    private func followed(by split: SplitSettings) -> TextHash {
        text.hash(of: split) ?? set[split.name]?.followed ?? TextHash([])
    }

    func adopt(_ changes: [SplitWeights]) {
        for change in changes {
            set[change.name] = change
            let pairs = zip(change.members, change.weights).map { "\($0)=\($1)" }
            logger.notice(
                """
                split \(change.name): \(pairs.joined(separator: " ")), generation \
                \(change.generation), from the \(change.source.rawValue)\
                \(change.reason.isEmpty ? "" : ": \(change.reason.debugDescription)")
                """)
        }
    }

    func outcome(of plan: ChangePlan, _ generation: UInt64, _ pending: [Int]) -> WeightOutcome {
        WeightOutcome(
            generation: generation, before: plan.before, isChange: plan.isChange,
            pendingWorkers: pending,
            isDurable: plan.names.allSatisfy { durable[$0] ?? true }, skipped: plan.skipped,
            fileFault: plan.document == nil ? fileFault : nil)
    }

    /// Takes in what the disk said. `isTold`: its faults were told before.
    func note(_ receipt: WeightStore.Receipt, names: [String], isTold: Bool = false) {
        for kept in receipt.kept where set[kept.name]?.generation == kept.generation {
            set[kept.name] = kept
        }
        for name in names { durable[name] = receipt.isDurable }
        // One that was not looked at says nothing; one that says something by now can be read.
        if let fault = receipt.fileFault {
            fileFault = fault
        } else if receipt.text != nil, !receipt.hasOtherText {
            fileFault = nil
        }
        if !isTold { warn(of: receipt) }
        if let found = receipt.text, !receipt.hasOtherText { noteText(found) }
        if receipt.hasOtherText { Task { await lookAtFile() } }
    }

    private func warn(of receipt: WeightStore.Receipt) {
        if let fault = receipt.fileFault {
            logger.warning("the weight file was not written: \(fault)")
        }
        if let fault = receipt.stateFault {
            logger.warning("weights.state was not written: \(fault)")
        }
        if !receipt.isDurable {
            logger.warning("the weights are kept nowhere: they end with this process")
        }
    }

    /// What a writing found in the file beside its own changes is the next change.
    func noteText(_ found: WeightsText) {
        guard case .file(let document) = found else { return }
        let hasMore = splits.contains { split in
            guard let set = set[split.name] else { return false }
            return set.followed != document.hash && document.weights[split.name] != set.weights
        }
        if hasMore {
            Task { await lookAtFile() }
        } else {
            text = found
            forgetRefusedFile(document)
        }
    }

    /// A text that was refused is of no interest any more when the file says what is set.
    private func forgetRefusedFile(_ document: WeightsDocument) {
        let isInForce = splits.allSatisfy { document.weights[$0.name] == set[$0.name]?.weights }
        if isInForce { latchedFile = nil }
    }

    /// Says what is wrong with a weight file that was just read, and what serves instead.
    func logFaults(of text: WeightsText, kept: WeightsState?) {
        guard !text.errors.isEmpty else { return }
        for error in text.errors { logger.error("\(error)") }
        for split in splits {
            let isKept = kept?.split(named: split.name) != nil
            let weights = isKept ? "the kept weights serve" : "the weights of sluice.yaml serve"
            logger.warning("split \(split.name): \(weights), the weight file has faults")
        }
    }
}

/// What is set, as others ask for it.
extension WeightKeeper {
    /// What is set, in the order of sluice.yaml.
    package var current: [SplitWeights] { splits.compactMap { set[$0.name] } }

    func weights(of split: SplitSettings) -> [Weight] {
        set[split.name]?.weights ?? split.weights
    }

    func weights(of names: [String]) -> [SplitWeights] { names.compactMap { set[$0] } }

    func measureAnew(_ names: [String]) async {
        let counters = await plane.counters()
        let registry = plane.registry
        for split in splits where names.contains(split.name) {
            measurement.begin(split, counters, registry)
        }
    }
}
