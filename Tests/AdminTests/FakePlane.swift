import Admin
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry

/// A data plane that remembers what it was told.
final class FakePlane: Plane {
    struct Memory {
        var snapshots: [Snapshot] = []
        var weights: [[String: [Weight]]] = []
        var pendingWorkers: [Int] = []
        var refusal: DataPlaneError?
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

    func counters() async -> WorkerCounters { WorkerCounters() }

    func turn() async -> [Int] { memory.withLock { $0.pendingWorkers } }

    var registry: Registry { Registry() }
    var boundListeners: [BoundListener] { [] }
    var resolvedTargets: [ResolvedTarget] { [] }
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
