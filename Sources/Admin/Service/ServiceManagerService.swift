internal import Kernel
internal import Logging
internal import ServiceLifecycle
internal import Settings

/// Speaks to the service manager as long as the process runs: that it is ready, what it does, and
/// that every worker turns its loop.
struct ServiceManagerService: Service {
    /// Between two looks at what is shown.
    private static let statusMilliseconds: Int64 = 2_000

    let manager: ServiceManager
    let operation: Operation
    let gate: StartGate

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await gate.wait()
            guard !Task.isCancelled else { return }
            await manager.ready(await operation.serviceStatus())
            await withDiscardingTaskGroup { group in
                group.addTask { await showStatus() }
                if let milliseconds = manager.watchdogMilliseconds {
                    group.addTask { await feedWatchdog(milliseconds) }
                }
            }
        }
    }

    private func showStatus() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(Self.statusMilliseconds))
            await manager.show(await operation.serviceStatus())
        }
    }

    /// At half of the time, and only if every worker has turned its loop since it was asked: the
    /// same fact that /healthz tells. A stuck worker is asked again until it turns, or until the
    /// manager ends the process.
    private func feedWatchdog(_ milliseconds: Int) async {
        var isLate = false
        while !Task.isCancelled {
            let late = await operation.plane.turn()
            guard late.isEmpty else {
                if !isLate {
                    operation.logger.error(
                        "workers \(late) do not turn their loops: the watchdog is not fed")
                }
                isLate = true
                continue
            }
            if isLate { operation.logger.notice("every worker turns its loop again") }
            isLate = false
            await manager.feedWatchdog()
            try? await Task.sleep(for: .milliseconds(Int64(milliseconds / 2)))
        }
    }
}

/// Opens when so many servers are up.
final class StartGate: Sendable {
    private let arrivals: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let count: Int

    init(count: Int) {
        self.count = count
        (arrivals, continuation) = AsyncStream.makeStream()
    }

    /// One more is up.
    func arrive() { continuation.yield() }

    /// Waits until all are up, or until the task is cancelled.
    func wait() async {
        var left = count
        guard left > 0 else { return }
        for await _ in arrivals {
            left -= 1
            if left == 0 { return }
        }
    }
}

extension Operation {
    /// What `systemctl status` shows of this process.
    func serviceStatus() async -> String {
        let report = await keeper.report()
        let splits = report.splits.prefix(4).map { split in
            let shares = zip(split.settings.members, split.shares).map { member, share in
                "\(member) \(Self.percent(share)) %"
            }
            return "\(split.settings.name): \(shares.joined(separator: ", "))"
        }
        let more = report.splits.count > 4 ? "; \(report.splits.count - 4) more" : ""
        let state = isStopping ? "stopping" : "serving"
        let fault = wasLastReloadSuccessful ? "" : "; the last reload was refused"
        return "\(state) \(splits.joined(separator: "; "))\(more); generation "
            + "\(report.generation)\(fault)"
    }

    private static func percent(_ share: Double) -> String {
        let hundredths = Int((share * 10_000).rounded())
        let rest = hundredths % 100
        guard rest > 0 else { return "\(hundredths / 100)" }
        let digits = rest < 10 ? "0\(rest)" : rest % 10 == 0 ? "\(rest / 10)" : "\(rest)"
        return "\(hundredths / 100).\(digits)"
    }
}
