internal import Kernel
package import Telemetry

/// Counts what became of the metrics that were pushed.
package final class StatsDTally: Sendable {
    private let state = Lock(StatsDCounts())

    /// The counts of this moment.
    package var counts: StatsDCounts { state.withLock { $0 } }

    func add(datagrams: Int = 0, droppedLines: Int = 0, errors: Int = 0) {
        state.withLock { counts in
            counts.datagrams += datagrams
            counts.droppedLines += droppedLines
            counts.errors += errors
        }
    }
}
