internal import Kernel
package import Logging
package import Settings

/// The one truth about upgrades: a list for each split. What persons say is on the disk before it
/// counts, and a word that the disk has not taken was not said.
package actor UpgradeKeeper {
    /// Tells how an upgrade stands now.
    package typealias Look = @Sendable (UpgradeChecklist) async -> UpgradeFacts
    /// Makes a word out of a list and what is seen.
    typealias Say =
        @Sendable (inout UpgradeChecklist, UpgradeFacts) throws(UpgradeRefusal) -> Void

    private let weights: WeightKeeper
    private let plane: any Plane
    private let logger: Logger
    private let disk: DiskQueue
    private let audit: AuditTrail?
    private let store = StateFile()

    /// The last upgrade of each split, in the order in which they began.
    package private(set) var lists: [UpgradeChecklist] = []
    /// Why the file of an earlier run cannot be used, until another one is written.
    package private(set) var damage: String?
    private var splits: [SplitSettings] = []
    private var path: String?
    private var version = 0
    /// What the last run of smoke requests came to, by split.
    private var smoke: [String: [UpgradeFacts.Smoke]] = [:]
    private var smoking: Set<String> = []
    /// What is counted while upgrades go on.
    let counter: UpgradeCounter
    private var isObserving = false
    private var isBusy = false
    private var line: [CheckedContinuation<Void, Never>] = []

    package init(
        weights: WeightKeeper, plane: any Plane, logger: Logger, disk: DiskQueue,
        audit: AuditTrail? = nil
    ) {
        self.weights = weights
        self.plane = plane
        self.logger = logger
        self.disk = disk
        self.audit = audit
        counter = UpgradeCounter(plane: plane, logger: logger, disk: disk)
    }

    /// Takes over the lists of an earlier run.
    package func begin(_ snapshot: Snapshot) async {
        let path = Self.path(snapshot)
        let (kept, fault) = await disk.run {
            StateFile.load(path) { try UpgradesState(decoding: $0).lists }
        }
        lists = kept ?? []
        damage = fault
        self.path = path
        splits = snapshot.splits
        if let damage {
            logger.error(
                """
                upgrade.state cannot be used: \(damage); what was said of upgrades is in the \
                audit, latches and freezes stand by themselves, `sluice upgrade start` begins anew
                """)
        }
        for list in lists where list.done == nil {
            let since = Timestamp.text(milliseconds: list.start.atMilliseconds)
            logger.notice("an upgrade of \(list.split) is under way since \(since)")
        }
        await counter.begin(in: snapshot.stateDirectory)
        await counter.watch(lists)
    }

    /// Takes on the settings that run.
    package func adopt(_ snapshot: Snapshot) async {
        await takeTurn()
        defer { endTurn() }
        for split in snapshot.splits {
            let old = splits.first { $0.name == split.name }
            if old?.upgrade.smoke != split.upgrade.smoke { smoke[split.name] = nil }
        }
        splits = snapshot.splits
        let isElsewhere = path != Self.path(snapshot)
        path = Self.path(snapshot)
        if isElsewhere, !lists.isEmpty, let fault = await write(lists) {
            logger.warning("upgrade.state was not written: \(fault)")
        }
        await counter.adopt(folder: snapshot.stateDirectory)
        await counter.forgetWhatWasTold()
        await counter.watch(lists)
    }

    /// The list of a split.
    package func list(of split: String) throws(UpgradeFault) -> UpgradeChecklist {
        if let list = lists.first(where: { $0.split == split }) { return list }
        guard splits.contains(where: { $0.name == split }) else {
            throw .unknownSplit(split, known: splits.map(\.name))
        }
        throw .none(split)
    }

    private static func path(_ snapshot: Snapshot) -> String? {
        snapshot.stateDirectory.map { "\($0)/upgrade.state" }
    }

    /// Writes these lists; nil when they are on the disk, or when nothing is kept.
    private func write(_ lists: [UpgradeChecklist]) async -> String? {
        guard let path else { return nil }
        version += 1
        let (text, version) = (UpgradesState(lists: lists).encoded(), version)
        return await disk.run { [store] in store.write(text, version: version, path: path) }
    }

    private func takeTurn() async {
        if !isBusy {
            isBusy = true
            return
        }
        await withCheckedContinuation { line.append($0) }
    }

    private func endTurn() {
        if line.isEmpty { isBusy = false } else { line.removeFirst().resume() }
    }
}

