internal import Judging
package import Kernel
package import Logging
internal import Proxy
package import Settings
internal import Splitting
internal import Telemetry

/// The one truth about rollouts: one at a time, judged once a second.
///
/// What raises the candidate is in the journal, on the disk, before the weights are. What lowers
/// it goes to the workers first and is written right after. Neither the judge nor a rollback waits
/// for a disk: entries are written in their order by whoever comes to it.
package actor RolloutKeeper {
    let weights: WeightKeeper
    let plane: any RolloutPlane
    let logger: Logger
    let disk: DiskQueue
    let audit: AuditTrail?
    /// The monotonic clock; tests have their own.
    let clock: @Sendable () -> Instant
    let journal: RolloutJournal
    let history = RolloutHistory()

    /// The rollout that runs, or the last one.
    package internal(set) var course: RolloutCourse?
    var splits: [SplitSettings] = []
    var path: String?
    /// Why the journal of an earlier run cannot be used, or was not written.
    package var journalFault: String?
    /// What of the journal of an earlier run cannot be read.
    package var journalDamage: String?
    /// A rollout whose journal is gone, while its weights are there.
    var lost: LostRollout?
    private var waiting: [RolloutEntry] = []
    /// How many entries were taken on, and how many of them are on the disk. Up to a number they
    /// wait no more, as there were too many: only the journal as a whole has them.
    private var notedCount = 0
    private var writtenCount = 0
    private var droppedCount = 0
    private static let mostWaiting = 10_000
    private var isWriting = false
    /// What became of rollouts and is not in the history yet, and why not.
    private var untold: [JSONValue] = []
    private var historyFault: String?
    private var isTelling = false
    private var writers: [CheckedContinuation<Void, Never>] = []

    /// Since the last look: what both sides did, and how they stand.
    var marks = LatencyMarks()
    var patience = Patience()
    var stableWindow = SideWindow()
    var candidateWindow = SideWindow()
    var stableOverdue = 0
    var candidateHanging = 0
    var sights: [String: SplitSight] = [:]
    /// The upstreams whose targets are asked by checks.
    private(set) var checkedUpstreams: Set<String> = []
    /// The splits that have connections and no requests, and those that have both.
    private(set) var connectionSplits: Set<String> = []
    private(set) var mixedSplits: Set<String> = []
    /// The first look since traffic was looked at, and the last one.
    var firstLook: Double?
    var lastLook: Instant?
    /// Whether the step was going on at the last look.
    var wasCounting = false
    var unwrittenMilliseconds = 0
    var unusableSince: Double?
    var guards: [(name: AbsoluteGuards.Name, standing: AbsoluteGuards.Standing)] = []
    /// What must be known before the step ends.
    package internal(set) var blockers: [String] = []
    /// What a person must see to; nil when there is nothing.
    package internal(set) var alarm: String?
    var lostSticky = 0
    /// A change of weights of ours is on its way.
    var isMoving = false
    /// How many of them have ended.
    var moveCount = 0
    var isLooking = false
    /// How the reverse test has grown: its value at a moment some time ago.
    var growth: [(at: Double, value: Double)] = []

    package init(
        weights: WeightKeeper, plane: any RolloutPlane, logger: Logger,
        disk: DiskQueue = .threads, audit: AuditTrail? = nil,
        journalLimit: Int = RolloutJournal.usualLimit,
        clock: @escaping @Sendable () -> Instant = { .now() }
    ) {
        journal = RolloutJournal(limit: journalLimit)
        self.weights = weights
        self.plane = plane
        self.logger = logger
        self.disk = disk
        self.audit = audit
        self.clock = clock
    }

    /// Goes on with it when the weights are in force.
    package func goOn() async {
        guard let course else { return }
        if course.isGoingBack {
            logger.warning("the rollout \(course.file) was going back: that is done now")
            return await goBack()
        }
        guard !course.phase.isOver else { return await tellHistory(course) }
        if let reason = await interruptedReason(course) {
            logger.warning("the rollout \(course.file) was going back: that is done now")
            note(RolloutEntry(.rollback, [.init(name: "reason", value: .string(reason))]))
            return await goBack()
        }
        await watch(course)
        showGuards()
        if let journalDamage, course.phase != .paused(journalDamage) {
            alarm = journalDamage
            pause(journalDamage)
        }
        // A raise that the end of the process has interrupted is made; what somebody else has
        // lowered stays, and is found by the first look.
        guard self.course?.phase == .running, await isBehindOurselves(course) else { return }
        await raise(to: course.step, expecting: nil)
    }

    /// Takes on the settings that run.
    package func adopt(_ snapshot: Snapshot) async {
        let mixed = mixedSplits
        take(snapshot)
        guard let course, !course.phase.isOver else { return await move(to: snapshot) }
        tellOfConnections(course, before: mixed)
        let missing = course.plan.splits.filter { name in
            splits.first { $0.name == name }?.candidate == nil
        }
        if !missing.isEmpty {
            pause(
                "the configuration that was read again has no \(missing.joined(separator: ", ")) "
                    + "with a candidate")
        }
        await watch(course)
        await obeySettings()
    }

    func take(_ snapshot: Snapshot) {
        splits = snapshot.splits
        let names = snapshot.splits.map(\.name)
        connectionSplits = Set(names.filter { snapshot.carriesConnections($0) })
        mixedSplits = Set(
            names.filter { snapshot.carriesSomeConnections($0) }
        ).subtracting(connectionSplits)
        checkedUpstreams = Set(snapshot.upstreams.filter { $0.health != nil }.map(\.name))
    }

    /// Whether everything that happened is on the disk.
    package var isWritten: Bool { writtenCount >= notedCount && !isWriting }

    /// Whether a change of weights of its own is on its way.
    package var isBusy: Bool { isMoving }

    func watch(_ course: RolloutCourse) async {
        marks = LatencyMarks(course.plan.allowance)
        patience = Patience(course.plan.allowance)
        await plane.watch(sides(course))
    }

    func holdWeights(_ course: RolloutCourse) async {
        let ceiling = course.ceilingHundredths
        await weights.hold(
            RolloutHold(
                name: course.file,
                ceilings: Dictionary(
                    course.plan.splits.map { ($0, ceiling) },
                    uniquingKeysWith: { first, _ in first }),
                pause: { [weak self] change in await self?.pause(for: change) },
                settle: { [weak self] in await self?.settle() }))
    }

    /// Whether splits are below the step since the end of the process came between the journal and
    /// the weights: they have those of the step before, or of the time before it began.
    private func isBehindOurselves(_ course: RolloutCourse) async -> Bool {
        let set = await weights.current
        let began = course.events.first?.atMilliseconds ?? 0
        var isBehind = false
        for name in course.plan.splits {
            guard let split = splits.first(where: { $0.name == name }),
                let now = set.first(where: { $0.name == name })
            else { return false }
            guard Self.share(split, now) < course.share - 1e-9 else { continue }
            let isOurs = now.source == .rollout && now.reason.hasPrefix("\(course.file): step ")
            let isFromBefore =
                course.step == 0 && course.heldMilliseconds == 0
                && now.changedAtMilliseconds <= began
            guard isOurs || isFromBefore else { return false }
            isBehind = true
        }
        return isBehind
    }

    /// Why it was going back, when the weights know of that and the journal does not yet: they come
    /// to the disk side by side.
    private func interruptedReason(_ course: RolloutCourse) async -> String? {
        let mine = "\(course.file): "
        let began = course.events.first?.atMilliseconds ?? 0
        for set in await weights.current where course.plan.splits.contains(set.name) {
            guard let split = splits.first(where: { $0.name == set.name }),
                set.source == .rollout, set.changedAtMilliseconds > began,
                Self.share(split, set) == 0, set.reason.hasPrefix(mine),
                !set.reason.hasPrefix("\(mine)step ")
            else { continue }
            return String(set.reason.dropFirst(mine.count))
        }
        return nil
    }

    /// The candidate's share of a split's weights.
    static func share(_ split: SplitSettings, _ set: SplitWeights) -> Double {
        let shares = WeightReport.shares(of: set.weights)
        guard let candidate = split.candidate,
            let place = set.members.firstIndex(of: candidate), place < shares.count
        else { return 0 }
        return shares[place]
    }
}

