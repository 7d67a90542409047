internal import Kernel
package import Settings
internal import Splitting
internal import Telemetry

/// What gets nothing new because an operator wants it so, and what is still in flight there.
extension DataPlane {
    /// From now on these get nothing new, and nothing else is drained. What names resolve to later
    /// is drained with them. Answers when every worker does so, or after one second.
    package nonisolated(nonsending) func setDrains(
        _ drains: Set<DrainScope>
    ) async -> Acknowledgement {
        let roll = foundation.withLock { foundation in
            foundation.drains = drains
            let changes = foundation.followDrains()
            // Even without a change: a worker that is late with the last one is still late.
            return send { .standings(changes, acknowledge: $1) }
        }
        return await roll.acknowledgement()
    }

    /// Counts what is in flight at each target. Every worker walks over its exchanges.
    package func census() async -> Census {
        let counted = Lock<[Int: TargetLoad]>([:])
        let acknowledgement = await broadcast { _, acknowledge in
            .census { loads in
                counted.withLock { sum in
                    for (target, load) in loads { sum[target, default: TargetLoad()].merge(load) }
                }
                acknowledge()
            }
        }
        let loads = counted.withLock { $0 }
        let rows = foundation.withLock { $0.census(loads) }
        return Census(rows: rows, pendingWorkers: acknowledgement.pendingWorkers)
    }
}

extension Foundation {
    /// Notes by which names targets are found, and which of them are drained.
    mutating func noteNames(of upstreams: [UpstreamSettings], at addresses: TargetAddresses) {
        var names: [Int: Set<String>] = [:]
        for upstream in upstreams {
            for (target, found) in zip(upstream.targets, addresses[upstream.name] ?? []) {
                for address in found {
                    let id = registry.target(
                        upstream: upstream.name, address: address.description)
                    names[id, default: []].insert(target.address.description)
                }
            }
        }
        // Those that are gone keep their names: they may have exchanges.
        targetNames.merge(names) { _, new in new }
        for id in names.keys {
            let isDrained = isDrained(id)
            if standings[id] == nil, !isDrained { continue }
            standings[id, default: TargetStanding()].isDrained = isDrained
        }
    }

    /// Sets what is drained among the targets in use and tells which stand otherwise now.
    fileprivate mutating func followDrains() -> [StandingChange] {
        let changes: [StandingChange] = resolved.compactMap { target in
            let id = registry.target(
                upstream: target.upstream, address: target.address.description)
            var standing = standings[id] ?? TargetStanding()
            guard standing.isDrained != isDrained(id) else { return nil }
            standing.isDrained.toggle()
            standings[id] = standing
            return StandingChange(target: id, standing: standing)
        }
        if !changes.isEmpty { topologyRevision += 1 }
        return changes
    }

    /// By its upstream, by its address, or by any name that stands for it.
    private func isDrained(_ id: Int) -> Bool {
        if drains.isEmpty { return false }
        let target = registry.targets[id]
        let names = (targetNames[id] ?? []).union([target.address])
        return drains.contains(DrainScope(upstream: target.upstream))
            || names.contains { drains.contains(DrainScope(upstream: target.upstream, target: $0)) }
    }

    fileprivate func census(_ loads: [Int: TargetLoad]) -> [Census.Row] {
        let current = Set(
            resolved.compactMap {
                registry.knownTarget(upstream: $0.upstream, address: $0.address.description)
            })
        return current.union(loads.keys).sorted().map { id in
            let target = registry.targets[id]
            return Census.Row(
                upstream: target.upstream, address: target.address,
                settings: targetNames[id] ?? [], isCurrent: current.contains(id),
                load: loads[id] ?? TargetLoad())
        }
    }
}