/// Words.
extension UpgradeKeeper {
    /// Begins an upgrade of a split from its stable side to its candidate.
    package func start(
        _ name: String, note: String, look: Look
    ) async throws(UpgradeFault) -> UpgradeOutcome {
        await takeTurn()
        defer { endTurn() }
        guard let split = splits.first(where: { $0.name == name }) else {
            throw .unknownSplit(name, known: splits.map(\.name))
        }
        guard let candidate = split.candidate, candidate != split.stable else {
            throw .noCandidate(name)
        }
        let before = lists.first { $0.split == name }
        if let before, before.done == nil { throw .running(name) }
        guard note.utf8.count <= UpgradeChecklist.longestNote else {
            throw .refused(.longNote(UpgradeChecklist.longestNote))
        }
        var list = UpgradeChecklist(
            split: name, x: split.stable, y: candidate,
            start: .init(
                atMilliseconds: WallClock.nanoseconds() / 1_000_000, by: Caller.current.text,
                note: note))
        smoke[name] = nil
        _ = list.observe(await look(list))
        try await keep(list)
        await counter.begin(list)
        await counter.watch(lists)
        // What was the old side of the last upgrade is the new one of this one.
        if before?.latched == candidate {
            let reason = "a new upgrade of \(name) makes it the new side"
            _ = try? await weights.unlatch(candidate, of: name, reason: reason)
        }
        logger.notice("upgrade of \(name) from \(list.x) to \(list.y) begins")
        await self.note(
            "upgrade_start", list, from: .null, to: .string("running"), reason: note)
        return outcome(list)
    }

    /// Somebody says that a step is done.
    package func acknowledge(
        _ step: UpgradeStep, of name: String, note: String, look: Look
    ) async throws(UpgradeFault) -> UpgradeOutcome {
        let by = Caller.current.text
        let list = try await say(name, look) { (list, facts) throws(UpgradeRefusal) in
            try list.acknowledge(step, by: by, note: note, facts)
        }
        logger.notice("upgrade of \(name): \(step.rawValue) is acknowledged")
        await self.note(
            "acknowledgement", list, subject: step.rawValue, from: .string("open"),
            to: .string("done"), reason: note)
        return outcome(list)
    }

    /// Somebody says that migrations are finished: the old side stays at 0 from here on.
    package func finish(
        _ name: String, note: String, look: Look
    ) async throws(UpgradeFault) -> UpgradeOutcome {
        let by = Caller.current.text
        let list = try await say(name, look, isLatching: true) {
            (list, facts) throws(UpgradeRefusal) in
            try list.sayFinished(by: by, note: note, facts)
        }
        logger.notice("upgrade of \(name): migrations are finished")
        await self.note(
            "upgrade_finish", list, from: .string("running"), to: .string("finished"),
            reason: note)
        return outcome(list)
    }

    /// Somebody says that the upgrade is over.
    package func done(
        _ name: String, note: String, look: Look
    ) async throws(UpgradeFault) -> UpgradeOutcome {
        let by = Caller.current.text
        let list = try await say(name, look) { (list, facts) throws(UpgradeRefusal) in
            try list.sayDone(by: by, note: note, facts)
        }
        await counter.end(list)
        await counter.watch(lists)
        logger.notice("upgrade of \(name) is over")
        await self.note(
            "upgrade_done", list, from: .string("finished"), to: .string("done"), reason: note)
        return outcome(list)
    }

    private func say(
        _ name: String, _ look: Look, isLatching: Bool = false, _ say: Say
    ) async throws(UpgradeFault) -> UpgradeChecklist {
        await takeTurn()
        defer { endTurn() }
        var list = try list(of: name)
        let facts = await look(list)
        _ = list.observe(facts)
        do throws(UpgradeRefusal) { try say(&list, facts) } catch { throw .refused(error) }
        _ = list.observe(facts)
        // The latch comes first: where the rest fails, the old side is kept at 0 and the word can
        // be said again.
        if isLatching { try await latch(list) }
        try await keep(list)
        return list
    }

    private func latch(_ list: UpgradeChecklist) async throws(UpgradeFault) {
        guard splits.first(where: { $0.name == list.split })?.members.contains(list.x) == true
        else { return }
        let outcome: LatchOutcome
        do throws(LatchFault) {
            outcome = try await weights.latch(
                list.x, of: list.split,
                reason: "`kong migrations finish` has run: it could not be started again on its "
                    + "database", endsRollout: true)
        } catch {
            throw .latch(error)
        }
        guard outcome.isDurable || path == nil else { throw .notWritten("latches.state") }
    }

    /// Takes on a list when the disk has it.
    private func keep(_ list: UpgradeChecklist) async throws(UpgradeFault) {
        var next = lists
        if let place = next.firstIndex(where: { $0.split == list.split }) {
            next[place] = list
        } else {
            next.append(list)
        }
        if let fault = await write(next) { throw .notWritten("upgrade.state: \(fault)") }
        lists = next
        damage = nil
    }

    private func outcome(_ list: UpgradeChecklist) -> UpgradeOutcome {
        UpgradeOutcome(list: list, isDurable: path != nil)
    }