/// The journal.
extension RolloutKeeper {
    /// Takes an entry on and has it written by and by.
    func note(_ entry: RolloutEntry) {
        add(entry)
        if !isWriting { Task { await writeWaiting() } }
    }

    /// Takes an entry on; true when it is on the disk.
    func record(_ entry: RolloutEntry) async -> Bool {
        add(entry)
        let number = notedCount
        await writeWaiting()
        return writtenCount >= number
    }

    /// Waits until what was taken on so far is on the disk, or cannot be written.
    func settle() async {
        if writtenCount < notedCount { await writeWaiting() }
    }

    private func add(_ entry: RolloutEntry) {
        course?.take(entry)
        waiting.append(entry)
        notedCount += 1
        guard waiting.count > Self.mostWaiting else { return }
        // A disk that takes nothing for hours.
        waiting = []
        droppedCount = notedCount
    }

    /// Begins the journal of another rollout; nil when it is on the disk, otherwise why not.
    func beginJournal(_ entry: RolloutEntry) async -> String? {
        guard let path else { return "there is no state_dir for rollout.journal" }
        await keepAgain()
        // What the last one came to is not given up for a new one.
        guard untold.isEmpty else { return unwritten ?? "rollout.history is being written" }
        await beginWriting()
        let fault = await disk.run { [journal] in journal.replace([entry], path: path) }
        if fault == nil {
            waiting = []
            writtenCount = notedCount
            journalFault = nil
        }
        endWriting()
        return fault.map { "rollout.journal: \($0)" }
    }

