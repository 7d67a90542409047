import Yams

/// Plans of splits that carry connections: there are no answers there.
extension SettingsDocument {
    /// What the plan asks of traffic that its splits do not have is a fault.
    mutating func checkPlanTraffic(
        _ fields: [String: Field], _ splits: [String], _ snapshot: Snapshot
    ) {
        guard splits.allSatisfy(snapshot.carriesConnections) else {
            return warnOfPartialSmoke(fields["smoke"], splits, snapshot)
        }
        for section in ["guards", "judge"] {
            for field in parts(of: fields[section]) where field.name == "latency" {
                faults.add(
                    "`latency` of `\(section)` has no data: listeners of mode tcp have the "
                        + "plan's splits, and connections have no answers; expected a split of "
                        + "requests, or no `latency`", at: field.key)
            }
        }
        for field in parts(of: fields["on_breach"]) where field.name != "errors" {
            faults.add(
                "`\(field.name)` of `on_breach` can never happen: listeners of mode tcp have the "
                    + "plan's splits, and `errors` are all that connections have; expected "
                    + "`errors` alone", at: field.key)
        }
        if let smoke = fields["smoke"] {
            faults.add(
                "`smoke` has nobody to ask: listeners of mode tcp have the plan's splits, and no "
                    + "request is sent there; expected a split of requests, or no `smoke`",
                at: smoke.key)
        }
    }

    private mutating func warnOfPartialSmoke(
        _ smoke: Field?, _ splits: [String], _ snapshot: Snapshot
    ) {
        let untested = splits.filter(snapshot.carriesConnections)
        guard let smoke, !untested.isEmpty else { return }
        faults.warn(
            "`smoke` does not test \(listed(untested)): listeners of mode tcp have that, and no "
                + "request is sent there", at: smoke.key)
    }
}

extension Snapshot {
    /// The listeners that give a split traffic.
    func listeners(of split: String) -> [ListenerSettings] {
        listeners.filter { listener in
            listener.split == split || listener.routes.contains { $0.split == split }
        }
    }

    /// Whether a split gets its traffic from listeners of mode tcp alone.
    package func carriesConnections(_ split: String) -> Bool {
        let modes = listeners(of: split).map(\.mode)
        return !modes.isEmpty && modes.allSatisfy { $0 == .tcp }
    }

    /// Whether a split gets traffic from any listener of mode tcp.
    package func carriesSomeConnections(_ split: String) -> Bool {
        listeners(of: split).contains { $0.mode == .tcp }
    }
}
