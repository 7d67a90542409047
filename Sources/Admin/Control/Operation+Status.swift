internal import Addressing
internal import Kernel
internal import Proxy
internal import Settings
internal import Splitting
internal import Telemetry

/// The answers of the control API, as JSON.
extension Operation {
    /// Every split, in the order of sluice.yaml.
    package func splitsAnswer() async -> [(name: String, value: JSONValue)] {
        let weights = await keeper.report()
        let counters = await plane.counters()
        let registry = plane.registry
        let usable = plane.usableUpstreams
        return weights.splits.map { split in
            let measured = weights.measurement.share(of: split.settings, counters, registry)
            let latched = weights.latches.filter { $0.split == split.settings.name }
            let answer = Self.answer(split, measured, usable).members ?? []
            let latches = JSONValue.Member(name: "latches", value: latchesAnswer(latched))
            return (split.settings.name, .object(answer + [latches]))
        }
    }

    /// The whole state of the proxy.
    package func statusAnswer() async -> JSONValue {
        let weights = await keeper.report()
        let counters = await plane.counters()
        let splits = await splitsAnswer()
        let upstreams = await upstreamsAnswer()
        let upgrades = await upgradesAnswer()
        return .object([
            "version": .string(Version.text),
            "uptime_seconds": .number(uptimeSeconds),
            "state": .string(isStopping ? "stopping" : isReady ? "running" : "starting"),
            "workers": .number(plane.workerCount),
            "generation": .number(weights.generation),
            "admin": adminAddress.map { .string($0) } ?? .null,
            "weights_file": weightsFileAnswer(weights),
            "access_log": accessLogAnswer(counters),
            "reload": .object([
                "successful": .bool(wasLastReloadSuccessful),
                "errors": .array(lastReloadFaults.map { .string($0) }),
            ]),
            "freezes": .array(await freezesAnswer()),
            "latches": latchesAnswer(weights.latches),
            "audit": await auditAnswer(),
            "listeners": .array(snapshot.listeners.map { answer($0, counters) }),
            "upstreams": .array(upstreams.map(\.value)),
            "certificates": certificatesAnswer(),
            "certificate_faults": certificateFaultsAnswer(),
            "splits": .array(splits.map(\.value)),
            "shifts": await shiftsAnswer(),
            "tripwire": await tripwireAnswer(),
            "upgrades": upgrades["upgrades"] ?? .null,
            "upgrades_error": upgrades["error"] ?? .null,
            "rollout": await rollouts?.answer() ?? .null,
        ])
    }

    private static func answer(
        _ split: WeightReport.Split, _ measured: Measurement.Share, _ usable: Set<String>
    ) -> JSONValue {
        let members = split.settings.members
        let object = { (weights: [Weight]) in
            JSONValue.object(
                zip(members, weights).map { member, weight in
                    JSONValue.Member(name: member, value: .number("\(weight)"))
                })
        }
        let counts = zip(members, measured.counts).map { member, count in
            JSONValue.Member(name: member, value: .number(count))
        }
        let head = JSONValue.object([
            "since": .string(Timestamp.text(milliseconds: measured.sinceMilliseconds)),
            "requests": .number(measured.counts.reduce(0, +)),
        ])
        return .object([
            "name": .string(split.settings.name),
            "generation": .number(split.set.generation),
            "weights": object(split.set.weights),
            "effective": object(split.effectiveWeights(usable)),
            "measured": .object((head.members ?? []) + counts),
            "choices": choices(measured, of: members),
            "sticky": split.settings.sticky.map { sticky in
                JSONValue.array(sticky.keys.map { JSONValue.string("\($0)") })
            } ?? JSONValue.null,
            "pins": .number(split.settings.pins.count),
            "stable": .string(split.settings.stable),
            "candidate": split.settings.candidate.map { .string($0) } ?? .null,
            "source": .string(split.set.source.rawValue),
            "reason": .string(split.set.reason),
            "changed_at": .string(
                Timestamp.text(milliseconds: split.set.changedAtMilliseconds)),
            "durable": .bool(split.isDurable),
        ])
    }

