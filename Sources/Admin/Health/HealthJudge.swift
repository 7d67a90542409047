internal import Kernel
package import Logging
package import Proxy
internal import Settings
internal import Splitting

/// Decides how healthy each target is. There is one, and nobody else does: checks, what workers
/// report and the time go in; how targets stand goes out to all workers, and every change of state
/// becomes one line of the log.
package actor HealthJudge {
    /// One upstream under watch.
    private struct Watched {
        var settings: UpstreamSettings
        /// By their addresses.
        var targets: [String: ResolvedTarget] = [:]
        var health: UpstreamHealth
        /// Whether it had a usable target when that was told last.
        var wasUsable = true
    }

    private let plane: DataPlane
    private let logger: Logger
    private nonisolated let pulse = Pulse()
    private var revision = -1
    /// In the order of the settings.
    private var names: [String] = []
    private var upstreams: [String: Watched] = [:]
    /// They outlive their upstreams while a check of theirs is under way.
    private var schedules: [String: CheckSchedule] = [:]
    private var nextWorker = 0
    private var tally = HealthTally()

    package init(_ plane: DataPlane, logger: Logger) {
        self.plane = plane
        self.logger = logger
    }

    /// Watches until the task is cancelled.
    package func run() async { await pulse.run { await turn() } }

    /// Something may have changed: look soon.
    package nonisolated func look() { pulse.beat() }

    /// Takes on that the traffic of a target failed as often as its upstream's settings allow.
    package func take(_ report: FailureReport) async {
        let now = Self.now()
        var changes = synchronise(now)
        let reason = Wording.text(of: report)
        changes += note(
            upstreams[report.upstream]?.health.fail(report.address, reason, now: now),
            of: report.upstream)
        await tell(changes)
        pulse.beat()
    }

    /// What is known now.
    package func report() async -> HealthReport {
        let changes = synchronise(Self.now())
        if !changes.isEmpty { await tell(changes) }
        let (now, wall) = (Self.now(), WallClock.nanoseconds() / 1_000_000)
        let drained = Dictionary(
            plane.standings.map { ($0.target, $0.standing.isDrained) }
        ) { first, _ in first }
        var report = HealthReport()
        for name in names {
            guard let watched = upstreams[name] else { continue }
            for address in watched.health.names {
                guard let target = watched.targets[address],
                    let known = watched.health[address]
                else { continue }
                let standing = watched.health.standing(of: address, now: now)
                report.targets.append(
                    HealthReport.Target(
                        upstream: name, setting: target.setting, address: address,
                        state: known.state, sinceMilliseconds: wall - (now - known.since),
                        lastError: known.lastTrouble?.text,
                        lastErrorMilliseconds: known.lastTrouble.map { wall - (now - $0.at) },
                        tally: watched.settings.health == nil ? nil : known.tally,
                        weightPercent: standing?.weightPercent ?? 100,
                        isDrained: drained[target] ?? false))
            }
        }
        report.checks = tally.checks
        report.changes = tally.changes
        return report
    }
}

/// The judge's turn.
extension HealthJudge {
    private static func now() -> Int64 { Instant.now().nanoseconds / 1_000_000 }

    /// Does all that is due; when something is due next, nil for nothing.
    private func turn() async -> Instant? {
        let now = Self.now()
        var changes = synchronise(now)
        var isMoving = false
        for name in names {
            if upstreams[name]?.health.nextChange(after: now) != nil { isMoving = true }
            changes += note(upstreams[name]?.health.advance(to: now), of: name)
            begin(checksOf: name, now)
        }
        if isMoving || !changes.isEmpty { await tell(changes) }
        let moments = names.flatMap { name in
            [schedules[name]?.next, upstreams[name]?.health.nextChange(after: now)]
        }
        return moments.compactMap(\.self).min().map { Instant(nanoseconds: $0 * 1_000_000) }
    }

    /// Takes on the upstreams and targets that run now, and which of them are drained.
    private func synchronise(_ now: Int64) -> [Change] {
        guard plane.topologyRevision != revision else { return [] }
        let topology = plane.topology
        revision = topology.revision
        names = topology.upstreams.map(\.name)
        for gone in upstreams.keys where !names.contains(gone) {
            upstreams[gone] = nil
            schedules[gone]?.run([], interval: 1, isNew: true, now: now)
        }
        let targets = Dictionary(grouping: topology.targets) { $0.target.upstream }
        return topology.upstreams.flatMap { run($0, targets[$0.name] ?? [], now) }
    }

