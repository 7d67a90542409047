internal import CLinux

/// A UDP socket that sends to one address and never waits (udp(7)).
package struct DatagramSocket: ~Copyable, Sendable {
    private let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    /// Opens a socket that sends to `address`.
    package static func open(to address: SocketAddress) throws(Errno) -> DatagramSocket {
        let result = sluice_socket(address.family, Int32(SOCK_DGRAM.rawValue))
        guard result >= 0 else { throw Errno(result: result) }
        let socket = DatagramSocket(owning: Int32(result))
        var storage = address.storage
        let outcome = unsafe sluice_connect(socket.descriptor, &storage, address.storageLength)
        guard outcome >= 0 else { throw Errno(result: outcome) }
        return socket
    }

    deinit { _ = sluice_close(descriptor) }

    /// Sends one datagram, or says why not: `heldByOther` when there is no room for it now, and
    /// `connectionRefused` when nobody was there for one before it.
    package func send(_ bytes: [UInt8]) -> Errno? {
        let result = unsafe bytes.withUnsafeBytes { memory in
            unsafe memory.baseAddress.map {
                unsafe sluice_send(descriptor, $0, memory.count, 0)
            } ?? 0
        }
        return result < 0 ? Errno(result: result) : nil
    }

    /// The address that datagrams to the other side come from.
    package func localAddress() -> SocketAddress? {
        var storage = sockaddr_storage()
        guard unsafe sluice_local_address(descriptor, &storage) >= 0 else { return nil }
        return SocketAddress(storage)
    }
}
