internal import Addressing
internal import Kernel
internal import Settings
internal import Splitting
internal import Telemetry

/// The addresses of each upstream's targets, by the upstream's name, in the order of its targets.
typealias TargetAddresses = [String: [[SocketAddress]]]

/// From names to addresses: before a snapshot runs, and again and again while it does.
extension DataPlane {
    /// Looks all names up again and moves targets to where they are now. A name that cannot be
    /// resolved keeps the addresses that it had. Returns whether anything has changed.
    @discardableResult
    package func refreshTargets() async -> Bool {
        let before = foundation.withLock { $0 }
        guard before.upstreams.contains(where: \.hasNames) else { return false }
        var addresses: TargetAddresses = [:]
        for upstream in before.upstreams {
            var found: [[SocketAddress]] = []
            for target in upstream.targets {
                let known = before.addresses(of: target, in: upstream)
                found.append((try? await Self.resolve(target.address).get()) ?? known)
            }
            addresses[upstream.name] = found
        }
        let roll = foundation.withLock { foundation -> RollCall? in
            // Another snapshot runs by now, with addresses of its own.
            guard foundation.revision == before.revision else { return nil }
            let upstreams = foundation.place(foundation.upstreams, at: addresses)
            let isMoved = Set(foundation.resolved) != Set(before.resolved)
            guard isMoved || foundation.targetNames != before.targetNames else { return nil }
            let counts = Blueprint.Counts(foundation.registry)
            return send { .retarget(upstreams, counts, acknowledge: $1) }
        }
        guard let roll else { return false }
        _ = await roll.acknowledgement()
        return true
    }

    /// The addresses of all targets, or why one of them has none.
    static func resolve(
        _ upstreams: [UpstreamSettings]
    ) async -> Result<TargetAddresses, DataPlaneError> {
        var resolved: TargetAddresses = [:]
        for upstream in upstreams {
            var addresses: [[SocketAddress]] = []
            for target in upstream.targets {
                switch await resolve(target.address) {
                case .success(let found):
                    addresses.append(found)
                case .failure(let failure):
                    return .failure(
                        .unresolved(
                            upstream: upstream.name, target: target.address.description,
                            reason: failure.description))
                }
            }
            resolved[upstream.name] = addresses
        }
        return .success(resolved)
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
            return await lookUp(name, port: setting.port)
        }
    }

    /// On a thread of its own: a slow resolver must not hold up the control plane.
    private static func lookUp(
        _ name: String, port: UInt16
    ) async -> Result<[SocketAddress], NameResolver.Failure> {
        await withCheckedContinuation { continuation in
            let isStarted: Void? = try? WorkerThread.start(name: "sluice-resolver") {
                do throws(NameResolver.Failure) {
                    let found = try NameResolver.addresses(of: name, port: port)
                    continuation.resume(returning: .success(found))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if isStarted == nil {
                let failure = NameResolver.Failure(description: "no thread could be started")
                continuation.resume(returning: .failure(failure))
            }
        }
    }
}

extension Foundation {
    /// Gives ids to the targets of all upstreams at these addresses, and notes where they are.
    mutating func place(
        _ upstreams: [UpstreamSettings], at addresses: TargetAddresses
    ) -> [Blueprint.Upstream] {
        resolved = []
        noteNames(of: upstreams, at: addresses)
        let placed = upstreams.map { place($0, at: addresses[$0.name] ?? []) }
        forgetStandings(exceptIn: placed)
        return placed
    }

    private mutating func place(
        _ settings: UpstreamSettings, at addresses: [[SocketAddress]]
    ) -> Blueprint.Upstream {
        var targets: [Blueprint.Target] = []
        for (target, found) in zip(settings.targets, addresses) {
            for address in found {
                let id = registry.target(upstream: settings.name, address: address.description)
                // Two names may stand for one address.
                guard !targets.contains(where: { $0.id == id }) else { continue }
                targets.append(
                    Blueprint.Target(
                        id: id, address: address, weight: target.weight,
                        standing: standings[id] ?? TargetStanding()))
                resolved.append(
                    ResolvedTarget(
                        upstream: settings.name, setting: target.address.description,
                        address: address))
            }
        }
        return Blueprint.Upstream(
            id: registry.upstream(settings.name), targets: targets, timeouts: settings.timeouts)
    }

    /// Where a target was found the last time.
    func addresses(of target: TargetSettings, in upstream: UpstreamSettings) -> [SocketAddress] {
        let setting = target.address.description
        return resolved.filter { $0.upstream == upstream.name && $0.setting == setting }
            .map(\.address)
    }
}

extension Blueprint.Counts {
    /// Room for every id that the registry has given.
    init(_ registry: Registry) {
        self.init(
            listeners: registry.listeners.count, splits: registry.splits.count,
            upstreams: registry.upstreams.count, lanes: registry.lanes.count,
            targets: registry.targets.count)
    }
}

extension UpstreamSettings {
    /// Whether any target is given by a name.
    fileprivate var hasNames: Bool {
        targets.contains { target in
            if case .name = target.address.host { true } else { false }
        }
    }
}

extension SocketAddress {
    /// Of the family that the address belongs to.
    init(_ address: IPAddress, port: UInt16) {
        if address.isIPv4 {
            self.init(version4: address.ipv4, port: port)
        } else {
            self.init(version6: address, port: port)
        }
    }
}
