internal import Kernel
internal import Logging
internal import ServiceLifecycle
internal import Settings
internal import UnixSignals

/// Ends the process as signals say: the first SIGTERM or SIGINT lets exchanges finish, a second
/// one does not. SIGHUP reads sluice.yaml again, SIGUSR1 opens the access log anew.
struct SignalService: Service {
    private let operation: Operation
    private let watcher: FileWatcher
    private let certificates: FileWatcher
    private let times: ShutdownTimes
    private let logger: Logger

    init(
        _ operation: Operation, _ watcher: FileWatcher, certificates: FileWatcher,
        _ times: ShutdownTimes, _ logger: Logger
    ) {
        self.certificates = certificates
        self.operation = operation
        self.watcher = watcher
        self.times = times
        self.logger = logger
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigusr1)
        let (stopped, end) = AsyncStream<Void>.makeStream()
        let listening = Task {
            var isStopping = false
            for await signal in signals {
                if signal == .sighup {
                    await reload()
                } else if signal == .sigusr1 {
                    // Nobody waits for a disk that may not answer.
                    Task { await operation.reopenAccessLog() }
                } else if isStopping {
                    logger.warning("a second signal: the end, at once")
                    await operation.plane.stop()
                    ProcessFacts.exitAtOnce(code: 1)
                } else {
                    isStopping = true
                    Task {
                        await stop()
                        end.finish()
                    }
                }
            }
        }
        for await _ in stopped.cancelOnGracefulShutdown() {}
        listening.cancel()
    }

    private func reload() async {
        guard await operation.reload() else { return }
        watcher.watch(await operation.snapshot.weightsFile)
        certificates.watch(paths: operation.plane.certificateFiles)
    }

    /// Not ready, then the delay, then no new connection, then the grace for what runs.
    private func stop() async {
        await operation.beginStopping()
        let grace = times.graceMilliseconds
        logger.notice("stopping: exchanges have \(grace) ms to finish")
        try? await Task.sleep(for: .milliseconds(times.delayMilliseconds))
        await operation.plane.stopAccepting()
        let left = await operation.plane.drain(milliseconds: grace)
        if left > 0 {
            logger.warning("stopped with \(left) exchanges under way")
        } else {
            logger.notice("stopped: every exchange has finished")
        }
    }
}
