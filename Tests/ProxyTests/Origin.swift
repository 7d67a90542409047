import Kernel

/// Ports that the system gives to nobody by itself (ip_local_port_range in ip(7) begins above): one
/// that is closed is not another test's a moment later.
enum OwnPort {
    /// Listens at such a port, or at the one that is named.
    static func listen(
        _ port: UInt16 = 0, backlog: Int32 = ListeningSocket.backlog
    ) throws -> ListeningSocket {
        for _ in 0..<200 {
            let chosen = port == 0 ? UInt16.random(in: 10_000..<32_000) : port
            let address = SocketAddress(version4: 0x7f00_0001, port: chosen)
            do throws(Errno) {
                return try ListeningSocket.listen(
                    on: address, sharesPort: false, backlog: backlog)
            } catch {
                if port != 0 { throw error }
            }
        }
        throw Peer.Failure(what: "no port is free")
    }
}

/// An upstream's port that the test itself serves, connection by connection.
final class Target {
    private var socket: ListeningSocket?
    private let epoll: Epoll
    let port: UInt16

    /// `backlog`: how many connections may wait to be accepted; more get no answer at all.
    init(backlog: Int32 = 128) throws {
        let socket = try OwnPort.listen(backlog: backlog)
        epoll = try Epoll(batchSize: 1)
        if let error = epoll.addListener(socket, token: 0) { throw error }
        port = socket.localAddress()?.port ?? 0
        self.socket = consume socket
    }

    /// The next connection.
    func accept() throws -> Peer {
        guard epoll.wait(milliseconds: Int32(Peer.patienceMilliseconds)) > 0,
            let peer = try acceptNow()
        else { throw Peer.Failure(what: "no connection came") }
        return peer
    }

    /// The same, where a task of the test's makes it: it gets a thread meanwhile.
    func accepted() async throws -> Peer {
        let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
        while Instant.now() < deadline {
            if let peer = try acceptNow() { return peer }
            await Task.yield()
        }
        throw Peer.Failure(what: "no connection came")
    }

    /// A connection that waits; nil when there is none.
    func acceptNow() throws -> Peer? {
        guard let accepted = socket?.accept() else { return nil }
        guard case .connection(let socket, _) = consume accepted else { return nil }
        return try Peer(socket)
    }

    /// From now on connections are refused.
    func close() { socket = nil }
}

/// An upstream that serves each of its connections on a thread of its own.
final class Origin: Sendable {
    let port: UInt16
    private let bell: EventCounter
    /// Raised when its port is closed.
    private let closed: EventCounter
    private let accepted = Lock(0)

    /// `serve` gets each connection with its number; the connection closes when it returns.
    init(port: UInt16 = 0, _ serve: @escaping @Sendable (Peer, Int) -> Void) throws {
        let socket = try OwnPort.listen(port)
        self.port = socket.localAddress()?.port ?? 0
        bell = try EventCounter()
        closed = try EventCounter()
        let descriptor = socket.release()
        try WorkerThread.start(name: "origin") { [self] in
            accept(ListeningSocket(owning: descriptor), serve)
            closed.raise()
        }
    }

    /// An origin that answers every request at once.
    convenience init(answering answer: @escaping @Sendable (Message) -> String) throws {
        try self.init { peer, _ in
            while let request = peer.message(.request), peer.send(answer(request)) {}
        }
    }

    /// How many connections there were.
    var connectionCount: Int { accepted.withLock { $0 } }

    /// Accepts nothing more: who connects when it returns is refused, and not cut off a moment
    /// later.
    func stop() {
        bell.raise()
        guard let epoll = try? Epoll(batchSize: 1) else { return }
        _ = epoll.addCounter(closed, token: 0)
        _ = epoll.wait(milliseconds: Int32(Peer.patienceMilliseconds))
    }

    private func accept(
        _ socket: consuming ListeningSocket, _ serve: @escaping @Sendable (Peer, Int) -> Void
    ) {
        guard let epoll = try? Epoll(batchSize: 4) else { return }
        _ = epoll.addListener(socket, token: 0)
        _ = epoll.addCounter(bell, token: 1)
        while true {
            let count = epoll.wait(milliseconds: -1)
            for index in 0..<count where epoll.event(at: index).token == 1 { return }
            guard case .connection(let connection, _) = socket.accept() else { continue }
            let number = accepted.withLock { count in
                count += 1
                return count
            }
            let descriptor = connection.release()
            try? WorkerThread.start(name: "origin-peer") {
                guard let peer = try? Peer(Socket(owning: descriptor)) else { return }
                serve(peer, number)
            }
        }
    }
}
