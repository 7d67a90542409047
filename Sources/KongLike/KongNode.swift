internal import Kernel
internal import NIOCore
internal import NIOPosix

/// A node that answers as Kong Gateway does, on its proxy, Admin and status ports.
///
///     let database = KongDatabase.sample()
///     let x = KongNode(version: "3.4.1", database: database)
///     try x.start()
///     x.faults.serviceDelay = .milliseconds(300)
///     x.quit()
///
/// It lives in this process, on an event loop of the library's own threads. Everything may be
/// called from any thread but those, and holds when it returns: after `quit` the ports refuse. A
/// node that is let go closes everything.
package final class KongNode: Sendable {
    /// Why a node does not start.
    package enum StartError: Error, Equatable {
        case alreadyRunning
        /// `kong migrations finish` has run with a newer version.
        case databaseTooNew
        /// Kong does not start without its database.
        case noDatabase
    }

    /// The version that it answers with.
    package let version: KongVersion
    /// What it shares with the other nodes.
    package let database: KongDatabase
    private let shared: NodeShared
    private let state: Lock<State>
    private let loop: any EventLoop

    private struct State {
        var ports: [Int]
        /// The one that accepts.
        var life: NodeLife?
        var isStarting = false
        /// Those that finish what they have.
        var old: [NodeLife] = []
    }

    package init(
        version: KongVersion, database: KongDatabase, settings: KongNodeSettings = .init()
    ) {
        self.version = version
        self.database = database
        shared = NodeShared(version: version, database: database, settings: settings)
        let ports = [settings.proxyPort, settings.adminPort, settings.statusPort]
        state = Lock(State(ports: ports))
        loop = MultiThreadedEventLoopGroup.singleton.next()
    }

    deinit {
        database.forget(ObjectIdentifier(self))
        for life in state.withLock({ $0.old + ($0.life.map { [$0] } ?? []) }) {
            life.loop.execute { life.stop() }
        }
    }

    /// The port on 127.0.0.1; 0 before the first start, if a free one is to be found.
    package var proxyPort: Int { state.withLock { $0.ports[0] } }
    /// The same for the Admin API.
    package var adminPort: Int { state.withLock { $0.ports[1] } }
    /// The same for the status port.
    package var statusPort: Int { state.withLock { $0.ports[2] } }

    /// Whether it accepts connections.
    package var isRunning: Bool { state.withLock { $0.life != nil } }
    /// How many connections it has, those of lives that finish included.
    package var openConnections: Int { shared.counts.withLock { $0.open } }
    /// How many requests have come to the proxy port so far.
    package var requestCount: Int { shared.counts.withLock { $0.requests } }

    /// What is wrong at this node, from the next request on.
    package var faults: KongFaults {
        get { shared.faults.withLock { $0 } }
        set {
            shared.faults.withLock { $0 = newValue }
            inform { $0.freeze(newValue.isFrozen) }
        }
    }

    private var lives: [NodeLife] { state.withLock { $0.old + ($0.life.map { [$0] } ?? []) } }

    /// Listens; when it returns, the first answer is right at once.
    package func start() throws { try begin().wait() }

    /// The same without holding a thread.
    package func start() async throws { try await begin().get() }

    /// SIGQUIT, `kong quit`: no new connections; idle ones end; what is under way is finished.
    package func quit() { end { $0.quit() } }

    /// SIGTERM, `kong stop`: no new connections; what is under way is cut.
    package func stop() { end { $0.stop() } }

    /// SIGHUP, `kong reload`: when new workers are up, old connections end behind their answers.
    package func reload() {
        guard let life = state.withLock({ $0.life }) else { return }
        life.loop.execute { life.reload() }
    }

    /// Waits until the last connection of a stopped node has ended.
    package func ended() async throws {
        for life in state.withLock({ $0.old }) { try await life.ended.get() }
    }

    private func begin() throws -> EventLoopFuture<Void> {
        guard database.isReachable else { throw StartError.noDatabase }
        guard database.admits(version) else { throw StartError.databaseTooNew }
        let isFree = state.withLock { state in
            defer { state.isStarting = true }
            return state.life == nil && !state.isStarting
        }
        guard isFree else { throw StartError.alreadyRunning }
        database.register(self)
        let test = shared.settings.startsSlowly ? testPorts() : loop.makeSucceededVoidFuture()
        return test.flatMap { self.listen() }.always { _ in
            self.state.withLock { $0.isStarting = false }
        }
    }

    private func listen() -> EventLoopFuture<Void> {
        let life = NodeLife(shared, on: loop)
        let ports = state.withLock { $0.ports }
        let frozen = faults.isFrozen
        return loop.flatSubmit {
            life.freeze(frozen)
            return life.listen(ports)
        }.map { ports in
            self.state.withLock { state in
                (state.ports, state.life) = (ports, life)
            }
            // What has changed in between.
            life.learn(self.database.table, from: nil)
        }.flatMapErrorThrowing { error in
            life.stop()
            throw error
        }
    }

    /// At `kong start` the ports are bound by a test of the configuration: connections are
    /// accepted and reset, then refused.
    private func testPorts() -> EventLoopFuture<Void> {
        let (ports, times, loop) = (state.withLock { $0.ports }, shared.times, loop)
        guard !ports.contains(0) else { return loop.makeSucceededVoidFuture() }
        let binds = ports.map { port in
            ServerBootstrap(group: loop)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.autoRead, value: false)
                .bind(host: "127.0.0.1", port: port)
        }
        return EventLoopFuture.whenAllSucceed(binds, on: loop).flatMap { channels in
            // What waits in a listening socket that is closed is reset.
            loop.scheduleTask(in: TimeAmount(times.configurationTest)) {
                for channel in channels { channel.close(promise: nil) }
            }.futureResult
        }.flatMap { loop.scheduleTask(in: TimeAmount(times.start)) {}.futureResult }
    }

    private func end(_ order: @escaping @Sendable (NodeLife) -> Void) {
        let lives = state.withLock { state in
            if let life = state.life { state.old.append(life) }
            state.life = nil
            return state.old
        }
        for life in lives {
            _ = try? life.loop.submit { order(life) }.wait()
            life.ended.whenComplete { [weak self] _ in
                self?.state.withLock { state in state.old.removeAll { $0 === life } }
            }
        }
    }

    private func inform(_ order: @escaping @Sendable (NodeLife) -> Void) {
        for life in lives { _ = try? life.loop.submit { order(life) }.wait() }
    }

    /// A change of the entities, made through the Admin API of a cluster or from outside.
    func learn(_ table: RoutingTable, from cluster: String?) {
        guard cluster != nil else { return inform { $0.learn(table, from: nil) } }
        for life in lives { life.loop.execute { life.learn(table, from: cluster) } }
    }
}