    private func run(
        _ settings: UpstreamSettings,
        _ targets: [(target: ResolvedTarget, standing: TargetStanding)], _ now: Int64
    ) -> [Change] {
        let before = upstreams[settings.name]
        let rules = HealthRules(settings)
        var watched = before ?? Watched(settings: settings, health: UpstreamHealth(rules))
        let isOther = watched.settings.health != settings.health
        watched.settings = settings
        let addresses = targets.map { $0.target.address.description }
        watched.targets = Dictionary(zip(addresses, targets.map(\.target))) { first, _ in first }
        if isOther { watched.health.forgetStreaks() }
        var changes = watched.health.run(rules, targets: addresses, now: now)
        let drained = zip(addresses, targets).filter { $0.1.standing.isDrained }.map(\.0)
        changes += watched.health.setDrained(Set(drained), now: now)
        upstreams[settings.name] = watched
        let interval = Int64(settings.health?.intervalMilliseconds ?? 1)
        let fresh = CheckSchedule(interval: interval, seed: .random(in: 0...(.max)))
        schedules[settings.name, default: fresh].run(
            settings.health == nil ? [] : addresses, interval: interval, isNew: isOther, now: now)
        return note(changes, of: settings.name)
    }

    /// Begins the checks that are due, one worker after the other.
    private func begin(checksOf name: String, _ now: Int64) {
        guard let watched = upstreams[name], let health = watched.settings.health else { return }
        for address in schedules[name]?.begin(now: now) ?? [] {
            guard let target = watched.targets[address] else {
                schedules[name]?.end(address)
                continue
            }
            let check = HealthCheck(
                health, of: target.address, setting: target.setting, upstream: target.upstream)
            let (plane, worker) = (plane, nextWorker)
            nextWorker = (nextWorker + 1) % plane.workerCount
            Task {
                let verdict = await check.verdict { await plane.probe($0, byWorker: worker) }
                await end(checkOf: address, in: name, by: health, verdict)
            }
        }
    }

    /// A check has ended. What it found does not count when the target is gone, or when something
    /// else is asked by now.
    private func end(
        checkOf address: String, in name: String, by settings: HealthSettings,
        _ verdict: CheckVerdict?
    ) async {
        let now = Self.now()
        var changes = synchronise(now)
        schedules[name]?.end(address)
        if schedules[name]?.isIdle == true, upstreams[name] == nil { schedules[name] = nil }
        if let verdict, upstreams[name]?.settings.health == settings {
            tally.count(verdict, of: name)
            changes += note(
                upstreams[name]?.health.take(verdict, of: address, now: now), of: name)
        }
        if !changes.isEmpty { await tell(changes) }
        pulse.beat()
    }
}

/// What others hear of it.
extension HealthJudge {
    /// A change of a target's state, with what is needed to tell of it.
    private struct Change {
        let target: ResolvedTarget
        let change: HealthChange
    }

    private func note(_ changes: [HealthChange]?, of upstream: String) -> [Change] {
        (changes ?? []).compactMap { change in
            tally.count(change, of: upstream)
            return upstreams[upstream]?.targets[change.target].map {
                Change(target: $0, change: change)
            }
        }
    }

    /// Writes what has changed into the log and tells the workers how the targets stand.
    private func tell(_ changes: [Change]) async {
        for change in changes { log(change) }
        for name in Set(changes.map(\.target.upstream)) { logUse(of: name) }
        let now = Self.now()
        let acknowledgement = await plane.changeStandings { target, standing in
            let address = target.address.description
            let known = upstreams[target.upstream]?.health.standing(of: address, now: now)
            standing.health = known?.health ?? .sound
            standing.weightPercent = known?.weightPercent ?? 100
        }
        if !acknowledgement.pendingWorkers.isEmpty {
            logger.warning(
                "workers \(acknowledgement.pendingWorkers) do not know yet how targets stand")
        }
    }

    private func logUse(of name: String) {
        guard let watched = upstreams[name], watched.wasUsable != watched.health.isUsable else {
            return
        }
        upstreams[name]?.wasUsable = watched.health.isUsable
        if watched.health.isUsable {
            logger.notice("upstream \(name): a target is usable again")
        } else {
            logger.error("upstream \(name): no target is usable")
        }
    }

    private func log(_ change: Change) {
        let target = change.target
        let address = target.address.description
        let name =
            target.setting == address ? address : "\(target.setting) (\(address))"
        let level: Logger.Level
        switch change.change.to {
        case .unknown: level = .info
        case .sound: level = .notice
        case .degraded, .ejected, .down: level = .warning
        }
        logger.log(
            level: level,
            """
            target \(name) of \(target.upstream): \(change.change.from) -> \
            \(change.change.to): \(change.change.reason)
            """)
    }
}

extension HealthRules {
    /// What the settings of an upstream say.
    fileprivate init(_ settings: UpstreamSettings) {
        self.init(
            checks: settings.health.map { Checks(rise: $0.rise, fall: $0.fall) },
            ejection: settings.ejection.map {
                Ejection(
                    base: Int64($0.baseMilliseconds), maxSharePercent: $0.maxSharePercent)
            },
            slowStart: Int64(settings.slowStartMilliseconds))
    }
}
