import Yams

/// Plans of splits that carry connections: there are no answers there.
extension SettingsDocument {
    /// What the plan asks of traffic that its splits do not have is a fault.
    mutating func checkPlanTraffic(
        _ fields: [String: Field], _ splits: [String]?, _ snapshot: Snapshot?
    ) {
        guard let snapshot, let splits, splits.allSatisfy(snapshot.carriesConnections) else {
            return
        }
        let parts = { (name: String) -> [Field] in
            guard let field = fields[name], case .mapping(let mapping) = field.value else {
                return []
            }
            return mapping.compactMap { key, value in
                key.scalar.map { Field(name: $0.string, key: key, value: value) }
            }
        }
        for section in ["guards", "judge"] {
            for field in parts(section) where field.name == "latency" {
                faults.add(
                    "`latency` of `\(section)` has no data: listeners of mode tcp have the "
                        + "plan's splits, and connections have no answers; expected a split of "
                        + "requests, or no `latency`", at: field.key)
            }
        }
        if let smoke = fields["smoke"] {
            faults.add(
                "`smoke` has nobody to ask: listeners of mode tcp have the plan's splits, and no "
                    + "request is sent there; expected a split of requests, or no `smoke`",
                at: smoke.key)
        }
    }
}

extension Snapshot {
    /// Whether a split gets its traffic from listeners of mode tcp alone.
    package func carriesConnections(_ split: String) -> Bool {
        let modes = listeners.filter { listener in
            listener.split == split || listener.routes.contains { $0.split == split }
        }.map(\.mode)
        return !modes.isEmpty && modes.allSatisfy { $0 == .tcp }
    }
}
