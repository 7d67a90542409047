internal import Kernel
internal import Logging
internal import Proxy
internal import ServiceLifecycle
internal import Settings
internal import UnixSignals

/// Ends the process as signals say: the first SIGTERM or SIGINT lets exchanges finish, a second
/// one does not. SIGHUP reads sluice.yaml again, SIGUSR1 opens the access log anew. Of a process
/// that lives with its terminal SIGHUP is an end too.
struct SignalService: Service {
    /// For what comes when exchanges are over: connections are closed, last lines written.
    private static let endMilliseconds = 15_000

    private let operation: Operation
    private let watcher: FileWatcher
    private let certificates: FileWatcher
    private let times: ShutdownTimes
    private let logger: Logger
    private let manager: ServiceManager?
    private let inherited: [InheritedSocket]
    private let endsAtHangUp: Bool

    init(
        _ operation: Operation, _ watcher: FileWatcher, certificates: FileWatcher,
        _ times: ShutdownTimes, _ logger: Logger, manager: ServiceManager? = nil,
        inherited: [InheritedSocket] = [], endsAtHangUp: Bool = false
    ) {
        self.endsAtHangUp = endsAtHangUp
        self.manager = manager
        self.inherited = inherited
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
                if signal == .sighup, endsAtHangUp {
                    // The kernel and a shell may both say it.
                    guard !isStopping else { continue }
                    isStopping = true
                    Task {
                        await stop()
                        end.finish()
                    }
                } else if signal == .sighup {
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
        await manager?.reloading()
        if await operation.reload() {
            let snapshot = await operation.snapshot
            watcher.watch(snapshot.weightsFile)
            certificates.watch(paths: operation.plane.certificateFiles)
            let faults = DataPlane.faults(
                of: inherited, for: snapshot, workers: operation.plane.workerCount)
            for fault in faults { logger.warning("\(fault)") }
        }
        await manager?.reloaded(await operation.serviceStatus())
    }

    /// Not ready, then the delay, then no new connection, then the grace for what runs.
    private func stop() async {
        await operation.beginStopping()
        let grace = times.graceMilliseconds
        let most = times.delayMilliseconds + grace + Self.endMilliseconds
        await manager?.stopping(milliseconds: most)
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
