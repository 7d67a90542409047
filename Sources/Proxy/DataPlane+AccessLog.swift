internal import Bytes
package import Kernel
internal import Settings

/// The access log, seen from the control plane.
extension DataPlane {
    /// The log that these settings ask for: the one that is open already, or a new one, which
    /// nobody writes to yet.
    func openLog(
        _ settings: AccessLogSettings?
    ) async throws(DataPlaneError) -> AccessLog? {
        guard let settings else { return nil }
        let current = foundation.withLock { $0.log }
        if let current, current.settings == settings { return current }
        do throws(Errno) {
            return try await open(settings)
        } catch {
            var report = AccessLogReport()
            report.settings = settings
            throw .unwritable(log: report.destination, reason: error.description)
        }
    }

    /// On a thread of its own: a file system that does not answer must not hold up everything.
    private func open(_ settings: AccessLogSettings) async throws(Errno) -> AccessLog {
        let (workers, totals) = (workerCount, logTotals)
        let result: Result<AccessLog, Errno> = await withCheckedContinuation { continuation in
            do throws(Errno) {
                try WorkerThread.start(name: "sluice-log-open") {
                    do throws(Errno) {
                        let log = try AccessLog(settings, workers: workers, totals: totals)
                        continuation.resume(returning: .success(log))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Opens the log's file anew, for whoever has given it another name; why that failed, nil when
    /// it went well or there is no file.
    package func reopenAccessLog() async -> Errno? {
        await foundation.withLock { $0.log }?.reopen()
    }

    /// How the access log is.
    package var accessLog: AccessLogReport {
        var report = foundation.withLock { $0.log }?.report ?? AccessLogReport()
        report.writtenLines = Int(clamping: logTotals.lines.value)
        report.errorCount = Int(clamping: logTotals.errors.value)
        return report
    }

    /// Waits until the last line of every log is written, for a while; the number of lines that
    /// are left.
    func finishLogs() async -> Int {
        let logs = foundation.withLock { foundation in
            foundation.retiredLogs + (foundation.log.map { [$0] } ?? [])
        }
        let deadline = Instant.now().advanced(byMilliseconds: LogLimits.endMilliseconds)
        while !logs.allSatisfy(\.hasEnded), Instant.now() < deadline {
            try? await Task.sleep(nanoseconds: 5_000_000)
        }
        return logs.reduce(0) { $0 + $1.report.waitingLines }
    }
}

extension Foundation {
    /// Lets another log take the place of the one that is written, which ends by itself.
    mutating func changeLog(to next: AccessLog?) {
        retiredLogs.removeAll(where: \.hasEnded)
        guard next !== log else { return }
        if let log { retiredLogs.append(log) }
        log = next
    }
}
