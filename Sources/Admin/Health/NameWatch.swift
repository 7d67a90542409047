internal import Kernel
package import Logging
package import Proxy
internal import Settings

/// Looks the names of targets up again and again: a node that comes back at another address is
/// found without a reload. Each upstream has its own interval and waits for no other one's
/// resolver. A name that cannot be resolved keeps its addresses, and is told of once.
package actor NameWatch {
    private let plane: DataPlane
    private let judge: HealthJudge
    private let logger: Logger
    private nonisolated let pulse = Pulse()
    private var revision = -1
    private var schedule = NameSchedule()
    private var failing: [ResolvedTarget.Name: String] = [:]

    /// The judge is told of targets that have moved.
    package init(_ plane: DataPlane, judge: HealthJudge, logger: Logger) {
        self.plane = plane
        self.judge = judge
        self.logger = logger
    }

    /// Watches until the task is cancelled.
    package func run() async { await pulse.run { turn() } }

    /// Something may have changed: look soon.
    package nonisolated func look() { pulse.beat() }

    /// A connect to one of an upstream's named targets failed.
    package func hurry(_ upstream: String) {
        schedule.hurry(upstream, now: Self.now())
        pulse.beat()
    }

    private func turn() -> Instant? {
        let now = Self.now()
        synchronise(now)
        for upstream in schedule.begin(now: now) {
            Task { await refresh(upstream) }
        }
        return schedule.next.map { Instant(nanoseconds: $0 * 1_000_000) }
    }

    private func synchronise(_ now: Int64) {
        guard plane.topologyRevision != revision else { return }
        let topology = plane.topology
        revision = topology.revision
        var intervals: [String: Int64] = [:]
        for upstream in topology.upstreams where upstream.targets.contains(where: \.isNamed) {
            intervals[upstream.name] = Int64(upstream.resolveIntervalMilliseconds)
        }
        schedule.run(intervals, now: now)
    }

    private func refresh(_ upstream: String) async {
        let refresh = await plane.refreshTargets(of: [upstream])
        schedule.end(upstream)
        for name in refresh.resolved where failing.removeValue(forKey: name) != nil {
            logger.notice("target \(name.setting) of \(name.upstream): resolved again")
        }
        for (name, reason) in refresh.failures {
            guard failing.updateValue(reason, forKey: name) == nil else { continue }
            logger.warning(
                """
                target \(name.setting) of \(name.upstream): cannot be resolved: \(reason); it \
                stays where it was
                """)
        }
        for moved in Set(refresh.moved) {
            let targets = plane.resolvedTargets.filter { $0.upstream == moved }
                .map { "\($0.setting) = \($0.address)" }
            logger.notice("upstream \(moved): targets moved: \(targets.joined(separator: ", "))")
        }
        if !refresh.moved.isEmpty { judge.look() }
        pulse.beat()
    }

    private static func now() -> Int64 { Instant.now().nanoseconds / 1_000_000 }
}
