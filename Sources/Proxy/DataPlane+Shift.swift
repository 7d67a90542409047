internal import Bytes
internal import Kernel
internal import Telemetry

/// Long-lived connections, for who lets them follow the weights.
extension DataPlane {
    /// The connections and tunnels of a split, of all workers.
    package func roster(ofSplit name: String) async -> Roster {
        let registry = registry
        guard let split = registry.knownSplit(name) else { return Roster(entries: []) }
        let found = Lock<[Roster.Entry]>([])
        // One moment for all: workers answer milliseconds apart, and the ages are compared.
        let asked = Instant.now()
        let acknowledgement = await broadcast { number, acknowledge in
            .roster(split: split) { lines in
                let entries = lines.map { line in
                    Roster.Entry(
                        upstream: registry.upstreams[line.upstream], bond: line.bond,
                        ageNanoseconds: asked.since(line.began), worker: number, token: line.token)
                }
                found.withLock { $0 += entries }
                acknowledge()
            }
        }
        return Roster(
            entries: found.withLock { $0 }, pendingWorkers: acknowledgement.pendingWorkers)
    }

    /// Closes connections of a roster; how many of them were still there.
    package func shiftAway(_ entries: [Roster.Entry]) async -> Int {
        let tokens = Dictionary(grouping: entries, by: \.worker).mapValues { $0.map(\.token) }
        let closed = Lock(0)
        _ = await broadcast { number, acknowledge in
            .shiftAway(tokens[number] ?? []) { count in
                closed.withLock { $0 += count }
                acknowledge()
            }
        }
        return closed.withLock { $0 }
    }
}
