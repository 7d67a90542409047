internal import Kernel
package import Logging
internal import Proxy
package import Settings

/// The one truth about drains. A drain is an act of caution: it goes to the workers first and to
/// the disk right after, and is acknowledged when both have it.
package actor DrainKeeper {
    /// More are a mistake of a program, and have to fit into their file.
    package static let mostDrains = 4_096

    private let plane: any Plane
    private let logger: Logger
    private let disk: DiskQueue
    private let store = StateFile()

    /// What is drained, in the order in which it was asked for.
    package private(set) var drains: [Drain] = []
    private var upstreams: [UpstreamSettings] = []
    private var path: String?
    /// Counts the changes, so that an older one is not written over a newer one.
    private var version = 0
    private var isWritten = true

    private let audit: AuditTrail?

    package init(
        plane: any Plane, logger: Logger, disk: DiskQueue, audit: AuditTrail? = nil
    ) {
        self.audit = audit
        self.plane = plane
        self.logger = logger
        self.disk = disk
    }

    /// Takes over the drains of an earlier run, before the first request comes.
    package func begin(_ snapshot: Snapshot) async {
        let path = Self.path(snapshot)
        let (kept, fault) = await disk.run {
            StateFile.load(path) { try DrainsState(decoding: $0).drains }
        }
        if let fault { logger.error("drains.state: \(fault); it is passed over") }
        drains = kept ?? []
        self.path = path
        await adopt(snapshot)
        for drain in drains {
            let since = Timestamp.text(milliseconds: drain.sinceMilliseconds)
            logger.notice("\(drain.scope) is drained since \(since)\(drain.reasonText)")
        }
    }

    /// Takes over the upstreams of a snapshot that runs. Drains of what they have not are dropped.
    package func adopt(_ snapshot: Snapshot) async {
        upstreams = snapshot.upstreams
        let isElsewhere = path != Self.path(snapshot)
        path = Self.path(snapshot)
        let gone = drains.filter { !$0.scope.isNamed(in: upstreams) }
        for drain in gone {
            logger.notice("the drain of \(drain.scope) is dropped: the settings do not have it")
        }
        drains.removeAll { gone.contains($0) }
        if !gone.isEmpty { version += 1 }
        _ = await plane.drain(scopes)
        if !gone.isEmpty || isElsewhere && !drains.isEmpty { await write() }
    }

    /// Makes a change and returns when it is in force and on the disk. One that changes nothing is
    /// no fault.
    package func change(_ request: DrainRequest) async throws(DrainFault) -> DrainOutcome {
        let scope = try scope(of: request)
        let isDrained = drains.contains { $0.scope == scope }
        let isChange = isDrained != (request.wish == .drain)
        if isChange, request.wish == .drain, drains.count >= Self.mostDrains {
            throw .tooMany(drains.count)
        }
        if isChange { make(request, scope) }
        // From the check to the messages to the workers nothing waits.
        let late = await plane.drain(scopes)
        if isChange || !isWritten { await write() }
        if isChange {
            await audit?.append(
                AuditEvent(
                    request.wish == .drain ? "drain" : "undrain", subject: "\(scope)",
                    from: .bool(request.wish != .drain), to: .bool(request.wish == .drain),
                    reason: request.reason))
        }
        return DrainOutcome(
            scope: scope, isChange: isChange, pendingWorkers: late,
            isDurable: path == nil ? request.wish == .undrain : isWritten)
    }

    private var scopes: Set<DrainScope> { Set(drains.map(\.scope)) }

    private func scope(of request: DrainRequest) throws(DrainFault) -> DrainScope {
        let resolved = plane.resolvedTargets.filter { $0.upstream == request.upstream }
        // An address that a name stood for can be undrained when it is gone.
        let drained = drains.filter { $0.scope.upstream == request.upstream }
        return try DrainScope.find(
            upstream: request.upstream, target: request.target, in: upstreams,
            addresses: resolved.map { "\($0.address)" } + drained.compactMap(\.scope.target))
    }

    private func make(_ request: DrainRequest, _ scope: DrainScope) {
        version += 1
        switch request.wish {
        case .drain:
            let drain = Drain(
                scope, sinceMilliseconds: WallClock.nanoseconds() / 1_000_000,
                reason: request.reason)
            drains.append(drain)
            logger.notice("\(scope) is drained\(drain.reasonText)")
        case .undrain:
            drains.removeAll { $0.scope == scope }
            let drain = Drain(scope, sinceMilliseconds: 0, reason: request.reason)
            logger.notice("\(scope) is drained no more\(drain.reasonText)")
        }
    }

    private static func path(_ snapshot: Snapshot) -> String? {
        snapshot.stateDirectory.map { "\($0)/drains.state" }
    }

    private func write() async {
        guard let path else { return }
        let (drains, version) = (drains, version)
        let fault = await disk.run { [store] in
            store.write(DrainsState(drains: drains).encoded(), version: version, path: path)
        }
        isWritten = fault == nil
        if let fault { logger.warning("drains.state was not written: \(fault)") }
    }
}

extension Drain {
    /// The reason as log lines end with it.
    fileprivate var reasonText: String {
        reason.isEmpty ? "" : ": \(reason.debugDescription)"
    }
}

extension DrainScope: CustomStringConvertible {
    /// `x`, or `x 127.0.0.1:8000`.
    package var description: String { target.map { "\(upstream) \($0)" } ?? upstream }
}
