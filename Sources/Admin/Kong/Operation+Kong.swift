internal import Logging
internal import Settings
internal import Telemetry

/// Upstreams that are Kongs: who made their answers, and which versions they are.
extension Operation {
    /// Looks at what workers have seen; about once a second.
    func watchKongs(_ counters: WorkerCounters, nowSeconds: Double) {
        let registry = plane.registry
        let sights = kongs.map { upstream in
            let sums = Self.sums(of: upstream.name, registry) {
                counters.kongResponseCounts(lane: $0)
            }
            let marked: [ResponseOrigin] = [.service, .serviceFailed, .kong]
            return KongWatch.Sight(
                upstream: upstream.name, rivals: rivals(of: upstream.name),
                versions: registry.knownUpstream(upstream.name)
                    .map { counters.kongVersions(upstream: $0) } ?? [],
                markedCount: marked.reduce(0) { $0 + sums[$1.rawValue] },
                unmarkedCount: sums[ResponseOrigin.unknown.rawValue])
        }
        for event in kongWatch.look(at: sights, nowSeconds: nowSeconds) { log(event, registry) }
    }

    /// For the metrics page.
    var kongStandings: [KongStanding] {
        kongs.map { kongWatch.standing(of: $0.name) ?? KongStanding(upstream: $0.name) }
    }

    /// What an upstream's object says of its Kong; null for any other upstream.
    func kongAnswer(of upstream: UpstreamSettings, _ counters: WorkerCounters) -> JSONValue {
        guard upstream.isKong else { return .null }
        let registry = plane.registry
        let standing =
            kongWatch.standing(of: upstream.name) ?? KongStanding(upstream: upstream.name)
        let total = Self.sums(of: upstream.name, registry) {
            counters.kongResponseCounts(lane: $0)
        }
        let recent = Self.sums(of: upstream.name, registry) { window.kongResponses(lane: $0) }
        let address = { Self.address(of: $0, registry) }
        return .object([
            "marked": .bool(!standing.isUnmarked),
            "responses": Self.answer(total),
            "last_minute": Self.answer(recent),
            "versions": .array(
                standing.versions.map { version in
                    .object([
                        "version": .string(version.version),
                        "seconds_ago": .number(Rounding.round(version.secondsAgo, decimals: 1)),
                        "target": address(version.target).map { .string($0) } ?? .null,
                    ])
                }),
            "alarms": .array(
                KongAlarm.allCases.filter(standing.alarms.contains).map { alarm in
                    .object([
                        "kind": .string(alarm.rawValue),
                        "text": .string(KongWording.text(of: alarm, standing, address: address)),
                    ])
                }),
            "same_version_as": .array(standing.twins.map { .string($0) }),
        ])
    }

    private var kongs: [UpstreamSettings] { snapshot.upstreams.filter(\.isKong) }

    /// The other members of an upstream's splits that are Kongs, each once.
    private func rivals(of upstream: String) -> [String] {
        let members = Set(
            snapshot.splits.filter { $0.members.contains(upstream) }.flatMap(\.members))
        return kongs.map(\.name).filter { $0 != upstream && members.contains($0) }
    }

    private func log(_ event: KongWatch.Event, _ registry: Registry) {
        let address = { Self.address(of: $0, registry) }
        switch event {
        case .raised(let alarm, let standing):
            let text = KongWording.text(of: alarm, standing, address: address)
            logger.log(
                level: alarm == .twoVersions ? .warning : .error,
                "upstream \(standing.upstream): \(text)")
        case .cleared(let alarm, let standing):
            let text = KongWording.end(of: alarm, standing, address: address)
            logger.notice("upstream \(standing.upstream): \(text)")
        case .unmarked(let upstream):
            logger.warning("upstream \(upstream): \(KongWording.unmarked)")
        case .marked(let upstream):
            logger.notice("upstream \(upstream): \(KongWording.marked)")
        }
    }

    private static func sums(
        of upstream: String, _ registry: Registry, _ counts: (Int) -> [Int]
    ) -> [Int] {
        let lanes = registry.lanes.indices.filter { registry.lanes[$0].upstream == upstream }
        return lanes.reduce(ResponseOrigin.allCases.map { _ in 0 }) { sums, lane in
            zip(sums, counts(lane)).map { $0 + $1 }
        }
    }

    private static func answer(_ counts: [Int]) -> JSONValue {
        .object(
            ResponseOrigin.allCases.map { origin in
                JSONValue.Member(name: origin.label, value: .number(counts[origin.rawValue]))
            })
    }

    private static func address(of target: Int, _ registry: Registry) -> String? {
        let targets = registry.targets
        return targets.indices.contains(target) ? targets[target].address : nil
    }
}
