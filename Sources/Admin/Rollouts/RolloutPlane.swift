package import Judging
package import Proxy

/// What a rollout asks of the data plane beside weights.
package protocol RolloutPlane: Plane {
    /// Looks at the exchanges of these splits from now on, and at no others.
    nonisolated(nonsending) func watch(_ splits: [TrackedSplit]) async

    /// What those have come to since the last call; late is what takes longer than the marks, and
    /// what waits for longer than `patience` hangs.
    func evidence(
        _ marks: LatencyMarks.Marks?, patience: LatencyMarks.Marks
    ) async -> EvidenceReport
}

extension DataPlane: RolloutPlane {
    /// `track`, as a rollout calls it.
    package nonisolated(nonsending) func watch(_ splits: [TrackedSplit]) async {
        _ = await track(splits)
    }
}
