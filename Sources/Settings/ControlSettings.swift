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

/// The admin address: metrics and health over TCP, read-only.
package struct AdminSettings: Sendable, Equatable {
    /// Where the admin address listens.
    package let address: AddressSetting
    /// Who may change things there; empty: nobody.
    package let tokens: [TokenSetting]

    /// An admin address; it only shows, unless there are tokens.
    package init(address: AddressSetting, tokens: [TokenSetting] = []) {
        self.address = address
        self.tokens = tokens
    }
}

/// A token for the admin address.
package struct TokenSetting: Sendable, Equatable {
    /// Its name, by which the audit calls who has it.
    package let name: String
    /// The path of the file that holds it, ready to open.
    package let file: String

    package init(name: String, file: String) {
        self.name = name
        self.file = file
    }
}

/// How much is logged: each level includes those after it.
package enum LogLevel: String, Sendable, Equatable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}
