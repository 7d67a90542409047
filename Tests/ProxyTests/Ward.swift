import Admin
import Kernel
import Logging
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

/// A stage whose targets are watched over, as in the process.
struct Ward {
    let stage: Stage
    let judge: HealthJudge
    let log = LogMemory()
    private let names: NameWatch
    private let watching: Task<Void, Never>

    /// `adjust` gets each upstream's settings.
    init(
        workers: Int = 1, _ upstreams: [[UInt16]], weights: [UInt32]? = nil,
        adjust: (inout UpstreamSettings) -> Void
    ) async throws {
        try await self.init(
            Stage(workers: workers, [[1]], weights: [1]),
            Self.snapshot(upstreams, weights: weights, adjust: adjust))
    }

    init(_ stage: Stage, _ snapshot: Snapshot) async throws {
        self.stage = stage
        let (plane, log) = (stage.plane, log)
        let logger = Logger(label: "test") { _ in log }
        let judge = HealthJudge(plane, logger: logger)
        let names = NameWatch(plane, judge: judge, logger: logger)
        self.judge = judge
        self.names = names
        try await stage.apply(snapshot)
        let service = TargetService(plane, judge: judge, names: names)
        watching = Task { await service.watch() }
        look()
    }

    static func snapshot(
        _ upstreams: [[UInt16]], weights: [UInt32]? = nil,
        adjust: (inout UpstreamSettings) -> Void
    ) -> Snapshot {
        var snapshot = Stage.snapshot(upstreams, weights: weights)
        for index in snapshot.upstreams.indices { adjust(&snapshot.upstreams[index]) }
        return snapshot
    }

    /// Runs other settings, as a reload does.
    func apply(_ snapshot: Snapshot) async throws {
        try await stage.apply(snapshot)
        look()
    }

    private func look() {
        judge.look()
        names.look()
    }

    /// Waits until a report is as wanted, with `meanwhile` over and over until then.
    @discardableResult
    func wait(
        sourceLocation: SourceLocation = #_sourceLocation,
        until isDone: (HealthReport) -> Bool, meanwhile: () throws -> Void = {}
    ) async throws -> HealthReport {
        let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
        while true {
            let report = await judge.report()
            if isDone(report) { return report }
            if Instant.now() >= deadline {
                let states = report.targets.map { "\($0.address) \($0.state)" }
                Issue.record("\(states), log: \(log.lines)", sourceLocation: sourceLocation)
                return report
            }
            try meanwhile()
            await Task.yield()
        }
    }

    /// Waits until the targets are in these states, in their order: u, s, g, e, d.
    @discardableResult
    func wait(
        sourceLocation: SourceLocation = #_sourceLocation,
        for states: String, meanwhile: () throws -> Void = {}
    ) async throws -> HealthReport {
        let report = try await wait(
            sourceLocation: sourceLocation, until: { Self.letters($0) == states },
            meanwhile: meanwhile)
        // What the judge knows, the workers know soon.
        await stage.settle()
        return report
    }

    static func letters(_ report: HealthReport) -> String {
        String(
            report.targets.map { target in
                switch target.state {
                case .unknown: "u"
                case .sound: "s"
                case .degraded: "g"
                case .ejected: "e"
                case .down: "d"
                }
            })
    }

    func end() async {
        watching.cancel()
        await watching.value
        await stage.end()
    }
}

/// Keeps what is logged.
final class LogMemory: LogHandler, Sendable {
    private let kept = Lock<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    func count(_ words: String) -> Int { lines.count { $0.contains(words) } }

    func log(event: LogEvent) {
        kept.withLock { $0.append("\(event.level) \(event.message)") }
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
}
