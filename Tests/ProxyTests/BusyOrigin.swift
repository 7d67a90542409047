import Kernel

/// Holds threads until it is opened.
final class Gate: Sendable {
    private let bell: EventCounter

    init() throws { bell = try EventCounter() }

    func open() { bell.raise() }

    /// Waits for the gate, at most as long as tests have patience.
    func wait() {
        guard let epoll = try? Epoll(batchSize: 1), epoll.addCounter(bell, token: 0) == nil else {
            return
        }
        _ = epoll.wait(milliseconds: Int32(Peer.patienceMilliseconds))
    }
}

/// An upstream that answers with each request's target, knows how many requests it has at once,
/// and holds them until the test lets it answer.
final class BusyOrigin: Sendable {
    struct Load: Sendable {
        var now = 0
        var most = 0
        /// The targets of the requests, in the order in which they came.
        var order: [String] = []
    }

    private let load: Lock<Load>
    private let gate: Gate
    private let origin: Origin

    init(port: UInt16 = 0) throws {
        let load = Lock(Load())
        let gate = try Gate()
        self.load = load
        self.gate = gate
        origin = try Origin(port: port) { peer, _ in
            while let request = peer.message(.request) {
                load.withLock { load in
                    load.now += 1
                    load.most = max(load.most, load.now)
                    load.order.append(request.target)
                }
                gate.wait()
                load.withLock { $0.now -= 1 }
                guard peer.send(Self.answer(request.target)) else { return }
            }
        }
    }

    var port: UInt16 { origin.port }
    var seen: Load { load.withLock { $0 } }
    var connectionCount: Int { origin.connectionCount }

    /// Answers what is held, and from now on everything at once.
    func release() { gate.open() }

    func stop() {
        gate.open()
        origin.stop()
    }

    /// Waits until it has so many requests.
    func holds(_ count: Int) async -> Bool {
        let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
        while seen.now != count, Instant.now() < deadline { await Task.yield() }
        return seen.now == count
    }

    static func answer(_ text: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
    }
}
