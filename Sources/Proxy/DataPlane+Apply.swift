internal import Addressing
internal import Bytes
internal import HTTP
package import Kernel
package import Settings
internal import Splitting
internal import Telemetry

/// Why a snapshot cannot be run; nothing has changed.
package enum DataPlaneError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A target's name has no address.
    case unresolved(upstream: String, target: String, reason: String)
    /// A listener's address cannot be used.
    case unbindable(listener: String, address: String, reason: String)
    /// A certificate, a key or another file of TLS cannot be used; nothing was there before it.
    case untrustworthy(owner: String, reason: String)
    /// The access log cannot be opened.
    case unwritable(log: String, reason: String)

    /// One line that says where it is and why.
    package var description: String {
        switch self {
        case .unresolved(let upstream, let target, let reason):
            "upstream \(upstream): target \(target) cannot be resolved: \(reason)"
        case .unbindable(let listener, let address, let reason):
            "listener \(listener): cannot listen on \(address): \(reason)"
        case .untrustworthy(let owner, let reason):
            "\(owner): tls: \(reason)"
        case .unwritable(let log, let reason):
            "access_log: cannot open \(log): \(reason)"
        }
    }
}

extension DataPlane {
    /// Runs a snapshot: names are resolved and new listeners bound first, so that nothing has
    /// changed when that fails. Listeners, upstreams and splits that stay keep their connections.
    package nonisolated(nonsending) func apply(
        _ snapshot: Snapshot
    ) async throws(DataPlaneError) -> Acknowledgement {
        let addresses = try await resolve(snapshot.upstreams).get()
        let tls = try loadTLS(snapshot)
        let log = try await openLog(snapshot.accessLog)
        do throws(DataPlaneError) {
            return try await run(snapshot, at: addresses, tls, log).acknowledgement()
        } catch {
            if log !== foundation.withLock({ $0.log }) { log?.abandon() }
            throw error
        }
    }

    /// Binds what is new and sends the snapshot to the workers.
    private func run(
        _ snapshot: Snapshot, at addresses: TargetAddresses, _ tls: TLSStock, _ log: AccessLog?
    ) throws(DataPlaneError) -> RollCall {
        try foundation.withLock { foundation throws(DataPlaneError) in
            let opened = try open(snapshot.listeners, over: foundation)
            foundation.changeLog(to: log)
            foundation.listen(to: snapshot.listeners, opened.map(\.bound))
            foundation.upstreams = snapshot.upstreams
            foundation.tls = tls
            foundation.revision += 1
            let blueprint = Blueprint(snapshot, addresses, &foundation)
            let registry = foundation.registry
            return send { number, acknowledge in
                let handed = opened.compactMap { opened in
                    registry.knownListener(opened.bound.name).map {
                        HandedListener(
                            listener: $0, descriptor: opened.descriptors[number],
                            isShared: opened.isShared)
                    }
                }
                return .run(blueprint, opening: handed, acknowledge: acknowledge)
            }
        }
    }
}

extension Foundation {
    /// Notes which listeners are open from now on; `opened` are new.
    fileprivate mutating func listen(to listeners: [ListenerSettings], _ opened: [BoundListener]) {
        takeOnGuards(of: listeners)
        listening = [:]
        for listener in listeners { listening[listener.name] = listener.address }
        let known = bound
        bound = listeners.compactMap { listener in
            (opened + known).first { $0.name == listener.name }
        }
    }
}

/// Opening listeners: one socket for each worker on the same port.
extension DataPlane {
    struct OpenedListener: Sendable {
        let bound: BoundListener
        /// One for each worker, which takes it over.
        let descriptors: [Int32]
        /// Whether they are duplicates of sockets that this process was started with.
        var isShared = false
    }

    /// Opens what is not open yet.
    private func open(
        _ listeners: [ListenerSettings], over current: Foundation
    ) throws(DataPlaneError) -> [OpenedListener] {
        var opened: [OpenedListener] = []
        for listener in listeners where current.listening[listener.name] != listener.address {
            let isOurs = current.listening.values.contains(listener.address)
            do throws(Errno) {
                opened.append(try open(listener, isOurs: isOurs))
            } catch {
                for other in opened { other.descriptors.forEach(Self.close) }
                throw .unbindable(
                    listener: listener.name, address: listener.address.description,
                    reason: Self.reason(error, port: listener.address.port))
            }
        }
        return opened
    }

