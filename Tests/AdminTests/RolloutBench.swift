import Admin
import Judging
import Kernel
import Logging
import Proxy
import Settings
import Splitting
import Testing

/// A rollout of two splits before a data plane that only remembers, on files of its own, by a
/// clock that the test moves.
final class RolloutBench: Sendable {
    static let plan = """
        splits: [kong, tls]
        steps:
          - {weight: 10, hold: 10s, min_requests: 100}
          - {weight: 50, hold: 5s, approve: true}
          - {weight: 100, hold: 5s}
        guards: {no_usable_target: 10s}
        """
    static let stableWeights = "kong: {x: 100, y: 0}\ntls: {x: 100, y: 0} # both\n"

    let folder: TemporaryFolder
    let plane = FakePlane()
    let snapshot: Snapshot
    let weights: WeightKeeper
    let rollouts: RolloutKeeper
    let audit: AuditTrail
    let disk: DyingDisk
    private let log = RememberedLog()
    private let time = Lock<Int64>(1_000_000_000_000)

    /// The journal and the weights may be on disks of their own.
    init(
        in folder: TemporaryFolder? = nil, disk: DyingDisk = DyingDisk(),
        journalDisk: DiskQueue? = nil, weightsDisk: DiskQueue? = nil,
        journalLimit: Int = RolloutJournal.usualLimit, isChecked: Bool = true,
        listeners: [ListenerSettings] = []
    ) throws {
        if let folder {
            self.folder = folder
        } else {
            let fresh = try TemporaryFolder()
            try fresh.write(Self.stableWeights, to: "weights.yaml")
            self.folder = fresh
        }
        self.disk = disk
        let path = self.folder.path
        let all = try #require(Weight(hundredths: 10_000))
        snapshot = Snapshot(
            listeners: listeners,
            upstreams: ["x", "y"].map {
                var upstream = UpstreamSettings(name: $0, targets: [])
                upstream.health = isChecked ? HealthSettings(kind: .tcp) : nil
                return upstream
            },
            splits: ["kong", "tls"].map {
                SplitSettings(
                    name: $0, members: ["x", "y"], weights: [all, .zero], stable: "x",
                    candidate: "y")
            },
            weightsFile: "\(path)/weights.yaml", stateDirectory: "\(path)/state")
        let log = log
        let logger = Logger(label: "test") { _ in log }
        weights = WeightKeeper(
            plane: plane, store: WeightStore(WeightStore.Places(snapshot)), logger: logger,
            disk: weightsDisk ?? disk.queue)
        let time = time
        audit = AuditTrail(logger: logger)
        rollouts = RolloutKeeper(
            weights: weights, plane: plane, logger: logger, disk: journalDisk ?? disk.queue,
            audit: audit, journalLimit: journalLimit,
            clock: { Instant(nanoseconds: time.withLock { $0 }) })
    }

    /// Starts as the process does.
    func start() async throws {
        let stored = try WeightStore.loadState(WeightStore.Places(snapshot))
        await rollouts.begin(snapshot, environment: [:])
        let text = WeightsText.read(snapshot, files: DiskFiles.read)
        _ = try await weights.run(snapshot, text: text, stored: stored)
        await rollouts.goOn()
    }

    func begin(_ text: String = plan) async throws {
        try await rollouts.start(try readPlan(text), file: "plan.yaml", text: text)
    }

    func readPlan(_ text: String) throws(RolloutFault) -> RolloutPlan {
        do throws(SettingsErrors) {
            return try RolloutPlan.read(
                Array(text.utf8), file: "plan.yaml", environment: [:], for: snapshot,
                acknowledgements: [])
        } catch {
            throw .plan(error)
        }
    }

    /// What was logged, in its order.
    var logged: [String] { log.lines.withLock { $0 } }

    /// A file of the state_dir cannot be written any more, even by the superuser, as if the disk
    /// were full; or it can again.
    func fill(_ name: String) throws {
        if (try? folder.read("state/\(name)")) != nil {
            try folder.rename("state/\(name)", to: "state/\(name).kept")
        }
        try folder.makeFolder("state/\(name)")
    }

