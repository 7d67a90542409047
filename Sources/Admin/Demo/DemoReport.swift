internal import Settings
internal import Splitting
internal import Telemetry

/// The split at one moment, as the demo shows it.
struct DemoReport: Sendable, Equatable {
    struct Row: Sendable, Equatable {
        let upstream: String
        let set: String
        let measured: String
        let requestsPerSecond: Int
        let p50: String
        let p99: String
    }

    let rows: [Row]
    let requests: Int
    let errors: Int

    /// `2.31 ms`; `-` when nothing was measured.
    static func milliseconds(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "-" }
        let hundredths = Int((seconds * 100_000).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ms"
    }

    /// A table of one line for each upstream.
    var table: String {
        var table = TextTable(
            ["upstream", "set", "measured", "requests/s", "p50", "p99"], numbers: 1...5)
        for row in rows {
            table.add([
                row.upstream, row.set, row.measured, "\(row.requestsPerSecond)", row.p50, row.p99,
            ])
        }
        return table.text(indent: 2) + "  \(requests) requests, \(errors) errors\n"
    }

    /// The same in one line.
    var line: String {
        let parts = rows.map { row in
            "\(row.upstream): set \(row.set), measured \(row.measured), "
                + "\(row.requestsPerSecond)/s, p50 \(row.p50), p99 \(row.p99)"
        }
        return parts.joined(separator: " | ") + " | \(requests) requests, \(errors) errors\n"
    }
}

extension Operation {
    /// What the demo shows of a split.
    func demoReport(of name: String, errors: Int) async -> DemoReport {
        let weights = await keeper.report()
        let counters = await plane.counters()
        let registry = plane.registry
        guard let split = weights.splits.first(where: { $0.settings.name == name }) else {
            return DemoReport(rows: [], requests: 0, errors: errors)
        }
        let measured = weights.measurement.share(of: split.settings, counters, registry).counts
        let sum = measured.reduce(0, +)
        var requests = 0
        let rows = split.settings.members.indices.map { index in
            let member = split.settings.members[index]
            let lane = registry.knownLane(split: name, upstream: member) ?? Int.max
            requests += counters.requestCount(lane: lane)
            let durations = window.durations(lane: lane)
            let rate = window.requestsPerSecond(lane: lane, overSeconds: 5)
            return DemoReport.Row(
                upstream: member, set: SplitText.share(split.shares[index], of: 1),
                measured: sum == 0
                    ? "-" : SplitText.share(Double(measured[index]), of: Double(sum)),
                requestsPerSecond: Int(rate.rounded()),
                p50: DemoReport.milliseconds(durations.quantileSeconds(0.5)),
                p99: DemoReport.milliseconds(durations.quantileSeconds(0.99)))
        }
        return DemoReport(rows: rows, requests: requests, errors: errors)
    }
}
