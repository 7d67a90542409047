internal import Kernel
package import Logging
internal import Proxy
package import Settings
internal import Splitting

/// The one truth about set weights. Every change goes through here, from its check to its
/// acknowledgement: from the file, the socket, the API and rollouts.
///
/// An ordinary change waits for its turn, is written to the disk, and goes to the workers. A
/// retreat to the stable upstream waits for nobody: it goes to the workers first and is written
/// right after, and the changes that it overtakes are refused.
package actor WeightKeeper {
    let plane: any Plane
    let store: WeightStore
    let logger: Logger
    let disk: DiskQueue
    let audit: AuditTrail?

    /// The splits of sluice.yaml, with the weights that stand there.
    private(set) var splits: [SplitSettings] = []
    /// What is set and in force.
    var set: [String: SplitWeights] = [:]
    /// The highest number that was ever given to a change.
    var generation: UInt64 = 0
    /// What was last seen of the weight file.
    var text = WeightsText.settings
    /// Why the last change could not be written into it; nil when it was.
    var fileFault: String?
    var durable: [String: Bool] = [:]
    var measurement = Measurement()
    private(set) var tally = ChangeTally()

    /// The changes that wait or are being written, by their ticket.
    var waiting: [Int: [String: [Weight]]] = [:]
    private var lastTicket = 0
    /// The last retreat of each split.
    var retreats: [String: Retreat] = [:]
    private var isBusy = false
    private var line: [CheckedContinuation<Void, Never>] = []
    private var retreatsBeingWritten = 0
    private var idlers: [CheckedContinuation<Void, Never>] = []
    /// A faulty weight file that has been seen once.
    private var suspect: WeightsText?

    /// The members that are kept at weight 0, and whether the disk has them.
    var latches: [Latch] = []
    var latchPath: String?
    var latchVersion = 0
    var areLatchesWritten = true
    let latchFile = StateFile()
    /// The rollout that moves some splits; nil while there is none.
    var rolloutHold: RolloutHold?
    /// What somebody else has set in a split of the rollout, until it has paused for it.
    var othersChange: SplitWeights?
    /// Why the text of the weight file is not in force although it is sound; nil when it is.
    var latchedFile: String?

    package init(
        plane: any Plane, store: WeightStore, logger: Logger, disk: DiskQueue,
        audit: AuditTrail? = nil
    ) {
        self.audit = audit
        self.plane = plane
        self.store = store
        self.logger = logger
        self.disk = disk
    }

    /// Makes a change and returns when it is in force and on the disk.
    package func change(_ request: WeightRequest) async throws(WeightRefusal) -> WeightOutcome {
        do throws(WeightRefusal) {
            let plan = try decide(request)
            let outcome = isUrgent(plan) ? await retreat(plan) : try await proceed(request, plan)
            tally.count(plan.names, request.source, outcome.isChange ? "done" : "unchanged")
            return outcome
        } catch {
            tally.count(names(of: request), request.source, error.tallyName)
            throw error
        }
    }

    /// Reads the weight file and takes over what changed in it. False when it has a fault that
    /// was not there before: it may be half-written, so look once more before it counts.
    package func lookAtFile() async -> Bool {
        lastTicket += 1
        let ticket = lastTicket
        await takeTurn()
        defer { endTurn() }
        // What retreats are about to write over is no news.
        while retreatsBeingWritten > 0 { await withCheckedContinuation { idlers.append($0) } }
        let found = await disk.run { [store, splits] in store.read(splits) }
        guard found != text else { return true }
        switch found {
        case .settings:
            return true
        case .faultyFile(let errors, _):
            guard found == suspect else {
                suspect = found
                return false
            }
            text = found
            latchedFile = nil
            tally.count(splits.map(\.name), .file, "refused")
            for error in errors.errors { logger.error("\(error)") }
            logger.error("the weights stay as they are, since the weight file has faults")
        case .file(let document):
            if !text.errors.isEmpty { logger.notice("the weight file is sound again") }
            text = found
            await takeOver(document, ticket)
        }
        suspect = nil
        return true
    }

    /// Runs a snapshot with the weights that its files and the kept state decide on, at start
    /// and when the configuration was read again. Nothing has changed when it throws.
    package func run(
        _ snapshot: Snapshot, text found: WeightsText, stored: WeightsState?
    ) async throws -> [Int] {
        await takeTurn()
        defer { endTurn() }
        let state = set.isEmpty ? stored : WeightsState(generation: generation, splits: current)
        await adoptLatches(snapshot, state)
        let decided = obeyingRollout(
            obeyingLatches(
                try StartDecision.decide(
                    splits: snapshot.splits, state: state, text: found,
                    nowMilliseconds: WallClock.nanoseconds() / 1_000_000
                ).state,
                snapshot.splits, before: state),
            snapshot.splits, before: state, found)
        let late = try await plane.run(snapshot.with(weights: decided.weights))

        let newer = set.values.filter { $0.generation > decided.generation }
        splits = snapshot.splits
        text = found
        generation = max(generation, decided.generation)
        set = Dictionary(decided.splits.map { ($0.name, $0) }) { first, _ in first }
        // A retreat came in while the snapshot was being built. It holds for the members that
        // there are now; one that is new gets nothing by it.
        for split in newer {
            guard let now = set[split.name] else { continue }
            set[split.name] = split.moved(to: now.members) ?? now
        }
        logFaults(of: found, kept: state)
        let kept = WeightsState(generation: generation, splits: current)
        let places = WeightStore.Places(snapshot)
        let receipt = await disk.run { [store] in store.reset(kept, text: found, places: places) }
        fileFault = nil
        note(receipt, names: splits.map(\.name))
        if !newer.isEmpty { _ = await plane.route(by: weights(of: newer.map(\.name))) }
        await measureAnew(splits.map(\.name))
        await writeDownStart(current, before: state)
        return late
    }

    private func takeOver(_ document: WeightsDocument, _ ticket: Int) async {
        let request = WeightRequest(.written(document), source: .file)
        do throws(WeightRefusal) {
            let plan = try decide(request)
            try checkNotOvertaken(ticket, plan)
            let outcome = isUrgent(plan) ? await retreat(plan) : try await commit(plan, ticket)
            if outcome.isChange { tally.count(plan.names, .file, "done") }
            latchedFile = nil
        } catch {
            switch error {
            case .latched, .rollout: latchedFile = error.description
            default: break
            }
            // The text that a retreat is about to write over is not an edit.
            let isEdit = document.weights.contains { name, weights in
                weights != set[name]?.weights && weights != retreats[name]?.from
            }
            guard isEdit else { return }
            tally.count(names(of: request), .file, error.tallyName)
            logger.warning("the weight file's change was refused: \(error)")
        }
    }

    // The two ways of a change.

    /// To the disk, then to the workers.
    private func proceed(
        _ request: WeightRequest, _ early: ChangePlan
    ) async throws(WeightRefusal) -> WeightOutcome {
        lastTicket += 1
        let ticket = lastTicket
        waiting[ticket] = early.wanted
        await takeTurn()
        defer {
            waiting[ticket] = nil
            endTurn()
        }
        return try await commit(try decide(request), ticket)
    }

    private func commit(_ plan: ChangePlan, _ ticket: Int) async throws(WeightRefusal)
        -> WeightOutcome
    {
        try checkNotOvertaken(ticket, plan)
        guard plan.isChange else { return await keepUnchanged(plan) }
        let changes = number(plan, plan.changedNames)
        let number = generation
        let receipt = await keep(changes, plan)
        // From here to the message to the workers nothing waits: a retreat came in before this
        // line and wins, or comes after it and wins too.
        try checkNotOvertaken(ticket, plan)
        adopt(changes)
        noteOthers(changes, plan.before)
        let late = await tellWorkers(changes)
        note(receipt, names: plan.names)
        await pauseRollout()?()
        await measureAnew(plan.changedNames)
        await writeDown(changes, plan)
        return outcome(of: plan, number, late)
    }

    /// To the workers, then to the disk.
    private func retreat(_ plan: ChangePlan) async -> WeightOutcome {
        // What waits may be on the disk already: write over it, even with what is set.
        let contested = Set(waiting.values.flatMap(\.keys))
        let names = plan.names.filter { plan.changedNames.contains($0) || contested.contains($0) }
        let changes = number(plan, names)
        for name in plan.names {
            retreats[name] = Retreat(
                ticket: lastTicket, generation: generation, from: plan.before[name] ?? [])
        }
        adopt(changes)
        noteOthers(changes, plan.before)
        let number = generation
        retreatsBeingWritten += 1
        let late = await tellWorkers(changes)
        let inForceAt = Instant.now()
        let settle = await pauseRollout()
        let receipt = await keep(changes, plan)
        await settle?()
        note(receipt, names: plan.names)
        endRetreat()
        await measureAnew(names)
        await writeDown(changes, plan)
        var outcome = outcome(of: plan, number, late)
        outcome.inForceAt = inForceAt
        return outcome
    }

    /// When another change came in meanwhile, what is set is said once more: it has the last
    /// word, however the messages crossed.
    private func tellWorkers(_ changes: [SplitWeights]) async -> [Int] {
        let names = changes.map(\.name)
        let late = await plane.route(by: weights(of: names))
        guard changes.contains(where: { set[$0.name]?.generation != $0.generation }) else {
            return late
        }
        return await plane.route(by: weights(of: names))
    }

    private func endRetreat() {
        retreatsBeingWritten -= 1
        guard retreatsBeingWritten == 0 else { return }
        for idler in idlers { idler.resume() }
        idlers = []
    }

    /// An edit that leaves the weights as they are is followed all the same.
    private func keepUnchanged(_ plan: ChangePlan) async -> WeightOutcome {
        if let document = plan.document {
            let receipt = await disk.run { [store] in store.follow([], document) }
            note(receipt, names: plan.names)
        }
        return outcome(of: plan, generation, [])
    }

    private func keep(_ changes: [SplitWeights], _ plan: ChangePlan) async -> WeightStore.Receipt {
        let splits = splits
        if let document = plan.document {
            return await disk.run { [store] in store.follow(changes, document) }
        }
        return await disk.run { [store] in store.write(changes, splits: splits) }
    }
}

/// Turns: ordinary changes one after the other, in the order of their asking.
extension WeightKeeper {
    func takeTurn() async {
        if !isBusy {
            isBusy = true
            return
        }
        await withCheckedContinuation { line.append($0) }
    }

    func endTurn() {
        if line.isEmpty {
            isBusy = false
        } else {
            line.removeFirst().resume()
        }
    }
}

extension WeightRefusal {
    /// How metrics name it.
    fileprivate var tallyName: String {
        switch self {
        case .unknownSplit, .invalid: "refused"
        case .outdated: "outdated"
        case .overtaken: "overtaken"
        case .latched: "latched"
        case .rollout: "rollout"
        }
    }
}

extension Snapshot {
    /// The same snapshot with other weights for its splits.
    fileprivate func with(weights: [String: [Weight]]) -> Snapshot {
        var snapshot = self
        snapshot.splits = splits.map { split in weights[split.name].map(split.with) ?? split }
        return snapshot
    }
}