    func empty(_ name: String) throws {
        try folder.remove("state/\(name)")
        if (try? folder.read("state/\(name).kept")) != nil {
            try folder.rename("state/\(name).kept", to: "state/\(name)")
        }
    }

    /// Time goes by in which nobody looks.
    func advance(seconds: Int64) { time.withLock { $0 += seconds * 1_000_000_000 } }

    /// So many seconds go by, each with this traffic.
    func pass(_ seconds: Int, _ report: EvidenceReport = EvidenceReport()) async {
        for _ in 0..<seconds {
            time.withLock { $0 += 1_000_000_000 }
            plane.memory.withLock { $0.evidence = [report] }
            await rollouts.look()
        }
    }

    /// Traffic of one second, with so many errors on each side.
    static func traffic(
        _ share: Double, candidate: Int = 0, stable: Int = 0, kind: JudgedClass = .errors,
        ended: Int = 100
    ) -> EvidenceReport {
        var report = EvidenceReport()
        report.candidate.sum = .init(
            ended: Int(Double(ended) * share), failed: kind == .errors ? candidate : 0)
        report.stable.sum = .init(
            ended: ended - Int(Double(ended) * share), failed: kind == .errors ? stable : 0)
        report.served = [share: report.candidate.sum.ended]
        report.prefixes = ["/orders"]
        if candidate + stable > 0 {
            report.rows = [
                .init(
                    kind, prefix: "/orders", share: share, candidate: candidate, stable: stable)
            ]
        }
        return report
    }

    func set(
        _ split: String, _ x: String, _ y: String, isForced: Bool = false
    ) async throws(WeightRefusal) {
        _ = try await weights.change(
            WeightRequest(
                .weights([split: ["x": x, "y": y]]), source: .socket, isForced: isForced))
    }

    var state: String { get async { await rollouts.course?.phase.word ?? "none" } }

    var reason: String { get async { await rollouts.course?.phase.reason ?? "" } }

    /// What is set, as `kong 90/10 tls 90/10`.
    var inForce: String {
        get async {
            await weights.current.map { set in
                "\(set.name) " + set.weights.map { "\($0)" }.joined(separator: "/")
            }.joined(separator: " ")
        }
    }

    /// The candidate's share of each split by what is set.
    var shares: [Double] {
        get async {
            await weights.current.map { WeightReport.shares(of: $0.weights)[1] }
        }
    }

    /// Waits until all that happened is on the disk, or the disk has died.
    func written() async throws {
        try await wait("it is written") { await rollouts.isWritten || disk.isDead }
    }

    var journal: [RolloutEntry] {
        RolloutJournal.load("\(folder.path)/state/rollout.journal").entries
    }

    func until(_ what: String, _ condition: () async -> Bool) async throws {
        try await wait(what, condition)
    }
}

/// A disk that takes so many works and dies: what comes then is never done, and nobody is told.
final class DyingDisk: Sendable {
    private struct State {
        var left: Int
        var done = 0
        /// Works that others have in hand: they end, even when another one dies meanwhile.
        var underWay = 0
        var graves: [@Sendable () -> Void] = []
    }

    private let state: Lock<State>
    /// What died waits for ever; it must not go out of existence, as nothing of a process that
    /// was killed does.
    private static let graveyard = Lock<[DyingDisk]>([])

    init(works: Int = .max) {
        state = Lock(State(left: works))
        Self.graveyard.withLock { $0.append(self) }
    }

    var queue: DiskQueue { DiskQueue { self.take($0) } }

    /// Whether it has died and what is on it is its last.
    var isDead: Bool { state.withLock { !$0.graves.isEmpty && $0.underWay == 0 } }

    var doneCount: Int { state.withLock { $0.done } }

    private func take(_ work: @escaping @Sendable () -> Void) {
        let isAlive = state.withLock { state in
            guard state.left > 0, state.graves.isEmpty else {
                state.graves.append(work)
                return false
            }
            state.left -= 1
            state.done += 1
            state.underWay += 1
            return true
        }
        guard isAlive else { return }
        work()
        state.withLock { $0.underWay -= 1 }
    }
}

/// Keeps the lines of a log.
private struct RememberedLog: LogHandler {
    let lines = Lock<[String]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.withLock { $0.append("\(event.message)") } }
}
