internal import CLinux

/// Connections to a Unix socket (unix(7)).
package enum UnixSocket {
    /// The longest path that a socket may have, in bytes.
    package static let longestPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// A place in the queue of a listener that accepts nothing is waited for so long.
    private static let secondsToConnect: Int32 = 15

    /// Connects, or says why not: `noSuchFile` and `connectionRefused` mean that nobody listens.
    package static func connect(path: String) throws(Errno) -> BlockingSocket {
        guard path.utf8.count <= longestPath else { throw Errno(code: ENAMETOOLONG) }
        let result = unsafe sluice_connect_unix(path, secondsToConnect)
        guard result >= 0 else { throw BlockingSocket.error(result) }
        return BlockingSocket(owning: Int32(result))
    }
}

/// A stream socket for programs that do one thing at a time: each call waits until it is done.
package struct BlockingSocket: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Takes over an open descriptor.
    init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { _ = sluice_close(descriptor) }

    /// Connects over TCP.
    package static func connect(to address: SocketAddress) throws(Errno) -> BlockingSocket {
        switch Socket.connect(to: address) {
        case .failed(let error):
            throw error
        case .started(let socket):
            let blocking = BlockingSocket(owning: socket.release())
            let result = sluice_make_blocking(blocking.descriptor)
            guard result >= 0 else { throw Errno(result: result) }
            return blocking
        }
    }

    /// Lets each later call fail with `timedOut` when it would wait longer (SO_RCVTIMEO).
    package func setTimeout(milliseconds: Int) {
        var time = timeval(
            tv_sec: milliseconds / 1_000, tv_usec: (milliseconds % 1_000) * 1_000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    }

    /// Sends all of it.
    package func send(_ bytes: [UInt8]) throws(Errno) {
        var sent = 0
        while sent < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { memory -> Int in
                guard let start = memory.baseAddress else { return 0 }
                return unsafe sluice_send(descriptor, start + sent, memory.count - sent, 0)
            }
            guard result >= 0 else { throw Self.error(result) }
            sent += result
        }
    }

    /// Appends what came next; false when the peer has ended.
    package func receive(into bytes: inout [UInt8]) throws(Errno) -> Bool {
        var result = 0
        let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 16_384) { memory, count in
            guard let start = memory.baseAddress else { return }
            result = unsafe sluice_receive(descriptor, start, memory.count)
            count = max(0, result)
        }
        guard result >= 0 else { throw Self.error(result) }
        bytes += chunk
        return result > 0
    }

    fileprivate static func error(_ result: Int) -> Errno {
        let error = Errno(result: result)
        return error.code == EAGAIN ? .timedOut : error
    }
}
