package import Telemetry

extension Operation {
    /// What the status tells of the tripwires; null where no upstream has `admin`.
    func tripwireAnswer() async -> JSONValue {
        guard let tripwire else { return .null }
        let report = await tripwire.report()
        guard !report.admins.isEmpty else { return .null }
        return .object([
            "splits": .array(report.splits.map(\.answer)),
            "admins": .array(report.admins.map(\.answer)),
        ])
    }

    /// What the metrics page tells of the tripwires.
    func addTripwire(to gauges: inout ControlGauges) async {
        guard let tripwire else { return }
        let report = await tripwire.report()
        gauges.tripwire = TripwireGauges(splits: report.splits, admins: report.admins)
    }
}

extension TripwireGauges {
    /// The numbers of reports.
    package init(splits: [TripwireReport], admins: [AdminReport]) {
        self.init()
        words = TripwireReport.Verdict.allCases.map(\.rawValue)
        for split in splits {
            let name = split.tripwire.split
            verdicts.append(Verdict(split: name, verdict: split.verdict.rawValue))
            alarms += EntityKind.allCases.map { kind in
                Alarm(
                    split: name, kind: kind.rawValue,
                    isUp: split.tripwire.alarmedKinds.contains(kind))
            }
        }
        self.admins = admins.map { admin in
            Admin(
                upstream: admin.upstream,
                lastSuccessSeconds: Double(admin.lastSuccessMilliseconds ?? 0) / 1e3,
                successCount: admin.successCount, faultCount: admin.faultCount)
        }
    }
}
