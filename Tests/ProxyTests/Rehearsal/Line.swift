import Bytes
import Glibc
import Kernel

/// One end of a connection in a rehearsal. It never waits.
final class Line {
    enum End: Equatable {
        case ended, reset
    }

    private var socket: Socket?
    private static var blockSize: Int { 64 * 1024 }
    private var block: Buffer?
    /// All that came.
    private(set) var received: [UInt8] = []
    /// All that the system took.
    private(set) var sent: [UInt8] = []
    /// What is still to be sent.
    var pending: [UInt8] = []
    /// How the other end went away, as far as was read.
    private(set) var end: End?
    /// Whether this end has ended its side, and whether it did so in order.
    private(set) var hasEndedSending = false
    private(set) var hasEndedInOrder = false
    private(set) var wasReset = false
    /// Whether something could not be sent: the other end is gone.
    private(set) var isBroken = false

    init(_ socket: consuming Socket) { self.socket = consume socket }

    /// A new connection from 127.0.x.y to a port of this machine.
    convenience init?(from address: UInt16, to port: UInt16) {
        let descriptor = Glibc.socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue),
            0)
        guard descriptor >= 0 else { return nil }
        let socket = Socket(owning: descriptor)
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // The port is chosen when the other end is known, so that they do not run out.
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &one, size)
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
        let source = 0x7f00_0000 | UInt32(address)
        guard unsafe Self.call(bind, descriptor, source, 0),
            unsafe Self.call(connect, descriptor, 0x7f00_0001, port) || errno == EINPROGRESS
        else { return nil }
        self.init(socket)
    }

    private static func call(
        _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ descriptor: Int32,
        _ address: UInt32, _ port: UInt16
    ) -> Bool {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = address.bigEndian
        return unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    var isOpen: Bool { socket != nil }

    /// Sends at most so many of the bytes that are pending.
    func send(atMost limit: Int = .max) {
        guard !hasEndedSending else { return pending.removeAll() }
        var left = limit
        while left > 0, !pending.isEmpty, !isBroken {
            let part = pending.prefix(min(left, Self.blockSize))
            var waiting = Buffer(capacity: part.count)
            waiting.append(Array(part).span)
            switch socket?.send(waiting) {
            case .done(let count):
                sent += part.prefix(count)
                pending.removeFirst(count)
                left -= count
                if count < part.count { return }
            case .wouldBlock: return
            case .ended, .failed, nil:
                isBroken = true
                pending = []
            }
        }
    }

    /// Sends a text behind what is pending.
    func say(_ text: String) {
        pending += Array(text.utf8)
        send()
    }

    /// Takes in at most so much of what is there.
    func receive(atMost limit: Int = .max) {
        guard isOpen, end == nil else { return }
        var left = limit
        // Most of the time nothing is there, and a block is much to make each time.
        var buffer = block.take() ?? Buffer(capacity: Self.blockSize)
        reading: while left > 0, end == nil {
            buffer.removeAll()
            switch socket?.receive(into: &buffer, atMost: min(left, Self.blockSize)) {
            case .done(let count):
                unsafe buffer.bytes.withUnsafeBufferPointer {
                    unsafe received.append(contentsOf: $0)
                }
                left -= count
            case .wouldBlock, nil: break reading
            // The system tells a reset once: who was told of it in sending finds a plain end.
            case .ended: end = isBroken ? .reset : .ended
            case .failed: end = .reset
            }
        }
        block = consume buffer
    }

    func endSending() {
        hasEndedInOrder = hasEndedInOrder || isOpen && !isBroken
        hasEndedSending = true
        socket?.endSending()
    }

    /// Closes when everything that is there was read: a close before that is a reset.
    func close() {
        receive()
        endSending()
        socket = nil
    }

    func reset() {
        hasEndedSending = true
        wasReset = true
        socket?.resetOnClose()
        socket = nil
    }
}
