internal import Kernel
internal import Settings
internal import Splitting
internal import Telemetry

/// Upgrades, as they are seen and told of.
extension Operation {
    /// What is seen of an upgrade now.
    func upgradeFacts(of list: UpgradeChecklist) async -> UpgradeFacts {
        var facts = UpgradeFacts(
            x: list.x, y: list.y, nowMilliseconds: WallClock.nanoseconds() / 1_000_000)
        let split = (await keeper.report()).splits.first { $0.settings.name == list.split }
        let counters = await plane.counters()
        let health = await health().targets
        let counted = await upgrades.counter.counted(list, counters)
        facts.prefixes = counted.prefixes
        if counted.sinceMilliseconds != list.start.atMilliseconds {
            facts.countedSinceMilliseconds = counted.sinceMilliseconds
        }
        facts.x.rateLimitedCount = counted.stableLimited
        facts.y.rateLimitedCount = counted.candidateLimited
        let watched = await tripwire?.report()
        for side in [\UpgradeFacts.x, \UpgradeFacts.y] {
            let name = facts[keyPath: side].upstream
            count(counters, into: &facts[keyPath: side])
            let targets = health.filter { $0.upstream == name }
            facts[keyPath: side].targetCount = targets.count
            facts[keyPath: side].usableCount = targets.count {
                $0.state.isUsable && !$0.isDrained
            }
            let place = split?.settings.members.firstIndex(of: name)
            facts[keyPath: side].share = place.flatMap { split?.shares[$0] } ?? 0
            facts[keyPath: side].adminVersion =
                watched?.admins.first { $0.upstream == name }?.node?.version
        }
        if let report = watched?.splits.first(where: { $0.tripwire.split == list.split }) {
            facts.tripwire = report.verdict
            let kinds = report.tripwire.alarmedKinds
            if !kinds.isEmpty {
                facts.tripwireAlarms = [
                    "\(SplitTripwire.listed(kinds)) changed behind the guard, or differ between "
                        + "the sides; `sluice status` shows which"
                ]
            }
        }
        if let freeze = await freezes.freezes.first(where: { $0.split == list.split }) {
            facts.freezeMode = FreezeFacts(freeze).mode
            facts.freezeSinceMilliseconds = freeze.sinceMilliseconds
        }
        let upgrade = snapshot.split(named: list.split)?.upgrade ?? UpgradeSettings()
        facts.smokeRequestCount = upgrade.smoke.count
        facts.watchMilliseconds = Int64(upgrade.watchMilliseconds)
        facts.smoke = await upgrades.lastSmoke(of: list.split)
        return facts
    }

    private func count(_ counters: WorkerCounters, into side: inout UpgradeFacts.Side) {
        let registry = plane.registry
        let name = side.upstream
        for lane in registry.lanes.indices where registry.lanes[lane].upstream == name {
            side.inflightCount += counters.inflightCount(lane: lane)
        }
        if let id = registry.knownUpstream(name) {
            // Those that wait for requests end with the targets.
            side.connectionCount = counters.connectionCounts(upstream: id).active
        }
        side.answerVersions = (kongWatch.standing(of: name)?.versions ?? []).map(\.version)
    }

    /// How upgrades stand, asked by whoever keeps their lists.
    package nonisolated var upgradeLook: UpgradeKeeper.Look { { await self.upgradeFacts(of: $0) } }

    /// The address of a usable target.
    func smokeAddress(of upstream: String) async -> String? {
        await health().targets.first {
            $0.upstream == upstream && $0.state.isUsable && !$0.isDrained
        }?.address
    }

    /// Every upgrade, as the control API tells of it.
    package func upgradesAnswer() async -> JSONValue {
        var answers: [JSONValue] = []
        for list in await upgrades.lists { answers.append(await upgradeAnswer(list)) }
        return .object([
            "upgrades": .array(answers),
            "error": .string(optional: await upgrades.damage),
        ])
    }

    /// One upgrade.
    func upgradeAnswer(_ list: UpgradeChecklist) async -> JSONValue {
        let facts = await upgradeFacts(of: list)
        let smoke = facts.smoke.map { smoke -> JSONValue in
            .object([
                "request": .string(smoke.request),
                "differences": .array(smoke.differences.map { .string($0) }),
            ])
        }
        return .object(
            (list.answer(facts).members ?? []) + [
                .init(name: "smoke", value: .array(smoke)),
                .init(name: "sides", value: .array([facts.x, facts.y].map(Self.answer))),
                .init(name: "requests", value: Self.answer(facts.prefixes)),
                .init(
                    name: "counted_since",
                    value: .moment(facts.countedSinceMilliseconds ?? list.start.atMilliseconds)),
            ])
    }

    private static func answer(_ prefixes: RequestPrefixes) -> JSONValue {
        let unseen = prefixes.unseen
        return .object([
            "known": .number(prefixes.rows.count),
            "not_told_apart": .number(prefixes.overflowCount),
            "unseen_count": .number(unseen.count),
            "unseen": .array(
                unseen.map { row in
                    .object([
                        "request": .string(row.text), "count": .number(row.stableCount),
                    ])
                }),
        ])
    }

    private static func answer(_ side: UpgradeFacts.Side) -> JSONValue {
        .object([
            "upstream": .string(side.upstream),
            "version": .string(optional: side.version),
            "answer_versions": .array(side.answerVersions.map { .string($0) }),
            "admin_version": .string(optional: side.adminVersion),
            "targets": .number(side.targetCount), "usable": .number(side.usableCount),
            "share": .number(Rounding.round(side.share, decimals: 4)),
            "inflight": .number(side.inflightCount),
            "connections": .number(side.connectionCount),
            "answers_429": .number(side.rateLimitedCount),
        ])
    }

    /// What the metrics page tells of upgrades.
    func addUpgrades(to gauges: inout ControlGauges) async {
        for list in await upgrades.lists where list.done == nil {
            let facts = await upgradeFacts(of: list)
            gauges.upgradeSteps += UpgradeStep.allCases.map { step in
                ControlGauges.UpgradeStep(
                    split: list.split, step: step.rawValue,
                    state: list.state(of: step, facts).word)
            }
            gauges.upgradeRequests.append(
                ControlGauges.UpgradeRequests(
                    split: list.split, unseenCount: facts.prefixes.unseen.count,
                    overflowCount: facts.prefixes.overflowCount,
                    limited: [
                        (list.x, facts.x.rateLimitedCount), (list.y, facts.y.rateLimitedCount),
                    ]))
        }
    }
}
