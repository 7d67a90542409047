internal import Kernel
package import Logging
package import Settings

/// Looks at the Admin APIs while writes are frozen, and only asks who answers while they are not.
/// There is one for the process.
package actor TripwireWatch {
    /// What is frozen now; the one who knows is asked again and again.
    package typealias Freezes = @Sendable () async -> [FreezeFacts]

    /// Reads an Admin API: all of it, or only who answers.
    package typealias Look =
        @Sendable (AdminAccessSettings, _ isWhole: Bool) async -> Result<AdminLook, AdminFault>

    /// What is frozen is asked at least so often, so that nobody has to say that it changed.
    private static let longestWait: Int64 = 5_000
    /// Who answers is asked no more often than so while nothing is frozen.
    private static let nodeMilliseconds: Int64 = 60_000
    /// In bytes: both sides of a few splits with 100,000 entities each.
    private static let longestFile = 128 << 20

    private let logger: Logger
    private let disk: DiskQueue
    private let times: SplitTripwire.Times
    private let lookAt: Look
    private let freezes: Freezes
    private let store = StateFile()
    private nonisolated let pulse = Pulse()

    private var splits: [SplitSettings] = []
    private var access: [String: AdminAccessSettings] = [:]
    private var tripwires: [String: SplitTripwire] = [:]
    private var reports: [String: AdminReport] = [:]
    /// When the next round of a split, and the next look at who answers, are due, on the monotonic
    /// clock; what has no moment is due at once.
    private var nextRound: [String: Int64] = [:]
    private var nextLook: [String: Int64] = [:]
    private var path: String?
    private var version = 0
    private var writtenVersion = 0
    private var isWritten = true

    package init(
        logger: Logger, disk: DiskQueue = .threads,
        times: SplitTripwire.Times = SplitTripwire.Times(),
        lookAt: @escaping Look = { await AdminClient.read($0, isWhole: $1) },
        freezes: @escaping Freezes
    ) {
        self.logger = logger
        self.disk = disk
        self.times = times
        self.lookAt = lookAt
        self.freezes = freezes
    }

    /// Takes over what an earlier run left.
    package func begin(_ snapshot: Snapshot) async {
        let path = Self.path(snapshot)
        let (kept, fault) = await disk.run {
            StateFile.load(path, longest: Self.longestFile) {
                try TripwireState(decoding: $0).tripwires
            }
        }
        if let fault {
            logger.error(
                "tripwire.state: \(fault); it is passed over: what changed so far cannot be seen")
        }
        for tripwire in kept ?? [] {
            tripwires[tripwire.split] = tripwire
            guard !tripwire.alarmedKinds.isEmpty else { continue }
            let kinds = SplitTripwire.listed(tripwire.alarmedKinds)
            logger.error("tripwire \(tripwire.split): ALARM of before the restart: \(kinds)")
        }
        adopt(snapshot)
    }

    /// Takes on the settings that run.
    package func adopt(_ snapshot: Snapshot) {
        splits = snapshot.splits
        let isElsewhere = path != Self.path(snapshot)
        path = Self.path(snapshot)
        var next: [String: AdminAccessSettings] = [:]
        for upstream in snapshot.upstreams { next[upstream.name] = upstream.admin }
        for (name, old) in access where next[name] != old { nextLook[name] = nil }
        access = next
        reports = reports.filter { access[$0.key] != nil }
        let names = Set(splits.map(\.name))
        for (name, tripwire) in tripwires where !names.contains(name) {
            if tripwire.freeze != nil {
                logger.warning("tripwire \(name): dropped, the settings do not have the split")
            }
            tripwires[name] = nil
            version += 1
        }
        for split in splits where tripwires[split.name] == nil {
            tripwires[split.name] = SplitTripwire(split: split.name)
        }
        if isElsewhere { version += 1 }
        nextRound = [:]
        pulse.beat()
    }

    /// What is frozen may have changed: look soon.
    package nonisolated func look() { pulse.beat() }

    /// Watches until the task is cancelled.
    package func run() async { await pulse.run { await turn() } }

    /// How every split with a watched member stands, and every Admin API, in the order of the
    /// settings.
    package func report() -> (splits: [TripwireReport], admins: [AdminReport]) {
        let now = Self.wall()
        let watched = splits.filter { split in split.members.contains { access[$0] != nil } }
        let names = splits.flatMap(\.members)
        let order = names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map(\.element)
        return (
            watched.compactMap { split in
                tripwires[split.name].map { tripwire in
                    TripwireReport(
                        tripwire, admins: Self.compared(split).map { ($0, report(of: $0)) },
                        now: now, freshMilliseconds: 3 * interval(of: split) + 120_000,
                        isDurable: path != nil && isWritten)
                }
            },
            order.compactMap { report(of: $0) }
        )
    }

    private func report(of upstream: String) -> AdminReport? {
        access[upstream].map { _ in reports[upstream] ?? AdminReport(upstream: upstream) }
    }
}

/// A turn.
extension TripwireWatch {
    private static func wall() -> Int64 { WallClock.nanoseconds() / 1_000_000 }
    private static func monotonic() -> Int64 { Instant.now().nanoseconds / 1_000_000 }

    private static func path(_ snapshot: Snapshot) -> String? {
        snapshot.stateDirectory.map { "\($0)/tripwire.state" }
    }

    /// The members that are compared: the stable one first.
    private static func compared(_ split: SplitSettings) -> [String] {
        [split.stable] + split.members.filter { $0 != split.stable }
    }

    private func interval(of split: SplitSettings) -> Int64 {
        Int64(split.members.compactMap { access[$0]?.intervalMilliseconds }.min() ?? 30_000)
    }

