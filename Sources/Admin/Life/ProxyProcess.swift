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

    /// Makes the process; nothing is bound and no weight is changed yet.
    package init(
        _ snapshot: Snapshot, text: WeightsText,
        configuration: (path: String, environment: [String: String])?, logger: Logger
    ) throws(StartFault) {
        if let socket = snapshot.control?.socket, (try? UnixSocket.connect(path: socket)) != nil {
            throw .alreadyRunning(socket: socket)
        }
        stateLock = try Self.lock(snapshot.stateDirectory)
        DescriptorLimit.raise()
        Signals.ignoreBrokenPipes()
        let workers = snapshot.workers > 0 ? snapshot.workers : ProcessFacts.processorCount
        do throws(Errno) {
            plane = try DataPlane(workers: workers)
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
            rollouts: RolloutKeeper(weights: keeper, plane: plane, logger: logger, audit: audit))
        self.snapshot = snapshot
        self.text = text
        self.logger = logger
    }

    /// Serves until a signal or one of `others` ends it.
    package func run(with others: [any Service] = []) async throws {
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
                    operation, watcher, certificates: certificateWatcher, snapshot.shutdown, logger)
            ] + others
        let running =
            try servers() + [
                WatchService(watcher: watcher, keeper: operation.keeper),
                CertificateService(watcher: certificateWatcher, operation: operation),
                KeepService(keeper: operation.keeper, rollouts: operation.rollouts),
                TickService(operation: operation),
                TargetService(plane, judge: judge, names: names),
                GuardService(plane: plane, logger: logger),
                OpeningService(plane: plane, logger: logger),
                TripwireService(tripwire: tripwire),
                RolloutService(rollouts: operation.rollouts),
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

    private func servers() throws -> [any Service] {
        var servers: [any Service] = []
        if let control = snapshot.control {
            let logger = logger
            let server = try ControlServer.application(
                ControlAPI(operation, access: .full), at: .unixDomainSocket(path: control.socket),
                logger: logger
            ) { _ in
                do throws(Errno) {
                    try DurableFile.setAccess(
                        control.socket, mode: control.mode, group: control.group)
                    logger.notice("control socket: \(control.socket)")
                } catch {
                    logger.error("control socket \(control.socket): \(error)")
                }
            }
            servers.append(
                NamedService(name: "control socket \(control.socket)", service: server))
        }
        if let admin = snapshot.admin {
            let (operation, logger) = (operation, logger)
            let tls = try admin.tls.map { try operation.adminCertificate.begin($0) }
            let server = try ControlServer.application(
                ControlAPI(operation, access: .readOnly), at: .init(admin.address),
                logger: logger, tls: tls
            ) { channel in
                let bound = channel.localAddress.flatMap(Self.text(of:)) ?? "\(admin.address)"
                await operation.adminIsBound(to: bound)
                logger.notice("admin address: \(tls == nil ? "" : "https://")\(bound)")
            }
            servers.append(NamedService(name: "admin address \(admin.address)", service: server))
        }
        return servers
    }
}

extension ProxyProcess {
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
