internal import CLinux

/// A TCP port that stays with its owner, whether anybody listens on it or not: the socket stays
/// bound in between. Given back when it goes out of existence.
package final class KeptPort: Sendable {
    /// Which port of the address it is.
    package let number: UInt16

    private let descriptor: Int32

    /// Takes the port of an address; a free one for port 0. A port on which anybody listens, or
    /// has lately had connections, is refused.
    package init(at address: SocketAddress) throws(Errno) {
        let result = sluice_socket(address.family, Int32(SOCK_STREAM.rawValue))
        guard result >= 0 else { throw Errno(result: result) }
        let descriptor = Int32(result)
        // Without SO_REUSEADDR: with it, others that have it too could take the port while nobody
        // listens on it.
        var storage = address.storage
        var failure = unsafe sluice_bind(descriptor, &storage, address.storageLength)
        if failure >= 0 { failure = unsafe sluice_local_address(descriptor, &storage) }
        guard failure >= 0, let bound = SocketAddress(storage) else {
            _ = sluice_close(descriptor)
            throw Errno(result: failure)
        }
        self.descriptor = descriptor
        number = bound.port
    }

    deinit { _ = sluice_close(descriptor) }

    /// Another descriptor of the bound socket, which the caller closes. Who has begun to listen on
    /// it goes on until `stopListening`.
    package func share() throws(Errno) -> Int32 {
        let result = sluice_duplicate(descriptor)
        guard result >= 0 else { throw Errno(result: result) }
        return Int32(result)
    }

    /// Listens, or listens with another backlog (listen(2)).
    package func listen(backlog: Int32) throws(Errno) {
        let result = sluice_listen(descriptor, backlog)
        guard result >= 0 else { throw Errno(result: result) }
    }

    /// Connections are refused from now on, and those that nobody has accepted are reset
    /// (shutdown(2) leaves a listening socket bound).
    package func stopListening() { _ = sluice_shutdown(descriptor, Int32(SHUT_RDWR)) }
}
