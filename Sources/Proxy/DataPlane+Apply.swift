internal import Addressing
internal import Bytes
internal import Kernel
package import Settings
internal import Splitting
internal import Telemetry

/// Why a snapshot cannot be run; nothing has changed.
package enum DataPlaneError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A target's name has no address.
    case unresolved(upstream: String, target: String, reason: String)
    /// A listener's address cannot be used.
    case unbindable(listener: String, address: String, reason: String)

    package var description: String {
        switch self {
        case .unresolved(let upstream, let target, let reason):
            "upstream \(upstream): target \(target) cannot be resolved: \(reason)"
        case .unbindable(let listener, let address, let reason):
            "listener \(listener): cannot listen on \(address): \(reason)"
        }
    }
}

extension DataPlane {
    /// Runs a snapshot: names are resolved and new listeners bound first, so that nothing has
    /// changed when that fails. Listeners, upstreams and splits that stay keep their connections.
    package func apply(_ snapshot: Snapshot) async throws(DataPlaneError) -> Acknowledgement {
        let addresses = try await resolve(snapshot.upstreams)
        var next = foundation.withLock { $0 }
        let opened = try open(snapshot.listeners, over: next)
        next.listening = [:]
        for listener in snapshot.listeners { next.listening[listener.name] = listener.address }
        next.bound = snapshot.listeners.compactMap { listener in
            opened.first { $0.bound.name == listener.name }?.bound
                ?? next.bound.first { $0.name == listener.name }
        }
        let blueprint = Blueprint(snapshot, addresses, &next)
        let running = next
        foundation.withLock { $0 = running }
        let registry = running.registry
        return await broadcast { number, acknowledge in
            let handed = opened.compactMap { opened in
                registry.knownListener(opened.bound.name).map {
                    HandedListener(listener: $0, descriptor: opened.descriptors[number])
                }
            }
            return .run(blueprint, opening: handed, acknowledge: acknowledge)
        }
    }

    /// The addresses of each upstream's targets, in their order.
    private func resolve(
        _ upstreams: [UpstreamSettings]
    ) async throws(DataPlaneError) -> [String: [[SocketAddress]]] {
        var resolved: [String: [[SocketAddress]]] = [:]
        for upstream in upstreams {
            var addresses: [[SocketAddress]] = []
            for target in upstream.targets {
                switch await Self.resolve(target.address) {
                case .success(let found):
                    addresses.append(found)
                case .failure(let failure):
                    throw .unresolved(
                        upstream: upstream.name, target: target.address.description,
                        reason: failure.description)
                }
            }
            resolved[upstream.name] = addresses
        }
        return resolved
    }

    private static func resolve(
        _ setting: AddressSetting
    ) async -> Result<[SocketAddress], NameResolver.Failure> {
        switch setting.host {
        case .any:
            return .success([SocketAddress(version4: 0x7f00_0001, port: setting.port)])
        case .ip(let address):
            return .success([SocketAddress(address, port: setting.port)])
        case .name(let name):
            return await withCheckedContinuation { continuation in
                // On a thread of its own: a slow resolver must not hold up the control plane.
                let isStarted: Void? = try? WorkerThread.start(name: "sluice-resolver") {
                    do throws(NameResolver.Failure) {
                        let found = try NameResolver.addresses(of: name, port: setting.port)
                        continuation.resume(returning: .success(found))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                if isStarted == nil {
                    let reason = "no thread could be started"
                    continuation.resume(
                        returning: .failure(NameResolver.Failure(description: reason)))
                }
            }
        }
    }
}

/// Opening listeners: one socket for each worker on the same port.
extension DataPlane {
    struct OpenedListener: Sendable {
        let bound: BoundListener
        /// One for each worker, which takes it over.
        let descriptors: [Int32]
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
                    reason: error.description)
            }
        }
        return opened
    }

    private func open(
        _ listener: ListenerSettings, isOurs: Bool
    ) throws(Errno) -> OpenedListener {
        let wanted = try Self.address(toListenOn: listener.address)
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

    private static func close(_ descriptor: Int32) {
        _ = ListeningSocket(owning: descriptor)
    }

    private static func address(
        toListenOn setting: AddressSetting
    ) throws(Errno) -> SocketAddress {
        switch setting.host {
        case .any:
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
        foundation.resolved = []
        let upstreams = snapshot.upstreams.map { settings in
            Upstream(settings, addresses[settings.name] ?? [], &foundation)
        }
        let splits = snapshot.splits.map { Split($0, &foundation) }
        let listeners = snapshot.listeners.map { Listener($0, &foundation) }
        let registry = foundation.registry
        self.init(
            listeners: listeners, upstreams: upstreams, splits: splits,
            counts: Counts(
                listeners: registry.listeners.count, splits: registry.splits.count,
                upstreams: registry.upstreams.count, lanes: registry.lanes.count,
                targets: registry.targets.count),
            timeouts: snapshot.timeouts)
    }
}

extension Blueprint.Upstream {
    fileprivate init(
        _ settings: UpstreamSettings, _ addresses: [[SocketAddress]],
        _ foundation: inout Foundation
    ) {
        id = foundation.registry.upstream(settings.name)
        var targets: [Blueprint.Target] = []
        for (target, found) in zip(settings.targets, addresses) {
            for address in found {
                let id = foundation.registry.target(
                    upstream: settings.name, address: address.description)
                // Two names may stand for one address.
                guard !targets.contains(where: { $0.id == id }) else { continue }
                targets.append(
                    Blueprint.Target(id: id, address: address, weight: target.weight))
                foundation.resolved.append(
                    ResolvedTarget(
                        upstream: settings.name, setting: target.address.description,
                        address: address))
            }
        }
        self.targets = targets
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
        members = settings.members.map { name in
            Blueprint.Member(
                upstream: foundation.registry.upstream(name),
                lane: foundation.registry.lane(split: settings.name, upstream: name))
        }
    }
}

extension Blueprint.Listener {
    fileprivate init(_ settings: ListenerSettings, _ foundation: inout Foundation) {
        id = foundation.registry.listener(settings.name)
        split = foundation.registry.split(settings.split)
        port = foundation.bound.first { $0.name == settings.name }?.address.port ?? 0
        trustedProxies = settings.trustedProxies
    }
}

extension SocketAddress {
    /// Of the family that the address belongs to.
    fileprivate init(_ address: IPAddress, port: UInt16) {
        if address.isIPv4 {
            self.init(version4: address.ipv4, port: port)
        } else {
            self.init(version6: address, port: port)
        }
    }
}
