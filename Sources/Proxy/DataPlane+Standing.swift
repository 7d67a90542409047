internal import Kernel
package import Settings
package import Splitting
internal import Telemetry

/// How targets stand, as the control plane sets and sees it.
extension DataPlane {
    /// Changes how targets stand: `change` is called for every target in use. Answers when every
    /// worker chooses so, or after one second.
    ///
    /// Whoever calls it changes its own fact alone: the judge of health does not touch `isDrained`,
    /// and whoever drains does not touch the rest.
    package nonisolated(nonsending) func changeStandings(
        _ change: (ResolvedTarget, inout TargetStanding) -> Void
    ) async -> Acknowledgement {
        let roll = foundation.withLock { foundation -> RollCall? in
            let changes = foundation.changeStandings(change)
            return changes.isEmpty ? nil : send { .standings(changes, acknowledge: $1) }
        }
        return await roll?.acknowledgement() ?? Acknowledgement(pendingWorkers: [])
    }

    /// The targets in use and how each stands.
    package var standings: [(target: ResolvedTarget, standing: TargetStanding)] {
        foundation.withLock { foundation in
            foundation.resolved.map { ($0, foundation.standing(of: $0)) }
        }
    }
}

extension DataPlane {
    /// The upstreams that have a target which may be chosen without ignoring health.
    package var usableUpstreams: Set<String> {
        Set(standings.filter { $0.standing.rank.isUsable }.map(\.target.upstream))
    }
}

/// What runs, as far as health is concerned.
package struct Topology: Sendable {
    /// Another number means that something of it has changed.
    package let revision: Int
    /// The upstreams as the settings have them.
    package let upstreams: [UpstreamSettings]
    /// Their targets in use, and how each stands.
    package let targets: [(target: ResolvedTarget, standing: TargetStanding)]
}

extension DataPlane {
    /// What runs now.
    package var topology: Topology {
        foundation.withLock { foundation in
            Topology(
                revision: foundation.topologyRevision, upstreams: foundation.upstreams,
                targets: foundation.resolved.map { ($0, foundation.standing(of: $0)) })
        }
    }

    /// The number of what runs now.
    package var topologyRevision: Int { foundation.withLock { $0.topologyRevision } }
}

extension Foundation {
    /// How a target in use stands.
    func standing(of target: ResolvedTarget) -> TargetStanding {
        id(of: target).flatMap { standings[$0] } ?? TargetStanding()
    }

    /// Changes standings and tells which are others now.
    fileprivate mutating func changeStandings(
        _ change: (ResolvedTarget, inout TargetStanding) -> Void
    ) -> [StandingChange] {
        var changes: [StandingChange] = []
        for target in resolved {
            guard let id = id(of: target) else { continue }
            let before = standings[id] ?? TargetStanding()
            var standing = before
            change(target, &standing)
            guard standing != before else { continue }
            if standing.isDrained != before.isDrained { topologyRevision += 1 }
            standings[id] = standing
            changes.append(StandingChange(target: id, standing: standing))
        }
        return changes
    }

    /// Forgets how targets stood that are no longer in use: one that comes back is a new one.
    mutating func forgetStandings(exceptIn upstreams: [Blueprint.Upstream]) {
        let used = Set(upstreams.flatMap { $0.targets.map(\.id) })
        standings = standings.filter { used.contains($0.key) }
    }

    private func id(of target: ResolvedTarget) -> Int? {
        registry.knownTarget(
            upstream: target.upstream, address: target.address.description)
    }
}
