import Admin
import Judging
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry

/// A data plane that remembers what it was told.
final class FakePlane: RolloutPlane {
    struct Memory {
        var snapshots: [Snapshot] = []
        var weights: [[String: [Weight]]] = []
        var pendingWorkers: [Int] = []
        var usableUpstreams: Set = ["x", "y"]
        var refusal: DataPlaneError?
        var resolved: [ResolvedTarget] = []
        /// What was drained, call by call.
        var drains: [Set<DrainScope>] = []
        /// What was frozen, call by call, and the writes on their way by listener.
        var freezes: [[String: FreezeMode]] = []
        var writes: [String: Int] = [:]
        /// What is in flight, by addresses; those that are not resolved are former targets of x.
        var loads: [String: TargetLoad] = [:]
        /// How targets stand beside being drained, by addresses.
        var health: [String: TargetStanding.Health] = [:]
        /// Whose requests are told apart, and what was counted of them.
        var subjects: [DataPlane.PrefixSubject] = []
        var prefixes: [String: RequestPrefixes] = [:]
        /// What the workers counted, and its names.
        var counters = WorkerCounters()
        var registry = Registry()
        /// What is looked at for a rollout, call by call; what the next looks find, and the marks
        /// that they had.
        var watched: [[TrackedSplit]] = []
        var evidence: [EvidenceReport] = []
        var marks: [LatencyMarks.Marks?] = []
        var patience: LatencyMarks.Marks?
        /// Long-lived connections, and those that were closed, call by call.
        var roster: [Roster.Entry] = []
        var shifted: [[Roster.Entry]] = []
        var accessLog = AccessLogReport()
        var reopeningError: Errno?
    }

    let memory = Lock(Memory())

    func run(_ snapshot: Snapshot) async throws(DataPlaneError) -> [Int] {
        try memory.withLock { memory throws(DataPlaneError) in
            if let refusal = memory.refusal { throw refusal }
            memory.snapshots.append(snapshot)
            return []
        }
    }

    func route(by weights: [SplitWeights]) async -> [Int] {
        memory.withLock { memory in
            let pairs = weights.map { ($0.name, $0.weights) }
            memory.weights.append(Dictionary(pairs) { first, _ in first })
            return memory.pendingWorkers
        }
    }

    func drain(_ scopes: Set<DrainScope>) async -> [Int] {
        memory.withLock { memory in
            memory.drains.append(scopes)
            return memory.pendingWorkers
        }
    }

    func freeze(_ splits: [String: FreezeMode]) async -> GuardCensus {
        memory.withLock { memory in
            memory.freezes.append(splits)
            return GuardCensus(
                writesInFlight: memory.writes, pendingWorkers: memory.pendingWorkers)
        }
    }

    func guardCensus() async -> GuardCensus {
        memory.withLock { memory in
            GuardCensus(writesInFlight: memory.writes, pendingWorkers: memory.pendingWorkers)
        }
    }

    func census() async -> Census {
        memory.withLock { memory in
            let known = memory.resolved.map { target in
                Census.Row(
                    upstream: target.upstream, address: "\(target.address)",
                    settings: [target.setting], isCurrent: true,
                    load: memory.loads["\(target.address)"] ?? TargetLoad())
            }
            let former = memory.loads.filter { address, _ in
                !known.contains { $0.address == address }
            }
            let rows = former.map { address, load in
                Census.Row(
                    upstream: "x", address: address, settings: [], isCurrent: false, load: load)
            }
            return Census(rows: known + rows, pendingWorkers: memory.pendingWorkers)
        }
    }

    func roster(ofSplit name: String) async -> Roster {
        memory.withLock { Roster(entries: $0.roster) }
    }

    /// Whoever is closed comes back as a new connection to y.
    func shiftAway(_ entries: [Roster.Entry]) async -> Int {
        memory.withLock { memory in
            memory.shifted.append(entries)
            memory.roster.removeAll { entries.contains($0) }
            return entries.count
        }
    }

    var standings: [(target: ResolvedTarget, standing: TargetStanding)] {
        memory.withLock { memory in
            memory.resolved.map { target in
                let drains = memory.drains.last ?? []
                let names: [String?] = [nil, target.setting, "\(target.address)"]
                let isDrained = names.contains {
                    drains.contains(DrainScope(upstream: target.upstream, target: $0))
                }
                let health = memory.health["\(target.address)"] ?? .sound
                return (target, TargetStanding(health: health, isDrained: isDrained))
            }
        }
    }

    func counters() async -> WorkerCounters { memory.withLock { $0.counters } }

    func tellApart(_ subjects: [DataPlane.PrefixSubject]) async -> [Int] {
        memory.withLock { memory in
            memory.subjects = subjects
            return memory.pendingWorkers
        }
    }

    func prefixes() async -> [String: RequestPrefixes] { memory.withLock { $0.prefixes } }

    func watch(_ splits: [TrackedSplit]) async {
        memory.withLock { $0.watched.append(splits) }
    }

    func evidence(
        _ marks: LatencyMarks.Marks?, patience: LatencyMarks.Marks
    ) async -> EvidenceReport {
        memory.withLock { memory in
            memory.marks.append(marks)
            memory.patience = patience
            return memory.evidence.isEmpty ? EvidenceReport() : memory.evidence.removeFirst()
        }
    }

    func turn() async -> [Int] { memory.withLock { $0.pendingWorkers } }

    var registry: Registry { memory.withLock { $0.registry } }
    var boundListeners: [BoundListener] { [] }
    var resolvedTargets: [ResolvedTarget] { memory.withLock { $0.resolved } }
    var usableUpstreams: Set<String> { memory.withLock { $0.usableUpstreams } }
    var workerCount: Int { 2 }

    func stopAccepting() async {}
    func drain(milliseconds: Int) async -> Int { 0 }
    func stop() async -> Int { 0 }
    var accessLog: AccessLogReport { memory.withLock { $0.accessLog } }
    func reopenAccessLog() async -> Errno? { memory.withLock { $0.reopeningError } }

    /// What the workers route by, as `x=90 y=10`; of the split kong.
    var routed: String {
        let members = ["x", "y"]
        let weights = memory.withLock { memory in
            memory.weights.last { $0["kong"] != nil }?["kong"]
                ?? memory.snapshots.last?.split(named: "kong")?.weights
        }
        return zip(members, weights ?? []).map { "\($0)=\($1)" }.joined(separator: " ")
    }
}
