/// The control socket: HTTP over a Unix socket.
package struct ControlSettings: Sendable, Equatable {
    /// The socket's path, ready to bind.
    package let socket: String
    /// The socket's permission bits.
    package let mode: UInt32
    /// The group that the socket belongs to; nil leaves it with the process's group.
    package let group: String?

    /// A control socket; only its owner may use it, unless said.
    package init(socket: String, mode: UInt32 = 0o600, group: String? = nil) {
        self.socket = socket
        self.mode = mode
        self.group = group
    }
}

/// How much is logged: each level includes those after it.
package enum LogLevel: String, Sendable, Equatable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}
