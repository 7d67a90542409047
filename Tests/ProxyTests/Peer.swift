import Bytes
import Glibc
import Kernel

/// One end of a TCP connection in a test. It waits for nothing longer than its patience.
final class Peer {
    /// How the other end went away.
    enum End: Equatable, Sendable {
        case ended, reset
        /// It did not, for as long as the test had patience.
        case late
    }

    struct Failure: Error {
        let what: String
    }

    static let patienceMilliseconds = 20_000

    private var socket: Socket?
    private let epoll: Epoll
    private var block = Buffer(capacity: 64 * 1024)
    /// What came and was not taken yet.
    private(set) var received: [UInt8] = []
    /// nil while the connection is open.
    private(set) var end: End?
    /// A send has failed. The system tells a reset once: the end that reading finds afterwards
    /// does not say that what came is whole.
    private var sendHasFailed = false

    init(_ socket: consuming Socket) throws {
        epoll = try Epoll(batchSize: 1)
        if let error = epoll.addConnection(socket, token: 0) { throw error }
        self.socket = consume socket
    }

    /// A new connection to a port of this machine.
    convenience init(connectingTo port: UInt16) throws {
        switch Socket.connect(to: SocketAddress(version4: 0x7f00_0001, port: port)) {
        case .failed(let error): throw error
        case .started(let socket): try self.init(socket)
        }
        _ = epoll.wait(milliseconds: Int32(Self.patienceMilliseconds))
        switch socket?.pendingError() {
        case nil: break
        // Taken, and thrown out before this end looked.
        case .connectionReset: end = .reset
        case .some(let error): throw error
        }
    }

    func close() { socket = nil }

    func reset() {
        socket?.resetOnClose()
        socket = nil
    }

    func endSending() { socket?.endSending() }

    /// From now on it answers nothing that reaches it, not even on the system's level, as a
    /// machine without power: a filter that lets no packet through (socket(7), SO_ATTACH_FILTER).
    func vanish() {
        guard let descriptor = socket?.descriptor else { return }
        // One instruction: return 0, the number of bytes that are let through.
        var instruction: UInt64 = 6
        let result = unsafe withUnsafeMutablePointer(to: &instruction) { pointer in
            var program = unsafe (count: UInt64(1), instructions: pointer)
            return unsafe setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, 16)
        }
        precondition(result == 0, "no filter")
    }

    /// Sends all bytes; false when the other end does not take them.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var waiting = Buffer(capacity: max(1, bytes.count))
        waiting.append(bytes.span)
        while !waiting.isEmpty {
            switch socket?.send(waiting) {
            case .done(let count): waiting.consume(count)
            case .wouldBlock: if !waitForEvent() { return false }
            case .ended, .failed, nil:
                sendHasFailed = true
                return false
            }
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends as much as the connection takes at once, at most `limit` bytes; returns how many.
    func sendWithoutWaiting(limit: Int) -> Int {
        let filling = Array(repeating: UInt8(ascii: "x"), count: 64 * 1024)
        return sendWithoutWaiting(limit: limit, of: filling)
    }

    /// The same, of some bytes over and over.
    func sendWithoutWaiting(limit: Int, of bytes: [UInt8]) -> Int {
        var sent = 0
        var filling = Buffer(capacity: bytes.count)
        filling.append(bytes.span)
        while sent < limit {
            let from = sent % bytes.count
            let count = min(limit - sent, bytes.count - from)
            guard case .done(let taken)? = socket?.send(filling, from: from, count: count) else {
                break
            }
            sent += taken
        }
        return sent
    }

    /// Takes in what has arrived, and waits for it if nothing has; false when nothing more comes.
    func receive() -> Bool {
        guard fill() else { return false }
        received += Self.bytes(of: block)
        return true
    }

    /// The same, but drops what came; returns how many bytes that were, 0 for none.
    func discard() -> Int { fill() ? block.count : 0 }

    private func fill() -> Bool {
        while end == nil {
            block.removeAll()
            switch socket?.receive(into: &block) {
            case .done: return true
            case .wouldBlock: if !waitForEvent() { end = .late }
            case .ended: end = .ended
            case .failed, nil: end = .reset
            }
        }
        return false
    }

    /// Takes what came and was not taken yet.
    func takeReceived() -> [UInt8] {
        defer { received = [] }
        return received
    }

    /// Takes in everything up to the end of the connection.
    @discardableResult
    func receiveAll() -> End {
        while receive() {}
        return end ?? .late
    }

    /// Whether an answer is here, without waiting for it.
    func hasAnswer() -> Bool {
        block.removeAll()
        if case .done? = socket?.receive(into: &block) { received += Self.bytes(of: block) }
        return Message(received, .answer, hasEnded: false) != nil
    }

    /// The next whole message; nil when the connection ends without one.
    func message(_ kind: Message.Kind) -> Message? {
        repeat {
            if let message = Message(received, kind, hasEnded: hasEndedWhole) {
                received.removeFirst(message.byteCount)
                return message
            }
        } while receive()
        guard hasEndedWhole, let message = Message(received, kind, hasEnded: true) else {
            return nil
        }
        received.removeFirst(message.byteCount)
        return message
    }

    private var hasEndedWhole: Bool { end == .ended && !sendHasFailed }

    /// The next request, read by an upstream.
    func request() throws -> Message {
        guard let message = message(.request) else { throw failure("no request") }
        return message
    }

    /// The next final answer, read by a client.
    func answer(toHead: Bool = false) throws -> Message {
        guard let message = message(toHead ? .answerToHead : .answer) else {
            throw failure("no answer")
        }
        return message
    }

    private static func bytes(of block: borrowing Buffer) -> [UInt8] {
        let bytes = block.bytes
        return bytes.indices.map { bytes[$0] }
    }

    private func failure(_ what: String) -> Failure {
        let text = String(decoding: received.prefix(300), as: UTF8.self)
        return Failure(what: "\(what), end: \(String(describing: end)), received: \(text)")
    }

    private func waitForEvent() -> Bool {
        epoll.wait(milliseconds: Int32(Self.patienceMilliseconds)) > 0
    }
}
