internal import Addressing
internal import Kernel
package import Logging
internal import Proxy
package import Settings
internal import Splitting
internal import Telemetry

/// The running proxy as its operators see it: what runs, how it is, and how it is changed.
package actor Operation {
    /// What is set, and what carries the traffic.
    package nonisolated let keeper: WeightKeeper
    package nonisolated let plane: any Plane
    /// What gets nothing new.
    package nonisolated let drains: DrainKeeper
    /// What nobody may write to, what was done, and who may do it at the admin address.
    package nonisolated let freezes: FreezeKeeper
    package nonisolated let audit: AuditTrail?
    package nonisolated let tokens = AdminTokens()
    nonisolated let gate: AdminGate
    /// What the dashboard shows.
    package nonisolated let dashboard = Dashboard()
    nonisolated let adminCertificate = AdminCertificate()
    /// What was said and seen of upgrades.
    package nonisolated let upgrades: UpgradeKeeper
    /// Who moves weights by a plan; nil where nobody does.
    package nonisolated let rollouts: RolloutKeeper?
    /// Who lets long-lived connections follow the weights.
    package nonisolated let shifts: ShiftKeeper
    /// Who watches over the targets; nil where nobody does.
    nonisolated let judge: HealthJudge?
    private nonisolated let names: NameWatch?
    /// Who looks at the Admin APIs; nil where nobody does.
    nonisolated let tripwire: TripwireWatch?
    nonisolated let logger: Logger
    /// What became of metrics that were pushed.
    nonisolated let statsD = StatsDTally()
    /// What became of spans.
    nonisolated let traces = TraceTally()
    /// How much is logged; nil where the log is not ours.
    nonisolated let log: LogControl?
    nonisolated let startedAtMilliseconds = WallClock.nanoseconds() / 1_000_000
    /// sluice.yaml; nil when the snapshot came from elsewhere.
    let configuration: (path: String, environment: [String: String])?

    private(set) var snapshot: Snapshot
    private(set) var window = MinuteWindow()
    private(set) var wasLastReloadSuccessful = true
    private(set) var lastReloadFaults: [String] = []
    private(set) var isStopping = false
    private var logWatch = AccessLogWatch()
    /// What is known of upstreams that are Kongs.
    var kongWatch = KongWatch()
    /// What was read anew of TLS, and what could not be at last.
    var certificateTally = CertificateTally()
    var lastCertificateFaults: [CertificateFault] = []
    var certificateTicks = 0
    /// Lets whoever watches over the files of TLS look at them.
    var nudgeCertificates: (@Sendable () -> Void)?
    /// Where metrics and health are served over TCP; nil before that, and when nowhere.
    private(set) var adminAddress: String?
    private var isRunning = false

    package init(
        _ snapshot: Snapshot, plane: any Plane, keeper: WeightKeeper, logger: Logger,
        configuration: (path: String, environment: [String: String])? = nil,
        judge: HealthJudge? = nil, names: NameWatch? = nil, tripwire: TripwireWatch? = nil,
        freezes: FreezeKeeper? = nil, disk: DiskQueue = .threads, audit: AuditTrail? = nil,
        rollouts: RolloutKeeper? = nil, log: LogControl? = nil
    ) {
        self.log = log
        self.rollouts = rollouts
        self.audit = audit
        gate = AdminGate(tokens: tokens)
        drains = DrainKeeper(plane: plane, logger: logger, disk: disk, audit: audit)
        self.freezes =
            freezes ?? FreezeKeeper(plane: plane, logger: logger, disk: disk, audit: audit)
        upgrades = UpgradeKeeper(
            weights: keeper, plane: plane, logger: logger, disk: disk, audit: audit)
        shifts = ShiftKeeper(weights: keeper, plane: plane, logger: logger, audit: audit)
        self.snapshot = snapshot
        self.plane = plane
        self.keeper = keeper
        self.logger = logger
        self.configuration = configuration
        self.judge = judge
        self.names = names
        self.tripwire = tripwire
    }

    /// Begins to serve.
    package func start(text: WeightsText) async throws {
        try readTokens(snapshot).adopt()
        if let admin = snapshot.admin { gate.adopt(AdminRules(admin)) }
        await audit?.adopt(snapshot)
        let stored = loadState()
        await drains.begin(snapshot)
        await freezes.begin(snapshot)
        await rollouts?.begin(snapshot, environment: configuration?.environment ?? [:])
        let late = try await keeper.run(snapshot, text: text, stored: stored)
        if !late.isEmpty { logger.warning("workers \(late) have not begun yet") }
        isRunning = true
        await tripwire?.begin(snapshot)
        await upgrades.begin(snapshot)
        await beginDashboard()
        await rollouts?.goOn()
        watchTargets()
        noteCertificates()
        for listener in plane.boundListeners {
            logger.notice("listener \(listener.name): on \(listener.address)")
        }
    }

    /// Reads sluice.yaml again; a bad file changes nothing. Whether it is in force, and where
    /// the weight file is now.
    package func reload() async -> Bool {
        guard let configuration else { return false }
        do {
            let reading = try SettingsReader.read(
                configuration.path, environment: configuration.environment)
            for warning in reading.warnings { logger.warning("\(warning)") }
            let next = keepWhatIsFixed(reading.snapshot)
            let tokens = try readTokens(next)
            try adminCertificate.reload(next.admin?.tls)
            try await rollouts?.checkRoles(in: next, path: configuration.path)
            _ = try await keeper.run(next, text: reading.weights, stored: nil)
            let hasSameLog = next.accessLog != nil && next.accessLog == snapshot.accessLog
            snapshot = next
            tokens.adopt()
            if let admin = next.admin { gate.adopt(AdminRules(admin)) }
            await audit?.adopt(next)
            await drains.adopt(next)
            await freezes.adopt(next)
            await tripwire?.adopt(next)
            await upgrades.adopt(next)
            await rollouts?.adopt(next)
            watchTargets()
            noteCertificates()
            // Who rotates logs by this signal finds the old name in use no more. Nobody waits for
            // a disk that may not answer.
            if hasSameLog { Task { await reopenAccessLog() } }
            wasLastReloadSuccessful = true
            lastReloadFaults = []
            log?.configure(level: .init(next.logLevel), format: .init(next.logFormat))
            logger.notice("\(configuration.path) was read again and is in force")
            return true
        } catch {
            wasLastReloadSuccessful = false
            lastReloadFaults = "\(error)".split(separator: "\n").map(String.init)
            for fault in lastReloadFaults { logger.error("\(fault)") }
            logger.error("\(configuration.path) was read again and refused: nothing changes")
            return false
        }
    }

    /// Reads the files of the tokens; to be taken on when everything else is.
    private func readTokens(
        _ snapshot: Snapshot
    ) throws(AdminTokens.Fault) -> (adopt: () -> Void, count: Int) {
        let (found, warnings) = try AdminTokens.read(snapshot.admin?.tokens ?? [])
        for warning in warnings { logger.warning("\(warning)") }
        return ({ [tokens] in tokens.adopt(found) }, found.count)
    }

    /// Those who watch over the targets take on what runs now.
    private func watchTargets() {
        judge?.look()
        names?.look()
    }

    /// Where the admin address is open; nil before that, and when nowhere.
    var boundAdminAddress: String? { adminAddress }

    /// The admin address is open, with the port that the system chose for port 0.
    func adminIsBound(to address: String) { adminAddress = address }

    /// From here on the proxy says that it is not ready.
    package func beginStopping() { isStopping = true }

    /// Whether listeners are bound, the snapshot runs, and no stop has begun.
    package var isReady: Bool { isRunning && !isStopping }

    /// Once a second: the counters of the last minute.
    package func tick() async {
        let counters = await plane.counters()
        let now = Double(Instant.now().nanoseconds) / 1e9
        window.tick(counters, nowSeconds: now)
        watchKongs(counters, nowSeconds: now)
        await tickDashboard(counters)
        let messages = logWatch.look(
            at: plane.accessLog, dropped: counters.droppedLogLines, nowSeconds: now)
        tellRefusedTokens()
        tickLog()
        plane.rotateTicketKeys()
        lookAgainAtCertificates()
        if let audit { Task { await audit.retry() } }
        Task { await upgrades.observe(look: upgradeLook) }
        for message in messages { logger.log(level: message.level, "\(message.text)") }
    }

    /// Somebody has given the access log's file another name: lines go to a new one.
    package func reopenAccessLog() async {
        let log = plane.accessLog
        guard log.settings != nil else {
            return logger.notice("no access log is written: there is nothing to open anew")
        }
        if let error = await plane.reopenAccessLog() {
            logger.error("access log \(log.destination): cannot be opened anew: \(error)")
        } else {
            logger.notice("access log \(log.destination): opened anew")
        }
    }

    /// How long the process has run.
    nonisolated var uptimeSeconds: Int64 {
        (WallClock.nanoseconds() / 1_000_000 - startedAtMilliseconds) / 1_000
    }

    private func loadState() -> WeightsState? {
        do throws(StateError) {
            return try WeightStore.loadState(WeightStore.Places(snapshot))
        } catch {
            logger.error("weights.state: \(error); it is passed over")
            return nil
        }
    }

    /// What only a restart changes stays as it is, with a warning.
    private func keepWhatIsFixed(_ next: Snapshot) -> Snapshot {
        let times = snapshot.shutdown
        let fixed: [(String, Bool)] = [
            ("workers", next.workers != snapshot.workers),
            ("control", next.control != snapshot.control),
            ("admin", next.admin?.address != snapshot.admin?.address),
            ("admin.tls", (next.admin?.tls == nil) != (snapshot.admin?.tls == nil)),
            ("user", next.identity != snapshot.identity),
            ("shutdown_delay", times.delayMilliseconds != next.shutdown.delayMilliseconds),
            ("shutdown_grace", times.graceMilliseconds != next.shutdown.graceMilliseconds),
        ]
        for (key, isChanged) in fixed where isChanged {
            logger.warning("`\(key)` has changed: that needs a restart and is passed over")
        }
        var kept = next
        kept.workers = snapshot.workers
        kept.control = snapshot.control
        kept.admin = snapshot.admin.map { $0.taking(next.admin) }
        kept.identity = snapshot.identity
        kept.shutdown = times
        return kept
    }
}
