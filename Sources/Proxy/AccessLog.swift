internal import Bytes
internal import Kernel
internal import Settings

/// One place that lines go to, with a thread of its own that writes them. It ends when every worker
/// has left it and the last line is written; other settings are another log.
final class AccessLog: Sendable {
    /// What all logs of a process have written, one after the other.
    struct Totals: Sendable {
        let lines = SharedCounter()
        let errors = SharedCounter()
    }

    private struct State {
        var reopenings: [CheckedContinuation<Errno?, Never>] = []
        var error: Errno?
        /// Since when a write is under way; nil when nothing waits.
        var busySince: Instant?
        var hasEnded = false
    }

    let settings: AccessLogSettings
    let totals: Totals
    /// One for each worker.
    let lanes: [LogLane]
    /// Raised when the writer has something to do.
    let bell: EventCounter
    private let state = Lock(State())

    /// Opens the destination and starts the writer; fails, and nothing has changed, when either
    /// cannot be.
    init(_ settings: AccessLogSettings, workers: Int, totals: Totals) throws(Errno) {
        self.settings = settings
        self.totals = totals
        lanes = (0..<workers).map { _ in LogLane() }
        bell = try EventCounter()
        let file = try Self.open(settings.to)
        let descriptor = file.release()
        do throws(Errno) {
            try WorkerThread.start(name: "sluice-log") { [self] in
                var writer = LogWriter(self, LogFile(owning: descriptor))
                writer.run()
            }
        } catch {
            _ = LogFile(owning: descriptor)
            throw error
        }
    }

    static func open(_ destination: AccessLogSettings.Destination) throws(Errno) -> LogFile {
        switch destination {
        case .standardOutput: try LogFile.standardOutput()
        case .file(let path): try LogFile(path: path)
        }
    }

    /// Ends the log that no worker has come to know.
    func abandon() {
        for lane in lanes { lane.close() }
        bell.raise()
    }

    /// Opens the file anew, after what waits in front of the call; nil when that went well.
    func reopen() async -> Errno? {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.reopenings.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume(returning: nil) } else { bell.raise() }
        }
    }

    /// Whether every worker has left: no more lines come.
    var isClosed: Bool { lanes.allSatisfy(\.isClosed) }

    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    var report: AccessLogReport {
        let (error, busySince) = state.withLock { ($0.error, $0.busySince) }
        var report = AccessLogReport()
        report.settings = settings
        report.waitingLines = lanes.reduce(0) { $0 + $1.waitingLines }
        if let error {
            report.fault = .failed(error)
        } else if let busySince {
            let milliseconds = Int(Instant.now().since(busySince) / 1_000_000)
            if milliseconds >= LogLimits.stuckMilliseconds { report.fault = .stuck }
        }
        return report
    }
}

/// What the writer tells and asks.
extension AccessLog {
    func takeReopenings() -> [CheckedContinuation<Errno?, Never>] {
        state.withLock { state in
            let taken = state.reopenings
            state.reopenings = []
            return taken
        }
    }

    func writingBegins() {
        state.withLock { state in
            if state.busySince == nil { state.busySince = Instant.now() }
        }
    }

    /// A block went out whole.
    func writingSucceeded(lines: Int) {
        _ = totals.lines.add(UInt64(lines))
        state.withLock { state in
            state.error = nil
            state.busySince = nil
        }
    }

    func writingFailed(_ error: Errno) {
        _ = totals.errors.add(1)
        state.withLock { $0.error = error }
    }

    func end() {
        state.withLock { $0.hasEnded = true }
        for waiting in takeReopenings() { waiting.resume(returning: nil) }
    }
}
