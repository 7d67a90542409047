internal import Proxy
internal import Settings
internal import Telemetry

/// How the traffic of a split is at one moment, for the audit.
enum TrafficNote {
    /// What each member has had since the start: exchanges, failed attempts, answers of 5xx; and
    /// what it has in flight.
    static func json(of name: String, _ splits: [SplitSettings], _ plane: any Plane) async
        -> JSONValue
    {
        guard let split = splits.first(where: { $0.name == name }) else { return .null }
        let counters = await plane.counters()
        let registry = plane.registry
        return .object(
            split.members.map { member in
                let lane = registry.knownLane(split: name, upstream: member) ?? .max
                let failures = AttemptFailure.allCases.reduce(0) {
                    $0 + counters.failureCount(lane: lane, kind: $1)
                }
                let bad = (500...599).reduce(0) { $0 + counters.requestCount(lane: lane, code: $1) }
                return JSONValue.Member(
                    name: member,
                    value: .object([
                        "requests": .number(counters.requestCount(lane: lane)),
                        "errors": .number(failures), "answers_5xx": .number(bad),
                        "inflight": .number(counters.inflightCount(lane: lane)),
                    ]))
            })
    }
}
