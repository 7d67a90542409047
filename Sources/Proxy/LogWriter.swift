internal import Bytes
internal import Kernel
internal import Settings

/// Writes what workers hand over: the loop of the log's own thread.
struct LogWriter: ~Copyable {
    private enum Progress {
        /// All that was there is written.
        case drained
        /// The reader of a pipe takes nothing now.
        case blocked
        /// A write has failed; the next one waits for `retryAt`.
        case failed
    }

    private let log: AccessLog
    private var file: LogFile
    /// The block that is being written, the lane it came from, and how much of it is out.
    private var batch: LogBatch?
    private var lane = 0
    private var written = 0
    private var retryAt = Instant(nanoseconds: 0)

    init(_ log: AccessLog, _ file: consuming LogFile) {
        self.log = log
        self.file = file
    }

    /// Turns until no more lines can come and all are written.
    mutating func run() {
        while true {
            log.bell.clear()
            obey()
            // Looked at before the lanes: what a worker handed over before it left is in them.
            let isClosed = log.isClosed
            switch writeWaiting() {
            case .drained:
                if isClosed { return log.end() }
                file.wait(for: log.bell, orToWrite: false, milliseconds: -1)
            case .blocked:
                file.wait(for: log.bell, orToWrite: true, milliseconds: -1)
            case .failed:
                let left = retryAt.since(.now()) / 1_000_000 + 1
                file.wait(for: log.bell, orToWrite: false, milliseconds: Int32(clamping: left))
            }
        }
    }

    private mutating func writeWaiting() -> Progress {
        if retryAt > .now() { return .failed }
        while takeNext() {
            log.writingBegins()
            let progress = writeBatch()
            guard case .drained = progress else { return progress }
        }
        return .drained
    }

    /// The block that is to be written next: the one that was begun, or the first of the next lane
    /// that has one, so that a slow disk drops lines of all workers alike.
    private mutating func takeNext() -> Bool {
        if batch != nil { return true }
        for step in 1...log.lanes.count {
            let index = (lane + step) % log.lanes.count
            batch = log.lanes[index].takeFull()
            guard batch != nil else { continue }
            lane = index
            written = 0
            return true
        }
        return false
    }

    /// Writes the rest of the block.
    private mutating func writeBatch() -> Progress {
        guard let current = batch.take() else { return .drained }
        while written < current.block.count {
            switch write(current.block, to: current.block.count) {
            case .done(let count) where count > 0:
                written += count
            case .wouldBlock:
                batch = consume current
                return .blocked
            case .failed(let error):
                batch = consume current
                return fail(error)
            case .done, .ended:
                batch = consume current
                return fail(.noSpace)
            }
        }
        log.writingSucceeded(lines: current.lines)
        log.lanes[lane].giveBack(current)
        return .drained
    }

    private mutating func fail(_ error: Errno) -> Progress {
        log.writingFailed(error)
        let pause = LogLimits.retryMilliseconds * 1_000_000
        retryAt = Instant(nanoseconds: Instant.now().nanoseconds + pause)
        return .failed
    }

    /// One write of what stands before `end`. To what others may write to as well it is whole
    /// lines, as many as go there in one piece.
    private func write(_ block: borrowing Buffer, to end: Int) -> IOResult {
        var count = end - written
        if !file.isRegular, count > LogFile.mostInOnePiece {
            count = LogFile.mostInOnePiece
            let lines = Self.endOfLines(block, from: written, to: written + count)
            if lines > written { count = lines - written }
        }
        return file.write(block, from: written, count: count)
    }
}

/// Log rotation.
extension LogWriter {
    /// Does what the control plane asks for.
    private mutating func obey() {
        let waiting = log.takeReopenings()
        guard !waiting.isEmpty else { return }
        let error = reopen()
        for one in waiting { one.resume(returning: error) }
    }

    /// Opens the path anew; what it names by now is another file. The old one stays when that
    /// fails.
    private mutating func reopen() -> Errno? {
        guard case .file = log.settings.to else { return nil }
        do throws(Errno) {
            let next = try AccessLog.open(log.settings.to)
            finishLine()
            file = next
            retryAt = Instant(nanoseconds: 0)
            return nil
        } catch {
            return error
        }
    }

    /// A line that is half in the old file is finished there; when that is not possible it will be
    /// whole in the new one.
    private mutating func finishLine() {
        guard let current = batch.take() else { return }
        let start = Self.endOfLines(current.block, from: 0, to: written)
        if start < written {
            let end = Self.endOfLine(current.block, from: written)
            while written < end, case .done(let count) = write(current.block, to: end), count > 0 {
                written += count
            }
            if written < end { written = start }
        }
        batch = consume current
    }

    /// The offset behind the last line that ends in a range; its start when none does.
    private static func endOfLines(_ block: borrowing Buffer, from start: Int, to end: Int) -> Int {
        let bytes = block.bytes
        var at = end
        while at > start, bytes[at - 1] != UInt8(ascii: "\n") { at -= 1 }
        return at
    }

    private static func endOfLine(_ block: borrowing Buffer, from start: Int) -> Int {
        let bytes = block.bytes
        var at = start
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
        return min(at + 1, bytes.count)
    }
}