    private func note(
        _ kind: String, _ list: UpgradeChecklist, subject: String? = nil, from: JSONValue,
        to: JSONValue, reason: String, facts: [JSONValue.Member] = []
    ) async {
        await audit?.append(
            AuditEvent(
                kind, split: list.split, subject: subject, from: from, to: to, reason: reason,
                metrics: await TrafficNote.json(of: list.split, splits, plane), facts: facts))
    }
}

/// What is seen.
extension UpgradeKeeper {
    /// Notes which steps are seen to be done; about once a second.
    package func observe(look: Look) async {
        guard !isObserving, lists.contains(where: { $0.done == nil }) else { return }
        isObserving = true
        defer { isObserving = false }
        for name in lists.filter({ $0.done == nil }).map(\.split) {
            await takeTurn()
            defer { endTurn() }
            guard var list = lists.first(where: { $0.split == name }), list.done == nil else {
                continue
            }
            // What the disk does not take is seen again in a second.
            if list.observe(await look(list)) { try? await keep(list) }
        }
        await counter.write(isUrgent: false)
    }

    /// Keeps what was counted up to now: the process is about to end.
    package func rememberCounts(look: Look) async {
        for list in lists where list.done == nil { _ = await look(list) }
        await counter.write(isUrgent: true)
    }

    /// What the last run of smoke requests came to.
    func lastSmoke(of split: String) -> [UpgradeFacts.Smoke] { smoke[split] ?? [] }

    /// Sends the smoke requests now. `address` finds a target of an upstream.
    package func runSmoke(
        _ name: String, look: Look, address: @Sendable (String) async -> String?
    ) async throws(UpgradeFault) -> UpgradeOutcome {
        let list = try list(of: name)
        guard list.done == nil else { throw .refused(.over(name)) }
        let requests = splits.first { $0.name == name }?.upgrade.smoke ?? []
        guard !requests.isEmpty else { throw .noSmoke(name) }
        guard smoking.insert(name).inserted else { throw .smokeRunning(name) }
        defer { smoking.remove(name) }
        guard let x = await address(list.x) else { throw .noTarget(list.x) }
        guard let y = await address(list.y) else { throw .noTarget(list.y) }
        let results = await SmokeRun.run(requests, x: (list.x, x), y: (list.y, y))
        // Other requests may be set by now, or another upgrade under way.
        guard splits.first(where: { $0.name == name })?.upgrade.smoke == requests,
            lists.first(where: { $0.split == name })?.start == list.start
        else { throw .smokeOutdated(name) }
        smoke[name] = results
        await observe(look: look)
        let different = results.count { !$0.differences.isEmpty }
        await note(
            "upgrade_smoke", list, from: .null,
            to: .string(different == 0 ? "alike" : "different"), reason: "",
            facts: [
                .init(name: "requests", value: .number(results.count)),
                .init(name: "different", value: .number(different)),
            ])
        return outcome(try self.list(of: name))
    }
}

/// What a word came to.
package struct UpgradeOutcome: Sendable, Equatable {
    /// The list as it is then, and whether a restart finds it so.
    package let list: UpgradeChecklist
    package let isDurable: Bool
}

/// Why nothing was done about an upgrade.
package enum UpgradeFault: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownSplit(String, known: [String])
    case unknownStep(String, known: String)
    case noCandidate(String)
    case running(String)
    case none(String)
    case refused(UpgradeRefusal)
    case latch(LatchFault)
    case notWritten(String)
    case noSmoke(String)
    case smokeRunning(String)
    case smokeOutdated(String)
    case noTarget(String)

    /// What is wrong and what was expected, in one line.
    package var description: String {
        switch self {
        case .unknownSplit(let name, let known):
            "there is no split \(name.debugDescription); expected \(known.joined(separator: ", "))"
        case .unknownStep(let step, let known):
            "there is no step \(step.debugDescription); expected \(known)"
        case .noCandidate(let split):
            "\(split) has no candidate; expected a split with a stable side and a new one"
        case .running(let split): "an upgrade of \(split) is under way"
        case .none(let split):
            "there is no upgrade of \(split); `sluice upgrade start \(split)` begins one"
        case .refused(let refusal): "\(refusal)"
        case .latch(let fault): "finish is refused: \(fault)"
        case .notWritten(let what): "nothing was said: \(what) could not be written"
        case .noSmoke(let split):
            "no smoke requests are set; expected splits.\(split).upgrade.smoke"
        case .smokeRunning(let split): "smoke requests of \(split) are on their way"
        case .smokeOutdated(let split):
            "the settings or the upgrade of \(split) changed meanwhile; send them again"
        case .noTarget(let upstream): "\(upstream) has no usable target to ask"
        }
    }
}

extension Caller {
    /// Who, in a few words.
    var text: String {
        switch self {
        case .sluice: "sluice"
        case .file: "the settings"
        case .process(let user, _): ProcessFacts.userName(of: user) ?? "uid \(user)"
        case .socket: "control socket"
        case .token(let name): "token \(name)"
        case .stranger: "stranger"
        }
    }
}
