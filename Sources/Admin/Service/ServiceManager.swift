internal import Kernel
package import Logging

/// Tells the service manager that started this process how it is (sd_notify(3)).
package actor ServiceManager {
    /// The variables by which a service manager speaks to this process.
    package static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

    /// A manager that does not read for so long will not read this message either.
    private static let attempts = 40
    private static let pauseMilliseconds: Int64 = 50

    /// How often, in milliseconds, it wants to hear that all is well, at least; nil: never.
    package nonisolated let watchdogMilliseconds: Int?

    private let notifier: ServiceNotifier
    private let logger: Logger
    private var isReady = false
    private var status = ""
    private var hasFailed = false

    /// nil where no manager listens, or where it cannot be spoken to.
    package init?(_ environment: [String: String], logger: Logger) {
        guard let address = environment["NOTIFY_SOCKET"], !address.isEmpty else { return nil }
        do throws(Errno) {
            notifier = try ServiceNotifier(address: address)
        } catch {
            logger.warning("NOTIFY_SOCKET \(address): \(error); nobody is told how this runs")
            return nil
        }
        self.logger = logger
        watchdogMilliseconds = Self.watchdog(environment)
    }

    /// WATCHDOG_USEC, if it is meant for this process.
    static func watchdog(_ environment: [String: String]) -> Int? {
        let process = environment["WATCHDOG_PID"] ?? "\(ProcessFacts.identifier)"
        guard process == "\(ProcessFacts.identifier)",
            let microseconds = environment["WATCHDOG_USEC"].flatMap({ Int($0) }),
            microseconds > 0
        else { return nil }
        return max(1, microseconds / 1_000)
    }

    /// Listeners are open, and clients and operators may come.
    package func ready(_ status: String) async {
        isReady = true
        self.status = status
        await post(["READY=1", "STATUS=\(status)"])
    }

    /// The settings are being read again, until `reloaded`.
    package func reloading() async {
        guard isReady else { return }
        let microseconds = Instant.now().nanoseconds / 1_000
        await post([
            "RELOADING=1", "MONOTONIC_USEC=\(microseconds)", "STATUS=reading the settings again",
        ])
    }

    /// The end of a reload, whatever it came to: the process serves as it says.
    package func reloaded(_ status: String) async {
        guard isReady else { return }
        await ready(status)
    }

    /// The end begins, and may take so long.
    package func stopping(milliseconds: Int) async {
        isReady = false
        await post([
            "STOPPING=1", "EXTEND_TIMEOUT_USEC=\(milliseconds * 1_000)",
            "STATUS=stopping: what runs may end",
        ])
    }

    /// What people see, when it has changed.
    package func show(_ status: String) async {
        guard isReady, status != self.status else { return }
        self.status = status
        await post(["STATUS=\(status)"])
    }

    /// All is well.
    package func feedWatchdog() async { await post(["WATCHDOG=1"]) }

    private func post(_ lines: [String]) async {
        let safe = lines.map { $0.replacing("\n", with: " ") }
        for _ in 0..<Self.attempts {
            let error = notifier.send(safe)
            guard let error else {
                hasFailed = false
                return
            }
            guard error == .heldByOther || error == .noBufferSpace else { return fail(error) }
            try? await Task.sleep(for: .milliseconds(Self.pauseMilliseconds))
        }
        fail(.heldByOther)
    }

    private func fail(_ error: Errno) {
        if !hasFailed { logger.warning("the service manager is not told how this runs: \(error)") }
        hasFailed = true
    }
}
