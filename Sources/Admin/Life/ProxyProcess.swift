internal import Addressing
internal import Hummingbird
package import Kernel
package import Logging
internal import NIOCore
package import Proxy
package import ServiceLifecycle
package import Settings

/// The whole proxy as a process: the data plane and the services around it.
package struct ProxyProcess: Sendable {
    /// Why the process cannot begin.
    package enum StartFault: Error, Sendable, CustomStringConvertible {
        /// Somebody else answers on the control socket.
        case alreadyRunning(socket: String)
        /// Another process keeps its weights in the same folder.
        case stateInUse(folder: String)
        /// Sockets that the process was started with cannot all be used.
        case inherited([String])
        case system(String, Errno)

        /// Who or what is in the way, and what to do.
        package var description: String {
            switch self {
            case .alreadyRunning(let socket):
                "another sluice answers on the control socket \(socket); "
                    + "stop it first, or name another socket"
            case .stateInUse(let folder):
                "another sluice keeps its weights in \(folder); "
                    + "stop it first, or name another state_dir"
            case .inherited(let faults):
                faults.joined(separator: "\n")
            case .system(let what, let error):
                "\(what): \(error)"
            }
        }
    }

    /// How it is looked at and changed, and what carries the traffic.
    package let operation: Operation
    package let plane: DataPlane
    private let judge: HealthJudge
    private let names: NameWatch
    private let watcher: FileWatcher
    /// Of the files of TLS.
    private let certificateWatcher: FileWatcher
    private let tripwire: TripwireWatch
    /// Kept for the life of the process; nil when nothing is kept, or when nothing can be.
    private let stateLock: FileLock?
    private let snapshot: Snapshot
    private let text: WeightsText
    private let logger: Logger
    /// Who started the process, and the sockets that it was started with.
    private let manager: ServiceManager?
    private let inherited: [InheritedSocket]

    /// Makes the process; nothing is bound and no weight is changed yet.
    package init(
        _ snapshot: Snapshot, text: WeightsText,
        configuration: (path: String, environment: [String: String])?, logger: Logger,
        inherited: [InheritedSocket] = [], manager: ServiceManager? = nil, log: LogControl? = nil
    ) throws(StartFault) {
        self.inherited = inherited
        self.manager = manager
        let isControlInherited = inherited.contains {
            if case .unix = $0.place { true } else { false }
        }
        if let socket = snapshot.control?.socket, !isControlInherited,
            (try? UnixSocket.connect(path: socket)) != nil
        {
            throw .alreadyRunning(socket: socket)
        }
        stateLock = try Self.lock(snapshot.stateDirectory)
        DescriptorLimit.raise()
        Signals.ignoreBrokenPipes()
        let workers = snapshot.workers > 0 ? snapshot.workers : ProcessFacts.processorCount
        let faults = DataPlane.faults(of: inherited, for: snapshot, workers: workers)
        guard faults.isEmpty else { throw .inherited(faults) }
        do throws(Errno) {
            plane = try DataPlane(workers: workers, inherited: inherited)
            watcher = try FileWatcher(snapshot.weightsFile)
            certificateWatcher = try FileWatcher(paths: [])
        } catch {
            throw .system("the process cannot begin", error)
        }
        let store = WeightStore(WeightStore.Places(snapshot))
        let audit = AuditTrail(logger: logger)
        let keeper = WeightKeeper(
            plane: plane, store: store, logger: logger, disk: .threads, audit: audit)
        judge = HealthJudge(plane, logger: logger)
        names = NameWatch(plane, judge: judge, logger: logger)
        let freezes = FreezeKeeper(plane: plane, logger: logger, disk: .threads, audit: audit)
        tripwire = TripwireWatch(
            logger: logger, freezes: { await freezes.freezes.map(FreezeFacts.init) })
        operation = Operation(
            snapshot, plane: plane, keeper: keeper, logger: logger, configuration: configuration,
            judge: judge, names: names, tripwire: tripwire,
            freezes: freezes, audit: audit,
            rollouts: RolloutKeeper(weights: keeper, plane: plane, logger: logger, audit: audit),
            log: log)
        self.snapshot = snapshot
        self.text = text
        self.logger = logger
    }

    /// Serves until a signal or one of `others` ends it. `endsAtHangUp`: with its terminal too.
    package func run(with others: [any Service] = [], endsAtHangUp: Bool = false) async throws {
        // The first sleep opens a descriptor that all later ones use, and ends the process where
        // there is none left: it comes before there is anybody who could take them all.
        try await Task.sleep(for: .milliseconds(1))
        try await operation.start(text: text)
        certificateWatcher.watch(paths: plane.certificateFiles)
        var quiet = logger
        quiet.logLevel = .critical
        let ending =
            [
                SignalService(
                    operation, watcher, certificates: certificateWatcher, snapshot.shutdown, logger,
                    manager: manager, inherited: inherited, endsAtHangUp: endsAtHangUp)
            ] + others
        let gate = StartGate(
            count: (snapshot.control == nil ? 0 : 1) + (snapshot.admin == nil ? 0 : 1))
        let managing = manager.map {
            ServiceManagerService(manager: $0, operation: operation, gate: gate)
        }
        let running =
            try servers(gate) + [managing].compactMap { $0 as (any Service)? } + [
                WatchService(watcher: watcher, keeper: operation.keeper),
                CertificateService(watcher: certificateWatcher, operation: operation),
                KeepService(keeper: operation.keeper, rollouts: operation.rollouts),
                TickService(operation: operation),
                TargetService(plane, judge: judge, names: names),
                GuardService(plane: plane, logger: logger),
                OpeningService(plane: plane, logger: logger),
                TripwireService(tripwire: tripwire),
                RolloutService(rollouts: operation.rollouts),
                StatsDService(operation: operation),
                TraceService(operation: operation, plane: plane),
            ]
        var configuration = ServiceGroupConfiguration(
            services: running.map { .init(service: $0) }
                + ending.map { service in
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup)
                },
            logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(2)
        try await ServiceGroup(configuration: configuration).run()
        await operation.upgrades.rememberCounts(look: operation.upgradeLook)
        let lostLines = await plane.stop()
        if lostLines > 0 { logger.warning("access log: the last \(lostLines) lines are lost") }
    }

    private static func lock(_ folder: String?) throws(StartFault) -> FileLock? {
        guard let folder else { return nil }
        do throws(Errno) {
            try DurableFile.makeFolder(folder)
            return try FileLock("\(folder)/lock")
        } catch .heldByOther {
            throw .stateInUse(folder: folder)
        } catch {
            // Nothing can be kept there: each change says so, and traffic flows all the same.
            return nil
        }
    }

    private func servers(_ gate: StartGate) throws -> [any Service] {
        var servers: [any Service] = []
        if let control = snapshot.control {
            let (api, logger) = (ControlAPI(operation, access: .full), logger)
            let taken = inherited.first { if case .unix = $0.place { true } else { false } }
            let isUp: @Sendable (any Channel) async -> Void = { _ in
                gate.arrive()
                // Who has made the socket has said who may use it.
                guard taken == nil else {
                    return logger.notice("control socket: \(control.socket), handed over")
                }
                do throws(Errno) {
                    try DurableFile.setAccess(
                        control.socket, mode: control.mode, group: control.group)
                    logger.notice("control socket: \(control.socket)")
                } catch {
                    logger.error("control socket \(control.socket): \(error)")
                }
            }
            let server = try ControlServer.service(
                api, on: taken, orAt: .unixDomainSocket(path: control.socket), logger: logger,
                onServerRunning: isUp)
            servers.append(
                NamedService(name: "control socket \(control.socket)", service: server))
        }
        if let admin = snapshot.admin {
            let (operation, logger) = (operation, logger)
            let api = ControlAPI(operation, access: .readOnly)
            let taken = inheritedSocket(at: admin.address)
            let tls = try admin.tls.map { try operation.adminCertificate.begin($0) }
            let isUp: @Sendable (any Channel) async -> Void = { channel in
                let bound = channel.localAddress.flatMap(Self.text(of:)) ?? "\(admin.address)"
                await operation.adminIsBound(to: bound)
                logger.notice("admin address: \(tls == nil ? "" : "https://")\(bound)")
                gate.arrive()
            }
            let server = try ControlServer.service(
                api, on: taken, orAt: .init(admin.address), logger: logger, tls: tls,
                onServerRunning: isUp)
            servers.append(NamedService(name: "admin address \(admin.address)", service: server))
        }
        return servers
    }
}

extension ProxyProcess {
    /// The socket for an address that this process was started with.
    private func inheritedSocket(at setting: AddressSetting) -> InheritedSocket? {
        guard let address = try? DataPlane.address(toListenOn: setting) else { return nil }
        return inherited.first { $0.place == .tcp(address) }
    }

    /// An address with its port, as listeners show theirs.
    private static func text(of address: NIOCore.SocketAddress) -> String? {
        guard let host = address.ipAddress, let port = address.port else { return nil }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension BindAddress {
    /// Where a setting says.
    fileprivate init(_ setting: AddressSetting) {
        let host: String
        switch setting.host {
        case .any: host = "::"
        case .ip(let address): host = "\(address)"
        case .name(let name): host = name
        }
        self = .hostname(host, port: Int(setting.port))
    }
}