    /// Reads what is due; when the next is.
    private func turn() async -> Instant? {
        guard !access.isEmpty || tripwires.values.contains(where: { $0.freeze != nil }) else {
            return nil
        }
        await takeFreezes()
        let (now, began) = (Self.monotonic(), Self.wall())
        let rounds = splits.filter { split in
            tripwires[split.name]?.isSettled(now: began) == true
                && now >= nextRound[split.name] ?? 0
                && split.members.contains { access[$0] != nil }
        }
        let whole = Set(rounds.flatMap(\.members)).filter { access[$0] != nil }
        let looks = access.keys.filter { !whole.contains($0) && now >= nextLook[$0] ?? 0 }
        let asked = access
        for split in rounds { nextRound[split.name] = now + interval(of: split) }
        for name in whole.union(looks) {
            let least = Int64(asked[name]?.intervalMilliseconds ?? 0)
            nextLook[name] = now + max(least, Self.nodeMilliseconds)
        }
        let frozen = tripwires.compactMapValues(\.freeze)
        let results = await read(whole, looks)
        await takeFreezes()
        take(results, rounds, asked, frozen, began)
        await write()
        return next()
    }

    private func takeFreezes() async {
        let facts = await freezes()
        let now = Self.wall()
        for name in tripwires.keys.sorted() {
            let before = tripwires[name]?.freeze
            let events = tripwires[name]?.take(
                facts.first { $0.split == name }, now: now, times: times)
            if isWatched(name) { tell(events ?? []) }
            if before != tripwires[name]?.freeze {
                version += 1
                nextRound[name] = nil
            }
        }
        await write()
    }

    private func read(
        _ whole: Set<String>, _ looks: [String]
    ) async -> [String: Result<AdminLook, AdminFault>] {
        let wanted = whole.map { ($0, true) } + looks.map { ($0, false) }
        let lookAt = lookAt
        // Each in a task of its own, so that a slow side does not hold up the other.
        let tasks = wanted.compactMap { name, isWhole in
            access[name].map { access in (name, Task { await lookAt(access, isWhole) }) }
        }
        return await withTaskCancellationHandler {
            var results: [String: Result<AdminLook, AdminFault>] = [:]
            for (name, task) in tasks { results[name] = await task.value }
            return results
        } onCancel: {
            for (_, task) in tasks { task.cancel() }
        }
    }

    /// A reading counts where the settings, and the freeze, are those that it began with.
    private func take(
        _ results: [String: Result<AdminLook, AdminFault>], _ rounds: [SplitSettings],
        _ asked: [String: AdminAccessSettings], _ frozen: [String: FreezeFacts], _ began: Int64
    ) {
        guard !Task.isCancelled else { return }
        let now = Self.wall()
        let valid = results.filter { access[$0.key] != nil && access[$0.key] == asked[$0.key] }
        for (name, result) in valid.sorted(by: { $0.key < $1.key }) {
            let event = reports[name, default: AdminReport(upstream: name)].take(result, now: now)
            tell([event].compactMap(\.self))
        }
        for split in rounds {
            guard let before = tripwires[split.name], before.freeze == frozen[split.name] else {
                continue
            }
            let readings = Self.compared(split).compactMap { name in
                (try? valid[name]?.get())?.reading.map { (upstream: name, reading: $0) }
            }
            tell(
                tripwires[split.name]?.take(readings, began: began, now: now, times: times) ?? [])
            guard let after = tripwires[split.name] else { continue }
            if after.isToBeKept(instead: before) { version += 1 }
            if after.disagreements.contains(where: { !$0.isAlarm }) {
                let soon = Self.monotonic() + times.agreeMilliseconds + 1_000
                nextRound[split.name] = min(nextRound[split.name] ?? soon, soon)
            }
        }
    }

    private func write() async {
        guard let path, version > writtenVersion || !isWritten else { return }
        let (kept, version) = (tripwires.keys.sorted().compactMap { tripwires[$0] }, version)
        let fault = await disk.run { [store] in
            store.write(TripwireState(kept).encoded(), version: version, path: path)
        }
        if let fault, isWritten { logger.warning("tripwire.state was not written: \(fault)") }
        isWritten = fault == nil
        writtenVersion = version
    }

    private func next() -> Instant {
        let (now, wall) = (Self.monotonic(), Self.wall())
        var moments = [now + Self.longestWait] + access.keys.map { nextLook[$0] ?? now }
        for split in splits {
            guard let tripwire = tripwires[split.name], tripwire.freeze != nil else { continue }
            moments.append(
                max(
                    nextRound[split.name] ?? now,
                    now + max(0, tripwire.settledAtMilliseconds - wall)))
        }
        return Instant(nanoseconds: (moments.min() ?? now) * 1_000_000)
    }

    private func isWatched(_ split: String) -> Bool {
        splits.first { $0.name == split }?.members.contains { access[$0] != nil } ?? false
    }

    private func tell(_ events: [SplitTripwire.Event]) {
        for event in events {
            switch event.level {
            case .notice: logger.notice("\(event.text)")
            case .warning: logger.warning("\(event.text)")
            case .error: logger.error("\(event.text)")
            }
        }
    }
}

extension SplitTripwire {
    /// Whether a restart would find other than before.
    fileprivate func isToBeKept(instead other: SplitTripwire) -> Bool {
        freeze != other.freeze || baselines != other.baselines || changes != other.changes
            || keptDisagreements != other.keptDisagreements
    }

    private var keptDisagreements: [EntityChanges] {
        disagreements.filter(\.isAlarm).map(\.changes)
    }
}
