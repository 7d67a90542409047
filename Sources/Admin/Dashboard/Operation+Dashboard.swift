internal import Kernel
internal import Proxy
internal import Settings
internal import Splitting
internal import Telemetry

/// What the dashboard and `sluice top` show. Splits, targets, freezes and rollouts are told as the
/// rest of the control API tells them.
extension Operation {
    /// Over how many seconds a rate is taken, and errors are summed up.
    private static let rateRows = 5
    private static let minuteRows = 60

    /// Before the first request comes: what happens from now on is told from here.
    func beginDashboard() async {
        let weights = await keeper.report()
        let lanes = lanes(await plane.counters(), weights)
        await dashboard.begin(lanes, await dashboardLook(weights))
    }

    /// Once a second: a row for the last hour, and an event for those who listen.
    func tickDashboard(_ counters: WorkerCounters) async {
        let weights = await keeper.report()
        await dashboard.take(lanes(counters, weights), await dashboardLook(weights))
        guard await dashboard.isWatched else { return }
        await dashboard.tell(await dashboardNow(counters).serverSentEvent)
    }

    /// The last hour, second by second, and how everything is now.
    package func dashboardAnswer() async -> [UInt8] {
        let now = await dashboardNow(await plane.counters())
        let history = await dashboard.history.json()
        let events = JSONValue.array(await dashboard.events.events.map(\.json))
        return Array(
            """
            {"now": \(JSONWriter.line(now)), "history": \(history), "events": \
            \(JSONWriter.line(events))}

            """.utf8)
    }

    /// How everything is now.
    package func dashboardNow() async -> JSONValue { await dashboardNow(await plane.counters()) }

    func dashboardNow(_ counters: WorkerCounters) async -> JSONValue {
        let weights = await keeper.report()
        let lanes = lanes(counters, weights)
        let history = await dashboard.history
        let answers = await splitsAnswer()
        let frozen = await freezes.freezes
        let splits = zip(weights.splits, answers).map { split, answer in
            let own = lanes.filter { $0.lane.split == answer.name }
            return JSONValue.object(
                (answer.value.members ?? []) + facts(of: split, frozen) + [
                    .init(
                        name: "lanes",
                        value: .array(own.map { self.answer($0, counters, history) }))
                ])
        }
        let health = await health()
        let drained = await drains.drains
        return .object([
            "at": .number(WallClock.nanoseconds() / 1_000_000),
            "boot": .number(startedAtMilliseconds),
            "version": .string(Version.text),
            "uptime_seconds": .number(uptimeSeconds),
            "state": .string(isStopping ? "stopping" : isReady ? "running" : "starting"),
            "generation": .number(weights.generation),
            "controls": .bool(!tokens.isEmpty),
            "splits": .array(splits),
            "upstreams": .array(snapshot.upstreams.map { upstreamAnswer($0, health, drained) }),
            "rollout": await rollouts?.answer() ?? .null,
            "upgrades": await upgradesSummary(),
            "second": history.lastRow(),
            "events": .array(await dashboard.events.events.suffix(20).map(\.json)),
        ])
    }

    /// The lanes of all splits, as they are counted at this moment.
    private func lanes(_ counters: WorkerCounters, _ weights: WeightReport) -> [Dashboard.Lane] {
        let registry = plane.registry
        let usable = plane.usableUpstreams
        let kongs = Set(snapshot.upstreams.filter(\.isKong).map(\.name))
        return weights.splits.flatMap { split in
            let effective = WeightReport.shares(of: split.effectiveWeights(usable))
            return split.settings.members.indices.map { index in
                let member = split.settings.members[index]
                let name = split.settings.name
                let id = registry.knownLane(split: name, upstream: member) ?? .max
                return Dashboard.Lane(
                    lane: Registry.Lane(split: name, upstream: member),
                    totals: DashboardTotals(counters, lane: id, isKong: kongs.contains(member)),
                    set: split.shares[index], effective: effective[index])
            }
        }
    }