    /// Tries once more what no disk has taken, as a full disk has room again some day: what was
    /// decided must not be forgotten by the next start because it came at a bad moment.
    package func keepAgain() async {
        if writtenCount < notedCount { await writeWaiting() }
        await writeUntold()
    }

    /// Why something that happened is not on the disk; nil when all is, or is on its way.
    var unwritten: String? {
        if let journalFault { return "rollout.journal: \(journalFault)" }
        return historyFault.map { "rollout.history: \($0)" }
    }

    private func beginWriting() async {
        while isWriting { await withCheckedContinuation { writers.append($0) } }
        isWriting = true
    }

    private func endWriting() {
        isWriting = false
        let woken = writers
        writers = []
        for one in woken { one.resume() }
    }

    private func writeWaiting() async {
        guard let path else { return }
        await beginWriting()
        var fault: String?
        while writtenCount < notedCount, fault == nil {
            let batch = waiting
            let count = notedCount
            // What waits is in the course already, and so in what the journal is rewritten to.
            let isPartial = writtenCount >= droppedCount
            let whole = journal.isLong || !isPartial ? course?.journal : nil
            fault = await disk.run { [journal] in
                if let whole {
                    let fault = journal.replace(whole, path: path)
                    if fault == nil || !isPartial { return fault }
                }
                return journal.append(batch, path: path)
            }
            guard fault == nil else { break }
            writtenCount = max(writtenCount, count)
            waiting = Array(waiting.suffix(notedCount - writtenCount))
        }
        log("rollout.journal", fault, before: journalFault)
        journalFault = fault
        endWriting()
    }

    /// Each fault is said once, and its end.
    private func log(_ file: String, _ fault: String?, before: String?) {
        guard fault != before else { return }
        if let fault {
            logger.error("\(file) was not written: \(fault); it is tried again")
        } else {
            logger.notice("\(file) is written again")
        }
    }

    /// What became of a rollout comes to the history, once: an earlier run may have ended it, and
    /// the disk may have taken it then or not.
    func tellHistory(_ course: RolloutCourse) async {
        guard let file = historyPath else { return }
        let line = course.summary
        let isThere = await disk.run {
            RolloutHistory.read(file).contains {
                $0["started_at"] == line["started_at"] && $0["plan"] == line["plan"]
            }
        }
        if !isThere { untold.append(line) }
        await writeUntold()
    }

    var historyPath: String? { path.map { "\($0.dropLast("journal".count))history" } }

    private func writeUntold() async {
        guard let file = historyPath, !isTelling else { return }
        isTelling = true
        defer { isTelling = false }
        while let line = untold.first {
            let fault = await disk.run { [history] in history.append(line, path: file) }
            log("rollout.history", fault, before: historyFault)
            historyFault = fault
            guard fault == nil else { return }
            untold.removeFirst()
        }
    }

    /// Tells the audit.
    func writeDown(
        _ kind: String, from: JSONValue = .null, to: JSONValue = .null, reason: String = "",
        facts: [JSONValue.Member] = []
    ) async {
        guard let course else { return }
        await audit?.append(
            AuditEvent(
                kind, split: course.plan.splits.joined(separator: ","), subject: course.file,
                from: from, to: to, reason: reason, facts: facts))
    }
}
