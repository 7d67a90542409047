internal import Foundation
internal import Kernel
internal import NIOCore
internal import NIOPosix

/// One of Kong's workers: a change of the configuration reaches each at its own time.
final class NodeWorker {
    var table: RoutingTable

    init(_ table: RoutingTable) { self.table = table }
}

/// A node from its start to the end of its last connection. Everything here happens on its event
/// loop.
final class NodeLife: @unchecked Sendable {
    /// The three addresses on which a node listens.
    enum Door: Int, CaseIterable {
        case proxy, admin, status
    }

    let shared: NodeShared
    let loop: any EventLoop
    private(set) var isFrozen = false
    private(set) var isStopping = false
    private var listeners: [any Channel] = []
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var workers: [NodeWorker]
    private var accepted = 0
    private var dates = DateText()
    var random: SeededRandom
    /// Counters of rate limits with the policy `local`.
    var localCounts: [String: Int] = [:]
    /// Credentials that were asked for before; they are known without the database as well. A key
    /// that nobody has is remembered as such. The workers share them.
    var keys: [String: String?] = [:]
    private let over: EventLoopPromise<Void>

    init(_ shared: NodeShared, on loop: any EventLoop) {
        self.shared = shared
        self.loop = loop
        random = SeededRandom(seed: shared.settings.seed)
        let table = shared.database.table
        workers = (0..<max(1, shared.settings.workers)).map { _ in NodeWorker(table) }
        over = loop.makePromise()
    }

    /// When the last connection has ended after a stop.
    var ended: EventLoopFuture<Void> { over.futureResult }

    var openConnections: Int { connections.count }

    /// Listens at the ports; the ports that it got.
    func listen(_ ports: [Int]) -> EventLoopFuture<[Int]> {
        let binds = zip(Door.allCases, ports).map { door, port in
            port == 0
                ? bindAnywhere(door) : bootstrap(door).bind(host: "127.0.0.1", port: port)
        }
        return EventLoopFuture.whenAllComplete(binds, on: loop).flatMapThrowing { results in
            let channels = results.compactMap { try? $0.get() }
            do {
                _ = try results.map { try $0.get() }
            } catch {
                for channel in channels { channel.close(promise: nil) }
                throw error
            }
            self.listeners = channels
            if self.isFrozen { self.setReading(false) }
            return channels.map { $0.localAddress?.port ?? 0 }
        }
    }

    /// A port below those that the system gives away: nobody gets it while the node is down.
    private func bindAnywhere(
        _ door: Door, attempts: Int = 100
    ) -> EventLoopFuture<any Channel> {
        let port = Self.drawPort()
        return bootstrap(door).bind(host: "127.0.0.1", port: port).flatMapError { error in
            attempts > 1
                ? self.bindAnywhere(door, attempts: attempts - 1)
                : self.loop.makeFailedFuture(error)
        }
    }

    /// The ports that nodes of this process have had: a node that is down finds its own free again.
    private static let drawnPorts = Lock<Set<Int>>([])

    private static func drawPort() -> Int {
        drawnPorts.withLock { drawn in
            while true {
                let port = Int.random(in: 12_000..<32_000)
                if drawn.insert(port).inserted || drawn.count > 15_000 { return port }
            }
        }
    }

    private func bootstrap(_ door: Door) -> ServerBootstrap {
        ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 4_096)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = Connection(self, door, worker: self.nextWorker())
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
    }

    private func nextWorker() -> NodeWorker {
        accepted += 1
        return workers[accepted % workers.count]
    }

    func add(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = connection
        shared.counts.withLock {
            $0.accepted += 1
            $0.open += 1
        }
    }

    func remove(_ connection: Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        shared.counts.withLock { $0.open -= 1 }
        endIfOver()
    }

    private func endIfOver() {
        if isStopping, connections.isEmpty { over.succeed() }
    }

    /// SIGQUIT: no new connections, idle ones end at once, the others behind their answer.
    func quit() {
        guard !isStopping else { return }
        isStopping = true
        closeListeners()
        for connection in connections.values { connection.drain() }
        endIfOver()
    }

    /// SIGTERM: what is under way is cut.
    func stop() {
        isStopping = true
        closeListeners()
        for connection in connections.values { connection.cut() }
        endIfOver()
    }

    /// SIGHUP: after a while new workers take over, and the old ones finish what they have.
    func reload() {
        loop.scheduleTask(in: TimeAmount(shared.times.reload)) {
            guard !self.isStopping else { return }
            let table = self.shared.database.table
            self.workers = self.workers.map { _ in NodeWorker(table) }
            for connection in self.connections.values { connection.drain() }
        }
    }

    private func closeListeners() {
        for listener in listeners { listener.close(promise: nil) }
        listeners = []
    }

    func freeze(_ isFrozen: Bool) {
        guard self.isFrozen != isFrozen else { return }
        self.isFrozen = isFrozen
        setReading(!isFrozen)
        for connection in connections.values { connection.freeze(isFrozen) }
    }

    private func setReading(_ reads: Bool) {
        for listener in listeners {
            try? listener.syncOptions?.setOption(.autoRead, value: reads)
            if reads { listener.read() }
        }
    }

    /// A change reaches each worker after a delay of its own.
    func learn(_ table: RoutingTable, from cluster: String?) {
        guard let cluster else {
            for worker in workers { teach(worker, table) }
            return
        }
        let isNear = cluster == shared.settings.cluster
        let range = isNear ? shared.times.propagation : shared.times.farPropagation
        for place in workers.indices {
            let delay = random.duration(in: range)
            loop.scheduleTask(in: TimeAmount(delay)) {
                guard self.workers.indices.contains(place) else { return }
                self.teach(self.workers[place], table)
            }
        }
    }

    private func teach(_ worker: NodeWorker, _ table: RoutingTable) {
        guard table.revision > worker.table.revision else { return }
        worker.table = table
        keys = keys.filter { table.consumers[$0.key] == $0.value }
    }

    /// What Date says now.
    func date() -> String { dates.now() }
}

/// The text of the Date field, made once a second.
struct DateText {
    private var second = 0
    private var text = ""
    private let formatter: DateFormatter

    init() {
        formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    }

    mutating func now() -> String {
        let date = Date()
        let second = Int(date.timeIntervalSince1970)
        if second != self.second {
            self.second = second
            text = formatter.string(from: date)
        }
        return text
    }
}

extension TimeAmount {
    init(_ duration: Duration) { self = .nanoseconds(duration.nanoseconds) }
}
