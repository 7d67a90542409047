internal import CLinux

/// A socket that accepts connections (listen(2)); closed when it goes out of existence.
package struct ListeningSocket: ~Copyable, Sendable {
    /// How many connections may wait to be accepted.
    package static let backlog: Int32 = 4_096

    /// Lent to `Epoll`; never closed through this.
    package let descriptor: Int32

    /// Takes over a listening descriptor.
    package init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { _ = sluice_close(descriptor) }

    /// Gives the open descriptor away; it is the caller's to close.
    package consuming func release() -> Int32 {
        let released = descriptor
        discard self
        return released
    }

    /// Binds and listens. With `sharesPort` several sockets may listen on the port and the system
    /// spreads connections over them (SO_REUSEPORT, socket(7)); without it a port on which
    /// anybody listens is refused. Accepted sockets inherit TCP_NODELAY and SO_KEEPALIVE.
    package static func listen(
        on address: SocketAddress, sharesPort: Bool, backlog: Int32 = backlog
    ) throws(Errno) -> ListeningSocket {
        let result = sluice_socket(address.family, Int32(SOCK_STREAM.rawValue))
        guard result >= 0 else { throw Errno(result: result) }
        let socket = ListeningSocket(owning: Int32(result))
        try socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
        if sharesPort { try socket.set(SOL_SOCKET, SO_REUSEPORT, 1) }
        try socket.set(SOL_SOCKET, SO_KEEPALIVE, 1)
        try socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        // An IPv6 wildcard takes IPv4 clients too, whatever the system's default is.
        if address.isIPv6 { try socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        var storage = address.storage
        try check(unsafe sluice_bind(socket.descriptor, &storage, address.storageLength))
        try check(sluice_listen(socket.descriptor, backlog))
        return socket
    }

    /// What `accept` found.
    package enum Accepted: ~Copyable {
        case connection(Socket, from: SocketAddress)
        /// Nobody waits.
        case none
        /// That one connection is gone (accept(2) passes on its error): try the next.
        case aborted
        case failed(Errno)
    }

    /// Takes the next waiting connection.
    package func accept() -> Accepted {
        var storage = sockaddr_storage()
        let result = unsafe sluice_accept(descriptor, &storage)
        if result >= 0 {
            let socket = Socket(owning: Int32(result))
            return .connection(socket, from: SocketAddress(storage) ?? .unspecified)
        }
        switch Int32(-result) {
        case EAGAIN:
            return .none
        case ECONNABORTED, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
            EOPNOTSUPP, ENETUNREACH, EPERM:
            return .aborted
        default:
            return .failed(Errno(result: result))
        }
    }

    /// The address it listens on, with the port that the system chose for port 0.
    package func localAddress() -> SocketAddress? {
        var storage = sockaddr_storage()
        guard unsafe sluice_local_address(descriptor, &storage) >= 0 else { return nil }
        return SocketAddress(storage)
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) throws(Errno) {
        try Self.check(sluice_set_option(descriptor, level, option, value))
    }

    private static func check(_ result: Int) throws(Errno) {
        if result < 0 { throw Errno(result: result) }
    }
}
