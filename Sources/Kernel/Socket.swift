package import Bytes
internal import CLinux

/// A non-blocking stream socket (socket(7), tcp(7)); closed when it goes out of existence.
package struct Socket: ~Copyable, Sendable {
    /// Lent to `Epoll` and to reports; never closed through this.
    package let descriptor: Int32

    /// Takes over an open descriptor.
    package init(owning descriptor: Int32) { self.descriptor = descriptor }

    /// In the place of a socket where there is none; nothing may be done with it.
    package static var none: Socket { Socket(owning: -1) }

    deinit { if descriptor >= 0 { _ = sluice_close(descriptor) } }

    /// Gives the open descriptor away; it is the caller's to close.
    package consuming func release() -> Int32 {
        let released = descriptor
        discard self
        return released
    }

    /// Reads what waits, at most the free space of `buffer`, which must have some.
    package func receive(into buffer: inout Buffer) -> IOResult {
        precondition(buffer.space > 0, "no space to receive into")
        let result = unsafe buffer.fill { to, count in
            unsafe sluice_receive(descriptor, to, count)
        }
        return IOResult(receiving: result)
    }

    /// What follows the bytes that are sent.
    package enum Continuation: Sendable {
        case unknown
        /// The end of sending, at once: it shares its packet with the last bytes (MSG_MORE,
        /// send(2)). Bytes are held back until then.
        case end

        var flags: Int32 { self == .end ? Int32(MSG_MORE) : 0 }
    }

    /// Writes as much of `buffer` as the socket takes; nothing is consumed.
    package func send(
        _ buffer: borrowing Buffer, before next: Continuation = .unknown
    ) -> IOResult {
        let result = unsafe buffer.read { from, count in
            unsafe sluice_send(descriptor, from, count, next.flags)
        }
        return IOResult(sending: result)
    }

    /// Writes `count` bytes of `buffer`, from `from` on, or fewer; nothing is consumed.
    package func send(
        _ buffer: borrowing Buffer, from: Int, count: Int, before next: Continuation = .unknown
    ) -> IOResult {
        precondition(from >= 0 && count >= 0 && from + count <= buffer.count)
        let result = unsafe buffer.read { bytes, _ in
            unsafe sluice_send(descriptor, bytes + from, count, next.flags)
        }
        return IOResult(sending: result)
    }

    /// Writes `first` and then `count` bytes of `second` with one call; nothing is consumed.
    package func send(
        _ first: borrowing Buffer, then second: borrowing Buffer, from: Int, count: Int,
        before next: Continuation = .unknown
    ) -> IOResult {
        precondition(from >= 0 && count >= 0 && from + count <= second.count)
        let result = unsafe first.read { head, headCount in
            unsafe second.read { body, _ in
                unsafe sluice_send_two(
                    descriptor, head, headCount, body + from, count, next.flags)
            }
        }
        return IOResult(sending: result)
    }

    /// Reads as `receive` does, and leaves what it read in the socket (MSG_PEEK).
    package func peek(into buffer: inout Buffer) -> IOResult {
        precondition(buffer.space > 0, "no space to receive into")
        let result = unsafe buffer.fill { to, count in
            unsafe sluice_peek(descriptor, to, count)
        }
        return IOResult(receiving: result)
    }

    /// Reads at most so many bytes of what waits.
    package func receive(into buffer: inout Buffer, atMost most: Int) -> IOResult {
        precondition(most > 0 && buffer.space >= most, "no space to receive into")
        let result = unsafe buffer.fill { to, _ in
            unsafe sluice_receive(descriptor, to, most)
        }
        return IOResult(receiving: result)
    }

    /// Whether the peer has neither ended the connection nor sent anything unasked.
    package func isQuiet() -> Bool {
        var byte: UInt8 = 0
        let result = unsafe sluice_peek(descriptor, &byte, 1)
        return result == Int(-EAGAIN)
    }

    /// Tells the peer that nothing more will be sent (shutdown(2)).
    package func endSending() {
        _ = sluice_shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Makes the close that follows send a reset, so that the peer sees a broken connection and
    /// not an end (SO_LINGER of 0 seconds, socket(7)).
    package func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    /// The error that ended a connection attempt, or nil when it succeeded (SO_ERROR).
    package func pendingError() -> Errno? {
        let result = sluice_get_option(descriptor, SOL_SOCKET, SO_ERROR)
        if result == 0 { return nil }
        return Errno(code: Int32(abs(result)))
    }

    /// The address that this side of the socket has.
    package func localAddress() -> SocketAddress? {
        var storage = sockaddr_storage()
        guard unsafe sluice_local_address(descriptor, &storage) >= 0 else { return nil }
        return SocketAddress(storage)
    }
}

extension Socket {
    /// The address that the other side has.
    package func peerAddress() -> SocketAddress? {
        var storage = sockaddr_storage()
        guard unsafe sluice_peer_address(descriptor, &storage) >= 0 else { return nil }
        return SocketAddress(storage)
    }
}

/// What a call of `Socket.connect(to:)` came to.
package enum ConnectStart: ~Copyable {
    /// Connected, or on the way: the socket's next event tells.
    case started(Socket)
    case failed(Errno)
}

extension Socket {
    /// Starts a connection with TCP_NODELAY and SO_KEEPALIVE set.
    package static func connect(to address: SocketAddress) -> ConnectStart {
        let result = sluice_socket(address.family, Int32(SOCK_STREAM.rawValue))
        guard result >= 0 else { return .failed(Errno(result: result)) }
        let socket = Socket(owning: Int32(result))
        _ = sluice_set_option(socket.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        _ = sluice_set_option(socket.descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        var storage = address.storage
        let outcome = unsafe sluice_connect(socket.descriptor, &storage, address.storageLength)
        guard outcome >= 0 || outcome == Int(-EINPROGRESS) else {
            return .failed(Errno(result: outcome))
        }
        return .started(socket)
    }
}
