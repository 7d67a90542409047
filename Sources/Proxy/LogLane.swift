internal import Bytes
internal import Kernel

/// A block of whole lines on its way to the writer.
struct LogBatch: ~Copyable {
    var block: Buffer
    let lines: Int
}

/// The way of one worker's lines to the writer: full blocks go there, empty ones come back. The
/// lock is taken once per block, by two threads, for the time of a few stores.
final class LogLane: Sendable {
    private struct State: ~Copyable {
        /// A ring of full blocks.
        let full = Table<LogBatch?>(count: LogLimits.blocksPerWorker) { _ in nil }
        var firstFull = 0
        var fullCount = 0
        let free = Table<Buffer?>(count: LogLimits.keptBlocks) { _ in nil }
        var freeCount = 0
        /// Blocks that are in use or free.
        var existing = 0
        /// Lines in full blocks, and in the one that is being written.
        var waitingLines = 0
        var isClosed = false
    }

    private let state = Lock(State())

    /// An empty block; nil when the worker's lines fill as many as they may.
    func takeFree() -> Buffer? {
        state.withLock { state in
            if state.freeCount > 0 {
                state.freeCount -= 1
                return state.free[state.freeCount].take()
            }
            guard state.existing < LogLimits.blocksPerWorker else { return nil }
            state.existing += 1
            return Buffer(capacity: LogLimits.blockBytes)
        }
    }

    /// Passes a block of lines on.
    func handOver(_ batch: consuming LogBatch) {
        var handed: LogBatch? = consume batch
        state.withLock { state in
            let place = (state.firstFull + state.fullCount) % LogLimits.blocksPerWorker
            state.waitingLines += handed?.lines ?? 0
            state.full[place] = handed.take()
            state.fullCount += 1
        }
    }

    /// The worker has no more lines.
    func close() { state.withLock { $0.isClosed = true } }

    /// The block that was handed over first; nil when there is none.
    func takeFull() -> LogBatch? {
        state.withLock { state in
            guard state.fullCount > 0 else { return nil }
            let place = state.firstFull
            state.firstFull = (place + 1) % LogLimits.blocksPerWorker
            state.fullCount -= 1
            return state.full[place].take()
        }
    }

    /// Takes back a block whose lines are written.
    func giveBack(_ batch: consuming LogBatch) {
        let lines = batch.lines
        var empty: Buffer? = consume batch.block
        state.withLock { state in
            state.waitingLines -= lines
            guard state.freeCount < LogLimits.keptBlocks, var block = empty.take() else {
                state.existing -= 1
                return
            }
            block.removeAll()
            state.free[state.freeCount] = consume block
            state.freeCount += 1
        }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Lines that wait to be written.
    var waitingLines: Int { state.withLock { $0.waitingLines } }
}
