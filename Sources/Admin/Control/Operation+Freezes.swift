internal import Logging
internal import Proxy
internal import Settings
internal import Telemetry

/// Freezes, latches and the audit, as the control API tells of them.
extension Operation {
    /// The freezes of the splits that have a guard or are frozen; of one split only, if that is
    /// named, which then may have neither.
    func freezesAnswer(
        of name: String? = nil, _ census: GuardCensus? = nil
    ) async -> [JSONValue] {
        let frozen = await freezes.freezes
        let counted: GuardCensus
        if let census { counted = census } else { counted = await plane.guardCensus() }
        let guarded = snapshot.splits.map(\.name).filter { split in
            name == split || snapshot.listeners.contains { $0.guarding?.split == split }
        }
        let others = frozen.map(\.split).filter { !guarded.contains($0) }
        return (guarded + others).filter { name == nil || name == $0 }.map { split in
            answer(split, frozen.first { $0.split == split }, counted)
        }
    }

    private func answer(_ split: String, _ freeze: Freeze?, _ census: GuardCensus) -> JSONValue {
        let listeners = snapshot.listeners.filter { $0.guarding?.split == split }
        let guards = listeners.compactMap { listener -> JSONValue? in
            guard let guarding = listener.guarding else { return nil }
            return .object([
                "listener": .string(listener.name), "upstream": .string(guarding.upstream),
                "shut": .bool(freeze?.mode.shuts(guarding) ?? false),
                "writes_in_flight": .number(census.count(at: [listener.name])),
            ])
        }
        let since = freeze.map { Timestamp.text(milliseconds: $0.sinceMilliseconds) }
        let guarding = listeners.compactMap(\.guarding)
        let notes: [String] = freeze.map { warnings(of: $0, guarding) } ?? []
        return .object([
            "split": .string(split),
            "mode": .string(freeze?.mode.rawValue ?? "off"),
            "since": since.map { JSONValue.string($0) } ?? JSONValue.null,
            "reason": .string(freeze?.reason ?? ""),
            "guards": .array(guards),
            "writes_in_flight": .number(census.count(at: listeners.map(\.name))),
            "warnings": .array(notes.map { JSONValue.string($0) }),
        ])
    }

    /// What an operator has to know of a freeze that holds less than it seems to.
    private func warnings(of freeze: Freeze, _ guards: [GuardSettings]) -> [String] {
        guard let split = snapshot.split(named: freeze.split) else {
            return [
                "the settings have no split \(freeze.split) any more; it stays frozen until "
                    + "`sluice unfreeze \(freeze.split)`"
            ]
        }
        if guards.isEmpty {
            return ["no listener has a guard for \(freeze.split): nothing is refused"]
        }
        return split.members.filter { member in
            !guards.contains { $0.upstream == member }
                && (freeze.mode == .both || member != split.stable)
        }.map { "no listener has a guard before the Admin API of \($0): writes there go on" }
    }

    func latchesAnswer(_ latches: [Latch]) -> JSONValue {
        .array(
            latches.map { latch in
                .object([
                    "split": .string(latch.split), "upstream": .string(latch.upstream),
                    "since": .string(Timestamp.text(milliseconds: latch.sinceMilliseconds)),
                    "reason": .string(latch.reason),
                ])
            })
    }

    func auditAnswer() async -> JSONValue {
        guard let report = await audit?.report, let path = report.path else { return .null }
        return .object([
            "path": .string(path),
            "writing": .bool(report.fault == nil),
            "error": .string(report.fault ?? ""),
            "lines": .number(report.last.number),
            "bytes": .number(report.size),
            "last_hash": .string(report.last.hash),
            "waiting": .number(report.waiting),
            "lost": .number(report.lost),
        ])
    }

    /// What the metrics page tells of all this.
    func addGuards(to gauges: inout ControlGauges, _ weights: WeightReport) async {
        let frozen = await freezes.freezes
        let guarded = Set(snapshot.listeners.compactMap { $0.guarding?.split })
        gauges.freezes = guarded.union(frozen.map(\.split)).sorted().map { split in
            ControlGauges.Freeze(
                split: split,
                mode: frozen.first { $0.split == split }?.mode.rawValue ?? "off")
        }
        gauges.guardedListeners = Set(
            snapshot.listeners.filter { $0.guarding != nil }.compactMap {
                plane.registry.knownListener($0.name)
            })
        gauges.latches = weights.latches.map { ($0.split, $0.upstream) }
        if let report = await audit?.report {
            gauges.auditLost = report.lost
            gauges.auditWaiting = report.waiting
        }
        gauges.refusedTokens = tokens.refusals
    }

    /// Says how often somebody without a right token wanted to change or see something.
    func tellRefusedTokens() {
        guard let text = tokens.takeUntoldRefusals().text else { return }
        logger.warning("admin address: \(text)")
    }
}