    private func answer(
        _ lane: Dashboard.Lane, _ counters: WorkerCounters, _ history: DashboardHistory
    ) -> JSONValue {
        let id = plane.registry.knownLane(split: lane.lane.split, upstream: lane.lane.upstream)
        let durations = window.durations(lane: id ?? .max)
        // The oldest row says nothing of when its second began.
        let rows = max(0, min(Self.rateRows, history.count - 1))
        let seconds = Double(history.span(lastRows: rows)) / 1e3
        let ended = history.sum(.requests, of: lane.lane, lastRows: rows)
        let sums = { (columns: [DashboardHistory.Column]) in
            columns.map { (column: DashboardHistory.Column) in
                JSONValue.Member(
                    name: "\(column)",
                    value: .number(history.sum(column, of: lane.lane, lastRows: Self.minuteRows)))
            }
        }
        return .object([
            "upstream": .string(lane.lane.upstream),
            "set_ratio": .number(lane.set), "effective_ratio": .number(lane.effective),
            "routed": .number(lane.totals.routed), "requests": .number(lane.totals.requests),
            "requests_per_second": .number(
                seconds > 0 ? Rounding.round(Double(ended) / seconds, decimals: 1) : 0),
            "p50_seconds": .number(durations.quantileSeconds(0.5)),
            "p95_seconds": .number(durations.quantileSeconds(0.95)),
            "p99_seconds": .number(durations.quantileSeconds(0.99)),
            "errors_last_minute": .object(
                sums([.service, .serviceFailed, .kong, .sluice, .unknown, .attempts])),
            "requests_last_minute": .number(
                history.sum(.requests, of: lane.lane, lastRows: Self.minuteRows)),
            "inflight": .number(counters.inflightCount(lane: id ?? .max)),
        ])
    }

    /// What the API's answer of a split does not tell.
    private func facts(of split: WeightReport.Split, _ frozen: [Freeze]) -> [JSONValue.Member] {
        let name = split.settings.name
        let listeners = snapshot.listeners.filter { listener in
            listener.split == name || listener.routes.contains { $0.split == name }
        }
        let freeze = frozen.first { $0.split == name }
        let guards = snapshot.listeners.compactMap { listener -> JSONValue? in
            guard let guarding = listener.guarding, guarding.split == name else { return nil }
            return .object([
                "listener": .string(listener.name), "upstream": .string(guarding.upstream),
                "shut": .bool(freeze?.mode.shuts(guarding) ?? false),
            ])
        }
        return [
            .init(
                name: "listeners",
                value: .array(
                    listeners.map { listener in
                        let bound = plane.boundListeners.first { $0.name == listener.name }
                        return .object([
                            "name": .string(listener.name),
                            "mode": .string(listener.mode.rawValue),
                            "address": .string(
                                bound.map { "\($0.address)" } ?? "\(listener.address)"),
                            "guard": .bool(listener.guarding != nil),
                        ])
                    })),
            .init(name: "guards", value: .array(guards)),
            .init(
                name: "freeze",
                value: .object([
                    "mode": .string(freeze?.mode.rawValue ?? "off"),
                    "since": .moment(freeze?.sinceMilliseconds),
                    "reason": .string(freeze?.reason ?? ""),
                ])),
        ]
    }

    private func upstreamAnswer(
        _ upstream: UpstreamSettings, _ health: HealthReport, _ drains: [Drain]
    ) -> JSONValue {
        let standings = plane.standings
        let targets = health.targets.filter { $0.upstream == upstream.name }.map { target in
            let standing = standings.first {
                $0.target.upstream == upstream.name && "\($0.target.address)" == target.address
            }
            return JSONValue.object((target.answer.members ?? []) + drains.facts(of: standing))
        }
        let versions = kongWatch.standing(of: upstream.name)?.versions ?? []
        return .object([
            "name": .string(upstream.name), "kong": .bool(upstream.isKong),
            "versions": .array(versions.map { .string($0.version) }),
            "targets": .array(targets),
        ])
    }

    /// The steps of upgrades under way.
    private func upgradesSummary() async -> JSONValue {
        var answers: [JSONValue] = []
        for list in await upgrades.lists where list.done == nil {
            answers.append(list.answer(await upgradeFacts(of: list)))
        }
        return .array(answers)
    }

    private func dashboardLook(_ weights: WeightReport) async -> DashboardEvents.Look {
        var look = DashboardEvents.Look()
        for split in weights.splits {
            let pairs = zip(split.settings.members, split.set.weights)
            look.weights.append(
                (
                    split.settings.name,
                    DashboardEvents.Look.Weights(
                        generation: split.set.generation,
                        weights: .object(
                            pairs.map { .init(name: $0, value: .number("\($1)")) }),
                        source: split.set.source.rawValue, reason: split.set.reason)
                ))
        }
        let standings = plane.standings
        let drained = await drains.drains
        look.targets = await health().targets.map { target in
            guard target.isDrained else {
                return (
                    target.upstream, target.address, target.state.rawValue, target.lastError ?? ""
                )
            }
            let resolved = standings.first {
                $0.target.upstream == target.upstream
                    && "\($0.target.address)" == target.address
            }?.target
            let reason = resolved.flatMap { drained.first(over: $0) }?.reason
            return (target.upstream, target.address, "drained", reason ?? "")
        }
        look.freezes = await freezes.freezes.map { ($0.split, $0.mode.rawValue, $0.reason) }
        if let rollout = await rollouts?.gauges() {
            look.rollout = (rollout.name, rollout.state, rollout.step, "")
        }
        return look
    }
}
