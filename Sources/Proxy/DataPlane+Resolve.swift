package import Addressing
package import Kernel
internal import Settings
internal import Splitting
internal import Telemetry

/// The addresses of each upstream's targets, by the upstream's name, in the order of its targets.
typealias TargetAddresses = [String: [[SocketAddress]]]

/// What looking names up again came to.
package struct NameRefresh: Sendable {
    /// The names that were found, and why the others were not.
    package fileprivate(set) var resolved: [ResolvedTarget.Name] = []
    package fileprivate(set) var failures: [ResolvedTarget.Name: String] = [:]
    /// The upstreams whose targets have other addresses now.
    package fileprivate(set) var moved: [String] = []
}

/// From names to addresses: before a snapshot runs, and again and again while it does.
extension DataPlane {
    /// Looks the names of some upstreams' targets up again and moves targets to where they are
    /// now. A name that cannot be resolved keeps the addresses that it had.
    package func refreshTargets(of names: Set<String>) async -> NameRefresh {
        let before = foundation.withLock { $0 }
        var refresh = NameRefresh()
        var found: [ResolvedTarget.Name: [SocketAddress]] = [:]
        for upstream in before.upstreams where names.contains(upstream.name) {
            for target in upstream.targets where target.isNamed {
                let name = ResolvedTarget.Name(
                    upstream: upstream.name, setting: target.address.description)
                switch await resolve(target.address) {
                case .success(let addresses) where !addresses.isEmpty:
                    refresh.resolved.append(name)
                    found[name] = addresses
                case .success:
                    refresh.failures[name] = "the name has no address"
                case .failure(let failure):
                    refresh.failures[name] = failure.description
                }
            }
        }
        let roll = foundation.withLock { foundation -> RollCall? in
            // Another snapshot runs by now, with addresses of its own.
            guard foundation.revision == before.revision, foundation.differs(from: found) else {
                return nil
            }
            let resolved = foundation.resolved
            let upstreams = foundation.place(
                foundation.upstreams, at: foundation.addresses(movedTo: found))
            refresh.moved = Set(foundation.resolved).subtracting(resolved).map(\.upstream)
            refresh.moved += Set(resolved).subtracting(foundation.resolved).map(\.upstream)
            let counts = Blueprint.Counts(foundation.registry)
            return send { .retarget(upstreams, counts, acknowledge: $1) }
        }
        _ = await roll?.acknowledgement()
        return refresh
    }

    /// The addresses of all targets, or why one of them has none. A name that cannot be resolved
    /// now, but could before, keeps the addresses that it had: a resolver that fails must not be
    /// in the way of a change.
    func resolve(
        _ upstreams: [UpstreamSettings]
    ) async -> Result<TargetAddresses, DataPlaneError> {
        let known = foundation.withLock { $0.known }
        var resolved: TargetAddresses = [:]
        for upstream in upstreams {
            var addresses: [[SocketAddress]] = []
            for target in upstream.targets {
                let name = ResolvedTarget.Name(
                    upstream: upstream.name, setting: target.address.description)
                switch (await resolve(target.address), known[name]) {
                case (.success(let found), _) where !found.isEmpty:
                    addresses.append(found)
                case (_, .some(let before)):
                    addresses.append(before)
                case (.success, nil):
                    return .failure(.unresolved(name, "the name has no address"))
                case (.failure(let failure), nil):
                    return .failure(.unresolved(name, failure.description))
                }
            }
            resolved[upstream.name] = addresses
        }
        return .success(resolved)
    }

    private func resolve(
        _ setting: AddressSetting
    ) async -> Result<[SocketAddress], NameResolver.Failure> {
        switch setting.host {
        case .any:
            return .success([SocketAddress(version4: 0x7f00_0001, port: setting.port)])
        case .ip(let address):
            return .success([SocketAddress(address, port: setting.port)])
        case .name(let name):
            return await resolve(name, port: setting.port)
        }
    }

    /// On a thread of its own: a slow resolver must not hold up the control plane.
    private func resolve(
        _ name: String, port: UInt16
    ) async -> Result<[SocketAddress], NameResolver.Failure> {
        let lookUp = lookUp
        return await withCheckedContinuation { continuation in
            let isStarted: Void? = try? WorkerThread.start(name: "sluice-resolver") {
                do throws(NameResolver.Failure) {
                    let found = try lookUp(name, port)
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

extension DataPlaneError {
    fileprivate static func unresolved(
        _ name: ResolvedTarget.Name, _ reason: String
    ) -> DataPlaneError {
        .unresolved(upstream: name.upstream, target: name.setting, reason: reason)
    }
}

extension Foundation {
    /// Gives ids to the targets of all upstreams at these addresses, and notes where they are.
    mutating func place(
        _ upstreams: [UpstreamSettings], at addresses: TargetAddresses
    ) -> [Blueprint.Upstream] {
        topologyRevision += 1
        resolved = []
        known = [:]
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
            let name = ResolvedTarget.Name(
                upstream: settings.name, setting: target.address.description)
            known[name] = found
            for address in found {
                let id = registry.target(upstream: settings.name, address: address.description)
                // Two names may stand for one address.
                guard !targets.contains(where: { $0.id == id }) else { continue }
                targets.append(
                    Blueprint.Target(
                        id: id, address: address, weight: target.weight,
                        places: places(at: id, settings.limits),
                        standing: standings[id] ?? TargetStanding(),
                        watch: FailureCount.Watch(target, in: settings),
                        serverName: ServerName(settings.tls, target.address)))
                resolved.append(
                    ResolvedTarget(
                        upstream: settings.name, setting: target.address.description,
                        address: address))
            }
        }
        let id = registry.upstream(settings.name)
        return Blueprint.Upstream(
            id: id, name: settings.name, targets: targets, timeouts: settings.timeouts,
            limits: settings.limits, retries: settings.retries, isKong: settings.isKong,
            tls: tls.upstreams[settings.name]?.value,
            version: settings.versionSpoken,
            proxyHeader: settings.proxyHeader,
            queue: queue(of: id, settings.limits))
    }

    /// Whether any name stands for other addresses than it did.
    fileprivate func differs(from found: [ResolvedTarget.Name: [SocketAddress]]) -> Bool {
        found.contains { name, addresses in Set(known[name] ?? []) != Set(addresses) }
    }

    /// Where all targets are when these names have moved. What stays keeps its place.
    fileprivate func addresses(
        movedTo found: [ResolvedTarget.Name: [SocketAddress]]
    ) -> TargetAddresses {
        var all: TargetAddresses = [:]
        for upstream in upstreams {
            all[upstream.name] = upstream.targets.map { target in
                let name = ResolvedTarget.Name(
                    upstream: upstream.name, setting: target.address.description)
                let before = known[name] ?? []
                guard let now = found[name] else { return before }
                return before.filter(now.contains) + now.filter { !before.contains($0) }
            }
        }
        return all
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

extension TargetSettings {
    /// Whether it is given by a name.
    package var isNamed: Bool {
        if case .name = address.host { true } else { false }
    }
}

extension SocketAddress {
    /// Of the family that the address belongs to.
    package init(_ address: IPAddress, port: UInt16) {
        if address.isIPv4 {
            self.init(version4: address.ipv4, port: port)
        } else {
            self.init(version6: address, port: port)
        }
    }
}
