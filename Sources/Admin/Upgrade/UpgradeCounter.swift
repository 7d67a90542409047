internal import Kernel
internal import Logging
internal import Proxy
internal import Telemetry

/// Counts what upgrades need counted: requests by method and prefix and answers of 429, of either
/// side, from an upgrade's begin to its end. Counters of the process begin anew with it, so what
/// was counted is kept in the state_dir: after an orderly end all of it, after a crash all but the
/// last seconds.
actor UpgradeCounter {
    private let plane: any Plane
    private let logger: Logger
    private let disk: DiskQueue
    private let store = StateFile()
    private var path: String?
    private var version = 0

    /// What had been counted when this process began, or when the upgrade did.
    private var base: [String: UpgradeCounts] = [:]
    /// Answers of 429 that this process had counted before the upgrade began: of either side.
    private var limitedBefore: [String: (stable: Int, candidate: Int)] = [:]
    /// What was counted when somebody looked last, and what the disk has of it.
    private var latest: [String: UpgradeCounts] = [:]
    private var written: [String: UpgradeCounts] = [:]
    private var nextWrite = Instant.now()
    private var fault: String?
    /// What the workers were told; nil before that.
    private var told: [DataPlane.PrefixSubject]?

    init(plane: any Plane, logger: Logger, disk: DiskQueue) {
        self.plane = plane
        self.logger = logger
        self.disk = disk
    }

    /// Takes over what an earlier run has counted.
    func begin(in folder: String?) async {
        path = folder.map { "\($0)/upgrade.counts" }
        let path = path
        let (kept, fault) = await disk.run {
            StateFile.load(path) { try UpgradeCounts.decoded($0) }
        }
        base = Dictionary((kept ?? []).map { ($0.split, $0) }) { first, _ in first }
        latest = base
        written = base
        if let fault {
            logger.warning(
                "upgrade.counts cannot be used: \(fault); requests and 429 count from now on")
        }
    }

    /// From now on the file is there.
    func adopt(folder: String?) {
        let next = folder.map { "\($0)/upgrade.counts" }
        if next != path { written = [:] }
        path = next
    }

    /// An upgrade begins: so does its count.
    func begin(_ list: UpgradeChecklist) async {
        let start = list.start.atMilliseconds
        let fresh = UpgradeCounts(
            split: list.split, startMilliseconds: start, sinceMilliseconds: start)
        let limited = Self.limited(list, await plane.counters(), plane)
        limitedBefore[list.split] = limited
        base[list.split] = fresh
        latest[list.split] = fresh
    }

    /// An upgrade is over: its counts stay as they are.
    func end(_ list: UpgradeChecklist) async {
        base[list.split] = await counted(list, await plane.counters())
        latest[list.split] = base[list.split]
        await write(isUrgent: true)
    }

    /// Lets workers tell apart the requests of the upgrades that go on, and of no other split.
    func watch(_ lists: [UpgradeChecklist]) async {
        let running = lists.filter { $0.done == nil }
        for list in running where base[list.split]?.isOf(list) != true {
            base[list.split] = fresh(list)
        }
        let subjects = running.map { list in
            DataPlane.PrefixSubject(
                split: list.split, stable: list.x, candidate: list.y,
                epoch: list.start.atMilliseconds)
        }
        guard subjects != told else { return }
        told = subjects
        // A worker that is late has the message all the same.
        _ = await plane.tellApart(subjects)
    }

    /// The settings are others: so may the lanes be.
    func forgetWhatWasTold() { told = nil }

    /// What was counted of an upgrade up to now.
    func counted(_ list: UpgradeChecklist, _ counters: WorkerCounters) async -> UpgradeCounts {
        let current = await plane.prefixes()[list.split]
        let base = base[list.split].flatMap { $0.isOf(list) ? $0 : nil }
        guard list.done == nil || latest[list.split]?.isOf(list) != true else {
            return latest[list.split] ?? base ?? fresh(list)
        }
        var counts = base ?? fresh(list)
        let before = limitedBefore[list.split] ?? (0, 0)
        let now = Self.limited(list, counters, plane)
        counts.stableLimited += max(0, now.stable - before.stable)
        counts.candidateLimited += max(0, now.candidate - before.candidate)
        if let current { counts.prefixes.merge(current) }
        if base != nil { latest[list.split] = counts }
        return counts
    }

    /// Writes what has changed, unless that was done a few seconds ago.
    func write(isUrgent: Bool) async {
        guard let path, latest != written, isUrgent || Instant.now() >= nextWrite else { return }
        nextWrite = Instant.now().advanced(byMilliseconds: 5_000)
        version += 1
        let (counts, version) = (latest, version)
        let text = UpgradeCounts.encoded(counts.values.sorted { $0.split < $1.split })
        let fault = await disk.run { [store] in store.write(text, version: version, path: path) }
        if fault == nil { written = counts }
        if let fault, fault != self.fault { logger.warning("upgrade.counts: \(fault)") }
        self.fault = fault
    }

    private func fresh(_ list: UpgradeChecklist) -> UpgradeCounts {
        UpgradeCounts(
            split: list.split, startMilliseconds: list.start.atMilliseconds,
            sinceMilliseconds: WallClock.nanoseconds() / 1_000_000)
    }

    private static func limited(
        _ list: UpgradeChecklist, _ counters: WorkerCounters, _ plane: any Plane
    ) -> (stable: Int, candidate: Int) {
        let registry = plane.registry
        func count(_ upstream: String) -> Int {
            registry.lanes.indices.reduce(0) { sum, lane in
                guard registry.lanes[lane].upstream == upstream else { return sum }
                return sum + counters.requestCount(lane: lane, code: 429)
            }
        }
        return (count(list.x), count(list.y))
    }
}
