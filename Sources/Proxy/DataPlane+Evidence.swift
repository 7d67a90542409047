package import Judging
internal import Kernel
internal import Telemetry

/// Rollouts, as the control plane looks at their traffic.
extension DataPlane {
    /// From now on the exchanges of these splits are looked at; of none, when there are none.
    package nonisolated(nonsending) func track(_ splits: [TrackedSplit]) async -> Acknowledgement {
        let roll = foundation.withLock { foundation in
            let lanes = splits.compactMap { foundation.lanes(of: $0) }
            return send { .track(lanes, acknowledge: $1) }
        }
        evidenceInbox.clear()
        return await roll.acknowledgement()
    }

    /// What exchanges have come to since the last call. What a worker tells too late is part of
    /// the next one's answer.
    package func evidence(
        _ marks: LatencyMarks.Marks?, patience: LatencyMarks.Marks = Patience().limits
    ) async -> EvidenceReport {
        let inbox = evidenceInbox
        _ = await broadcast { _, acknowledge in
            .evidence(marks, patience) { report in
                inbox.add(report)
                acknowledge()
            }
        }
        return inbox.takeAll()
    }
}

/// What workers have told and nobody has taken yet.
final class EvidenceInbox: Sendable {
    private let reports = Lock(EvidenceReport())

    func add(_ report: EvidenceReport) { reports.withLock { $0.merge(report) } }

    func clear() { reports.withLock { $0 = EvidenceReport() } }

    func takeAll() -> EvidenceReport {
        reports.withLock { reports in
            defer { reports = EvidenceReport() }
            return reports
        }
    }
}

extension Foundation {
    fileprivate func lanes(of tracked: TrackedSplit) -> TrackedLanes? {
        guard let split = seeds[tracked.split]?.id,
            let stable = registry.knownLane(split: tracked.split, upstream: tracked.stable),
            let candidate = registry.knownLane(
                split: tracked.split, upstream: tracked.candidate)
        else { return nil }
        return TrackedLanes(
            name: tracked.split, split: split, stable: stable, candidate: candidate)
    }
}