    /// What chose the members, and how often, since the weights changed.
    private static func choices(
        _ measured: Measurement.Share, of members: [String]
    ) -> JSONValue {
        .object(
            ChoiceKind.allCases.map { kind in
                let counts = zip(members, measured.choices[kind] ?? []).map { member, count in
                    JSONValue.Member(name: member, value: .number(count))
                }
                return JSONValue.Member(name: "\(kind)", value: .object(counts))
            })
    }

    private func weightsFileAnswer(_ weights: WeightReport) -> JSONValue {
        guard let path = snapshot.weightsFile else { return .null }
        return .object([
            "path": .string(path),
            "valid": .bool(weights.fileFaults.isEmpty),
            "errors": .array(weights.fileFaults.map { .string("\($0)") }),
            "refused": weights.refusedFile.map { .string($0) } ?? .null,
            "written": .bool(weights.unwrittenFile == nil),
            "write_error": weights.unwrittenFile.map { .string($0) } ?? .null,
            "drift": .bool(!weights.driftedSplits.isEmpty),
            "drifted_splits": .array(weights.driftedSplits.map { .string($0) }),
        ])
    }

    private func accessLogAnswer(_ counters: WorkerCounters) -> JSONValue {
        let log = plane.accessLog
        guard let settings = log.settings else { return .null }
        return .object([
            "to": .string(log.destination),
            "format": .string(settings.format.rawValue),
            "writing": .bool(log.fault == nil),
            "error": .string(log.fault.map { "\($0)" } ?? ""),
            "written": .number(log.writtenLines),
            "waiting": .number(log.waitingLines),
            "dropped": .number(counters.droppedLogLines),
        ])
    }

    private func answer(_ listener: ListenerSettings, _ counters: WorkerCounters) -> JSONValue {
        let bound = plane.boundListeners.first { $0.name == listener.name }
        let id = plane.registry.knownListener(listener.name) ?? Int.max
        return .object([
            "name": .string(listener.name),
            "address": .string(bound.map { "\($0.address)" } ?? "\(listener.address)"),
            "mode": .string(listener.mode.rawValue),
            "tls": .bool(listener.tls != nil),
            "protocol": listener.mode == .tcp
                ? .null : .string(listener.takesHTTP2 ? "auto" : "http1"),
            "split": .string(listener.split),
            "routes": .array(listener.routes.map { .string($0.split) }),
            "connections": .number(counters.downstreamConnectionCount(listener: id)),
            "requests": .number(counters.downstreamRequestCount(listener: id)),
        ])
    }

    func answer(
        _ upstream: UpstreamSettings, _ counters: WorkerCounters, _ health: HealthReport
    ) -> JSONValue {
        let registry = plane.registry
        let id = registry.knownUpstream(upstream.name) ?? Int.max
        let lanes = registry.lanes.indices.filter { registry.lanes[$0].upstream == upstream.name }
        let connections = counters.connectionCounts(upstream: id)
        let targets = health.targets.filter { $0.upstream == upstream.name }.map(\.answer)
        let sum = { (value: (Int) -> Int) in lanes.reduce(0) { $0 + value($1) } }
        return .object([
            "name": .string(upstream.name),
            "protocol": .string(upstream.version.rawValue),
            "targets": .array(targets),
            "connections": .object([
                "idle": .number(connections.idle), "active": .number(connections.active),
            ]),
            "inflight": .number(sum { counters.inflightCount(lane: $0) }),
            "requests": .number(sum { counters.requestCount(lane: $0) }),
            "errors": .number(
                sum { lane in
                    AttemptFailure.allCases.reduce(0) {
                        $0 + counters.failureCount(lane: lane, kind: $1)
                    }
                }),
            "requests_per_second": .number(
                Rounding.round(
                    lanes.reduce(0) { $0 + window.requestsPerSecond(lane: $1) }, decimals: 1)),
        ])
    }
}

/// Numbers shortened for reading.
enum Rounding {
    static func round(_ value: Double, decimals: Int) -> Double {
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        return (value * scale).rounded() / scale
    }
}
