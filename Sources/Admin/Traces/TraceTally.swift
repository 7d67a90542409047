internal import Kernel
package import Telemetry

/// Counts what became of spans.
package final class TraceTally: Sendable {
    private struct State {
        var counts = TraceCounts()
        /// Of those that were dropped: how many workers had no room for.
        var lost = 0
    }

    private let state = Lock(State())

    package init() {}

    /// The counts of this moment.
    package var counts: TraceCounts {
        state.withLock { state in
            var counts = state.counts
            counts.dropped += state.lost
            return counts
        }
    }

    func add(exported: Int = 0, dropped: Int = 0, failed: Int = 0) {
        state.withLock { state in
            state.counts.exported += exported
            state.counts.dropped += dropped
            state.counts.failed += failed
        }
    }

    /// Workers had no room for so many since the start.
    func lost(inTotal count: Int) { state.withLock { $0.lost = count } }
}
