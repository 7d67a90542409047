internal import Kernel
internal import Proxy
internal import Splitting
package import Telemetry

extension Operation {
    /// What is known of the targets. Where nobody watches over them, all are sound.
    func health() async -> HealthReport {
        if let judge { return await judge.report() }
        var report = HealthReport()
        report.targets = plane.resolvedTargets.map { target in
            HealthReport.Target(
                upstream: target.upstream, setting: target.setting,
                address: target.address.description, state: .sound,
                sinceMilliseconds: startedAtMilliseconds, lastError: nil,
                lastErrorMilliseconds: nil, tally: nil, weightPercent: 100, isDrained: false)
        }
        return report
    }
}

extension HealthReport {
    /// For the metrics page.
    package var gauges: HealthGauges {
        var gauges = HealthGauges()
        gauges.states = HealthState.allCases.map(\.rawValue)
        gauges.targets = targets.map { target in
            HealthGauges.Target(
                upstream: target.upstream, address: target.address,
                state: target.state.rawValue, isDrained: target.isDrained,
                isHealthy: target.state.isUsable)
        }
        gauges.checks = checks.flatMap { upstream, tally in
            [("sound", tally.sound), ("degraded", tally.degraded), ("failed", tally.failed)].map {
                HealthGauges.Count(upstream: upstream, kind: $0.0, count: $0.1)
            }
        }
        gauges.changes = changes.map { upstream, state, count in
            HealthGauges.Count(upstream: upstream, kind: state.rawValue, count: count)
        }
        return gauges
    }
}

extension HealthReport.Target {
    /// For the control API.
    package var answer: JSONValue {
        let now = WallClock.nanoseconds() / 1_000_000
        return .object([
            "target": .string(setting),
            "address": .string(address),
            "healthy": .bool(state.isUsable),
            "state": .string(state.rawValue),
            "state_seconds": .number(max(0, now - sinceMilliseconds) / 1_000),
            "since": .string(Timestamp.text(milliseconds: sinceMilliseconds)),
            "last_error": lastError.map { .string($0) } ?? .null,
            "last_error_at": lastErrorMilliseconds.map {
                .string(Timestamp.text(milliseconds: $0))
            } ?? .null,
            "weight_percent": .number(weightPercent),
            "checks": tally.map { tally in
                .object([
                    "sound": .number(tally.sound), "degraded": .number(tally.degraded),
                    "failed": .number(tally.failed),
                ])
            } ?? .null,
        ])
    }
}