    private func open(
        _ listener: ListenerSettings, isOurs: Bool
    ) throws(Errno) -> OpenedListener {
        let wanted = try Self.address(toListenOn: listener.address)
        if let taken = try openInherited(listener.name, at: wanted) { return taken }
        if !isOurs, wanted.port != 0 {
            // Sharing a port with another process would go unnoticed: ask without sharing first.
            _ = try ListeningSocket.listen(on: wanted, sharesPort: false)
        }
        var descriptors: [Int32] = []
        var address = wanted
        do throws(Errno) {
            for _ in 0..<workerCount {
                let socket = try ListeningSocket.listen(on: address, sharesPort: true)
                address = socket.localAddress() ?? address
                descriptors.append(socket.release())
            }
        } catch {
            descriptors.forEach(Self.close)
            throw error
        }
        return OpenedListener(
            bound: BoundListener(name: listener.name, address: address),
            descriptors: descriptors)
    }

    static func close(_ descriptor: Int32) {
        _ = ListeningSocket(owning: descriptor)
    }

    /// The address that a listener with such a setting binds.
    package static func address(
        toListenOn setting: AddressSetting
    ) throws(Errno) -> SocketAddress {
        switch setting.host {
        case .any:
            guard SocketAddress.hasIPv6 else {
                return SocketAddress(version4: 0, port: setting.port)
            }
            return SocketAddress(version6: IPAddress(bits: 0), port: setting.port)
        case .ip(let address):
            return SocketAddress(address, port: setting.port)
        case .name(let name):
            let found = try? NameResolver.addresses(of: name, port: setting.port)
            guard let first = found?.first else { throw .addressNotAvailable }
            return first
        }
    }
}

extension Blueprint {
    /// Turns a snapshot's names into ids, new ones where a name is new.
    convenience init(
        _ snapshot: Snapshot, _ addresses: [String: [[SocketAddress]]],
        _ foundation: inout Foundation
    ) {
        let upstreams = foundation.place(snapshot.upstreams, at: addresses)
        let splits = snapshot.splits.map { Split($0, &foundation) }
        let listeners = snapshot.listeners.map { Listener($0, in: snapshot, &foundation) }
        self.init(
            listeners: listeners, upstreams: upstreams, splits: splits,
            counts: Counts(foundation.registry),
            log: foundation.log.map { Log($0, foundation.registry) },
            tracing: foundation.tracing(snapshot.traces))
    }
}

extension Blueprint.Split {
    fileprivate init(_ settings: SplitSettings, _ foundation: inout Foundation) {
        let seed =
            foundation.seeds[settings.name]
            ?? Foundation.Seed(
                id: foundation.registry.split(settings.name), sequence: SharedCounter(),
                seed: UInt64(bitPattern: WallClock.nanoseconds()))
        foundation.seeds[settings.name] = seed
        id = seed.id
        sequence = seed.sequence
        self.seed = seed.seed
        weights = settings.weights
        selection = Selection(settings)
        members = settings.members.map { name in
            Blueprint.Member(
                upstream: foundation.registry.upstream(name),
                lane: foundation.registry.lane(split: settings.name, upstream: name))
        }
    }
}

extension Blueprint.Listener {
    fileprivate init(
        _ settings: ListenerSettings, in snapshot: Snapshot, _ foundation: inout Foundation
    ) {
        id = foundation.registry.listener(settings.name)
        split = foundation.registry.split(settings.split)
        port = foundation.bound.first { $0.name == settings.name }?.address.port ?? 0
        trustedProxies = settings.trustedProxies
        timeouts = settings.timeouts
        limits = settings.limits
        counts = foundation.counts(atListener: settings.name)
        routes = settings.routes.map { ($0.when, foundation.registry.split($0.split)) }
        exposesUpstream = settings.exposesUpstream
        takesHTTP2 = settings.takesHTTP2
        isGuarded = settings.guarding != nil
        isShut = settings.guarding.map { foundation.isShut($0) } ?? false
        allowed = AllowedRequests(settings.guarding?.allow ?? [])
        tls = foundation.tls.listeners[settings.name]?.value
        isTCP = settings.mode == .tcp
        openingAfterHeader = Opening(of: settings, in: snapshot)
        opening = settings.requiresProxyHeader ? .proxyHeader : openingAfterHeader
    }
}
