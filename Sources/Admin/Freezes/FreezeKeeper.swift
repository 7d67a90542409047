internal import Kernel
package import Logging
internal import Proxy
package import Settings

/// The one truth about what is frozen. A freeze is an act of caution: it goes to the workers first
/// and to the disk right after, and is acknowledged when both have it. An end that the disk has
/// not taken is none after a restart.
package actor FreezeKeeper {
    private let plane: any Plane
    private let logger: Logger
    private let disk: DiskQueue
    private let audit: AuditTrail?
    private let store = StateFile()

    /// What is frozen, in the order in which it was asked for.
    package private(set) var freezes: [Freeze] = []
    private var splits: [SplitSettings] = []
    private var guards: [String: GuardSettings] = [:]
    private var path: String?
    /// Why the file of an earlier run cannot be used, until another one is written.
    private var damage: String?
    /// Counts the changes, so that an older one is not written over a newer one.
    private var version = 0
    private var isWritten = true

    package init(
        plane: any Plane, logger: Logger, disk: DiskQueue, audit: AuditTrail? = nil
    ) {
        self.plane = plane
        self.logger = logger
        self.disk = disk
        self.audit = audit
    }

    /// Takes over the freezes of an earlier run, before the first request comes. A file that
    /// cannot be used may have said that everything is frozen, and counts as if it had.
    package func begin(_ snapshot: Snapshot) async {
        let path = Self.path(snapshot)
        let (kept, fault) = await disk.run {
            StateFile.load(path) { try FreezesState(decoding: $0).freezes }
        }
        freezes = kept ?? []
        damage = fault
        if let damage {
            logger.error(
                """
                freeze.state cannot be used: \(damage); every split with a guard counts as frozen \
                until `sluice unfreeze`
                """)
        }
        self.path = path
        await adopt(snapshot)
        for freeze in freezes {
            let since = Timestamp.text(milliseconds: freeze.sinceMilliseconds)
            logger.notice("\(freeze.text) since \(since)\(freeze.reasonText)")
        }
    }

    /// Takes over the splits and guards of a snapshot. What is frozen stays so, whatever the
    /// settings have.
    package func adopt(_ snapshot: Snapshot) async {
        splits = snapshot.splits
        noteGuards(snapshot)
        if let damage { freezeGuarded(because: damage) }
        let isElsewhere = path != Self.path(snapshot)
        path = Self.path(snapshot)
        for freeze in freezes where !splits.contains(where: { $0.name == freeze.split }) {
            logger.warning(
                """
                \(freeze.text), and the settings do not have that split: it stays frozen until \
                `sluice unfreeze \(freeze.split)`
                """)
        }
        _ = await plane.freeze(modes)
        if isElsewhere, !freezes.isEmpty { await write() }
    }

    /// Makes a change and returns when it is in force and on the disk. One that changes nothing is
    /// no fault.
    package func change(_ request: FreezeRequest) async throws(FreezeFault) -> FreezeOutcome {
        let before = freezes.first { $0.split == request.split }
        let isKnown = splits.contains { $0.name == request.split }
        guard isKnown || before != nil && request.mode == nil else {
            throw .unknownSplit(request.split, known: splits.map(\.name))
        }
        let isChange = before?.mode != request.mode
        if isChange { make(request, before) }
        // From the check to the messages to the workers nothing waits.
        let census = await plane.freeze(modes)
        if isChange || !isWritten { await write() }
        if isChange {
            await audit?.append(
                AuditEvent(
                    request.mode == nil ? "unfreeze" : "freeze", split: request.split,
                    from: .string(before?.mode.rawValue ?? "off"),
                    to: .string(request.mode?.rawValue ?? "off"), reason: request.reason,
                    metrics: await TrafficNote.json(of: request.split, splits, plane),
                    facts: [
                        .init(
                            name: "writes_in_flight",
                            value: .number(census.count(at: listeners(of: request.split))))
                    ]))
        }
        return FreezeOutcome(
            isChange: isChange,
            isDurable: path == nil ? request.mode == nil : isWritten, census: census)
    }

    /// The listeners whose guards obey a split, by their names.
    private func listeners(of split: String) -> [String] {
        guards.filter { $0.value.split == split }.map(\.key)
    }

    private var modes: [String: FreezeMode] {
        Dictionary(freezes.map { ($0.split, $0.mode) }) { first, _ in first }
    }

    private static func path(_ snapshot: Snapshot) -> String? {
        snapshot.stateDirectory.map { "\($0)/freeze.state" }
    }

    private func noteGuards(_ snapshot: Snapshot) {
        var now: [String: GuardSettings] = [:]
        for listener in snapshot.listeners { now[listener.name] = listener.guarding }
        for (name, old) in guards where now[name] != old && modes[old.split] != nil {
            logger.warning(
                """
                the guard of the listener \(name) is gone or another one, while \(old.split) is \
                frozen
                """)
        }
        guards = now
    }

    private func freezeGuarded(because damage: String) {
        let now = WallClock.nanoseconds() / 1_000_000
        for split in Set(guards.values.map(\.split)).sorted()
        where !freezes.contains(where: { $0.split == split }) {
            freezes.append(
                Freeze(
                    split: split, mode: .both, sinceMilliseconds: now,
                    reason: "freeze.state cannot be used: \(damage)"))
        }
    }

    private func make(_ request: FreezeRequest, _ before: Freeze?) {
        version += 1
        damage = nil
        freezes.removeAll { $0.split == request.split }
        let now = WallClock.nanoseconds() / 1_000_000
        guard let mode = request.mode else {
            let end = Freeze(
                split: request.split, mode: .both, sinceMilliseconds: now, reason: request.reason)
            return logger.notice("split \(request.split) is frozen no more\(end.reasonText)")
        }
        let freeze = Freeze(
            split: request.split, mode: mode, sinceMilliseconds: now, reason: request.reason)
        freezes.append(freeze)
        logger.notice("\(freeze.text)\(freeze.reasonText)")
    }

    private func write() async {
        guard let path else { return }
        let (text, version) = (FreezesState(freezes: freezes).encoded(), version)
        let fault = await disk.run { [store] in
            store.write(text, version: version, path: path)
        }
        isWritten = fault == nil
        if let fault { logger.warning("freeze.state was not written: \(fault)") }
    }
}

extension Freeze {
    fileprivate var text: String {
        switch mode {
        case .both: "split \(split) is frozen"
        case .candidate: "split \(split) is frozen but for its stable upstream"
        }
    }

    /// The reason as log lines end with it.
    fileprivate var reasonText: String {
        reason.isEmpty ? "" : ": \(reason.debugDescription)"
    }
}

extension GuardCensus {
    /// The writes on their way at some listeners.
    func count(at listeners: [String]) -> Int {
        listeners.reduce(0) { $0 + (writesInFlight[$1] ?? 0) }
    }
}
