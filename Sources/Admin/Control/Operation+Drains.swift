internal import Proxy
internal import Settings
internal import Splitting
internal import Telemetry

/// Upstreams as the control API tells of them: what they have, what is drained, what is left there.
extension Operation {
    /// Every upstream, in the order of sluice.yaml.
    package func upstreamsAnswer() async -> [(name: String, value: JSONValue)] {
        let facts = await drainFacts()
        let counters = await plane.counters()
        let health = await health()
        return snapshot.upstreams.map { upstream in
            let base = answer(upstream, counters, health).members ?? []
            let members = base.map { member in
                member.name == "targets"
                    ? .init(name: "targets", value: facts.targets(member.value, of: upstream.name))
                    : member
            }
            let kong = JSONValue.Member(name: "kong", value: kongAnswer(of: upstream, counters))
            return (upstream.name, .object(members + [kong] + facts.answer(of: upstream.name)))
        }
    }

    /// Drains or undrains; the judge of health sees at once what may be chosen now.
    func change(_ request: DrainRequest) async throws(DrainFault) -> DrainOutcome {
        let outcome = try await drains.change(request)
        judge?.look()
        return outcome
    }

    func drainFacts() async -> DrainFacts {
        let weights = await keeper.report()
        return DrainFacts(
            drains: await drains.drains, census: await plane.census(),
            standings: plane.standings,
            splits: weights.splits.map { split in
                let pairs = zip(split.settings.members, split.set.weights)
                return (
                    split.settings.name,
                    pairs.map { DrainEffect.Member(upstream: $0, weight: $1) }
                )
            })
    }
}

/// What there is to tell of drains at one moment.
struct DrainFacts {
    let drains: [Drain]
    let census: Census
    let standings: [(target: ResolvedTarget, standing: TargetStanding)]
    let splits: [(name: String, members: [DrainEffect.Member])]

    /// What an upstream's object has beside what it is.
    func answer(of upstream: String) -> [JSONValue.Member] {
        let rows = census.rows.filter { $0.upstream == upstream }
        let former = rows.filter { !$0.isCurrent }.map { row in
            JSONValue.object(
                [.init(name: "address", value: .string(row.address))] + Self.load(of: [row]))
        }
        let entries = drains.filter { $0.scope.upstream == upstream }.map { entry($0, rows) }
        let all = Self.load(of: rows).filter { $0.name != "inflight" }
        return all + [
            .init(name: "former_targets", value: .array(former)),
            .init(name: "drains", value: .array(entries)),
            .init(
                name: "warnings",
                value: .array(warnings(of: upstream).map { .string($0) })),
        ]
    }

    /// The targets' objects, each with whether it is drained and with what is in flight there.
    func targets(_ targets: JSONValue, of upstream: String) -> JSONValue {
        .array(
            (targets.elements ?? []).map { target in
                let address = target["address"]?.text
                let row = census.rows.first { $0.upstream == upstream && $0.address == address }
                let standing = standings.first {
                    $0.target.upstream == upstream && "\($0.target.address)" == address
                }
                return .object(
                    (target.members ?? []) + drains.facts(of: standing)
                        + Self.load(of: row.map { [$0] } ?? []))
            })
    }

    /// What an operator has to know of what is drained in an upstream.
    func warnings(of upstream: String) -> [String] {
        let isDrained = standings.contains {
            $0.target.upstream == upstream && $0.standing.isDrained
        }
        guard isDrained else { return [] }
        var sums: [String: UpstreamStanding] = [:]
        for (target, standing) in standings {
            sums[target.upstream, default: UpstreamStanding()].add(standing)
        }
        return DrainEffect.warnings(of: upstream, splits: splits, standings: sums)
    }

    /// One drain and what is left under it.
    private func entry(_ drain: Drain, _ rows: [Census.Row]) -> JSONValue {
        let covered = rows.filter { row in
            guard let target = drain.scope.target else { return true }
            return row.address == target || row.settings.contains(target)
        }
        let isEmpty = census.pendingWorkers.isEmpty && covered.allSatisfy(\.load.isEmpty)
        return .object(
            [
                .init(name: "target", value: drain.scope.target.map { .string($0) } ?? .null),
                .init(
                    name: "addresses",
                    value: .array(covered.filter(\.isCurrent).map { .string($0.address) })),
                .init(
                    name: "since",
                    value: .string(Timestamp.text(milliseconds: drain.sinceMilliseconds))),
                .init(name: "reason", value: .string(drain.reason)),
            ] + Self.load(of: covered) + [.init(name: "empty", value: .bool(isEmpty))])
    }

    private static func load(of rows: [Census.Row]) -> [JSONValue.Member] {
        var load = TargetLoad()
        for row in rows { load.merge(row.load) }
        return [
            .init(
                name: "inflight",
                value: .number(load.requestCount + load.tunnelCount + load.tcpCount)),
            .init(name: "tunnels", value: .number(load.tunnelCount)),
            .init(name: "tcp", value: .number(load.tcpCount)),
            .init(
                name: "oldest_seconds",
                value: seconds(load.requestCount, load.oldestRequestNanoseconds)),
            .init(
                name: "oldest_tunnel_seconds",
                value: seconds(load.tunnelCount, load.oldestTunnelNanoseconds)),
            .init(
                name: "oldest_tcp_seconds",
                value: seconds(load.tcpCount, load.oldestTCPNanoseconds)),
        ]
    }

    private static func seconds(_ count: Int, _ nanoseconds: UInt64) -> JSONValue {
        guard count > 0 else { return .null }
        return .number(Rounding.round(Double(nanoseconds) / 1e9, decimals: 3))
    }
}

extension [Drain] {
    /// Whether a target is drained, since when and why. Its state and what the state is since are
    /// of its health, which a drain does not change.
    func facts(of target: (target: ResolvedTarget, standing: TargetStanding)?) -> [JSONValue.Member]
    {
        let isDrained = target?.standing.isDrained ?? false
        let drain = isDrained ? target.flatMap { first(over: $0.target) } : nil
        return [
            .init(name: "drained", value: .bool(isDrained)),
            .init(name: "drained_since", value: .moment(drain?.sinceMilliseconds)),
            .init(name: "drain_reason", value: drain.map { .string($0.reason) } ?? .null),
        ]
    }

    /// The oldest of the drains that a target is under.
    func first(over target: ResolvedTarget) -> Drain? {
        filter { drain in
            guard drain.scope.upstream == target.upstream else { return false }
            guard let own = drain.scope.target else { return true }
            return own == "\(target.address)" || own == target.setting
        }.min { $0.sinceMilliseconds < $1.sinceMilliseconds }
    }
}

extension Operation {
    /// What the metrics page tells of drains.
    func addDrains(to gauges: inout ControlGauges) async {
        gauges.drains = plane.standings.map { target, standing in
            ControlGauges.TargetDrain(
                upstream: target.upstream, target: "\(target.address)",
                isDrained: standing.isDrained)
        }
        let census = await plane.census()
        gauges.oldestInflight = snapshot.upstreams.map { upstream in
            var load = TargetLoad()
            for row in census.rows where row.upstream == upstream.name { load.merge(row.load) }
            return ControlGauges.OldestInflight(
                upstream: upstream.name,
                requestSeconds: Double(load.oldestRequestNanoseconds) / 1e9,
                tunnelSeconds: Double(load.oldestTunnelNanoseconds) / 1e9)
        }
    }
}
