internal import CLinux

/// The socket at which a service manager listens to its services (sd_notify(3)).
package struct ServiceNotifier: ~Copyable, Sendable {
    private let descriptor: Int32
    private let address: String

    /// The longest address, in bytes; `@` in front stands for the abstract namespace (unix(7)).
    package static let longestAddress = UnixSocket.longestPath

    /// Opens a way to the socket; it stays open, so that a process without descriptors to spare
    /// can still say that it lives. Fails for an address that is neither a path nor abstract.
    package init(address: String) throws(Errno) {
        guard address.hasPrefix("/") || address.hasPrefix("@"),
            (2...Self.longestAddress).contains(address.utf8.count)
        else { throw Errno(code: EAFNOSUPPORT) }
        let result = sluice_unix_datagrams()
        guard result >= 0 else { throw Errno(result: result) }
        descriptor = Int32(result)
        self.address = address
    }

    deinit { _ = sluice_close(descriptor) }

    /// Sends lines of `NAME=VALUE` as one message, without waiting: `heldByOther` says that the
    /// manager has not read the ones before.
    package func send(_ lines: [String]) -> Errno? {
        let text = Array(lines.joined(separator: "\n").utf8)
        let result = unsafe text.withUnsafeBytes { bytes in
            unsafe bytes.baseAddress.map {
                unsafe sluice_notify(descriptor, address, $0, bytes.count)
            } ?? 0
        }
        return result < 0 ? Errno(result: result) : nil
    }
}

/// Variables of this process's environment.
package enum ProcessEnvironment {
    /// Takes variables away, so that programs that this process starts do not have them. To be
    /// called before there are other threads (setenv(3)).
    package static func remove(_ names: [String]) {
        for name in names { _ = unsafe unsetenv(name) }
    }
}
