internal import Bytes
internal import Kernel
internal import Settings
internal import Telemetry

/// Spans on their way to the control plane.
extension DataPlane {
    /// The spans that workers have told of since the last call, at most so many of each.
    package func takeSpans(most: Int) -> [ExchangeSpan] {
        let (rings, registry) = foundation.withLock { ($0.spanRings, $0.registry) }
        guard !rings.isEmpty else { return [] }
        // Of a ring one takes at a time.
        return spanTurn.withLock { _ in
            var spans: [ExchangeSpan] = []
            for ring in rings {
                var left = most
                while left > 0, let record = ring.take() {
                    spans.append(ExchangeSpan(record, registry))
                    left -= 1
                }
            }
            return spans
        }
    }

    /// Spans that found no room since the start: nobody took them fast enough.
    package var lostSpanCount: Int {
        let rings = foundation.withLock { $0.spanRings }
        return rings.reduce(0) { $0 + Int(clamping: $1.lost.value) }
    }
}

extension Foundation {
    /// Spans of one worker that wait; a worker at its limit that traces everything fills a ring in
    /// a tenth of a second.
    private static var spansPerWorker: Int { 2_048 }

    /// What workers are told when traces are; the way of the spans is made once.
    mutating func tracing(_ settings: TraceSettings?) -> Blueprint.Tracing? {
        guard let settings else { return nil }
        if spanRings.isEmpty {
            spanRings = (0..<workerCount).map { _ in SharedRing(count: Self.spansPerWorker) }
        }
        return Blueprint.Tracing(settings, spanRings)
    }
}
