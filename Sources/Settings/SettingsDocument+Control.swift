import Yams

extension SettingsDocument {
    /// The control socket; nil when there is none or it has a fault.
    mutating func readControl(_ field: Field?) -> ControlSettings? {
        guard let field, let fields = fields(of: field.value, keys: .control),
            let socketField = required("socket", of: fields, owner: "control", at: field.key)
        else { return nil }
        let socket = path(socketField)
        if let socket, socket.utf8.count > Limits.socketPathBytes {
            faults.add(
                "the socket's path \(quoted(socket)) has \(socket.utf8.count) bytes; "
                    + "expected at most \(Limits.socketPathBytes)",
                at: socketField.value)
        }
        let mode = value(
            fields["mode"], expected: "permission bits in octal, such as \"0600\"",
            parse: Self.permissions)
        if let mode, mode & 0o002 != 0, let node = fields["mode"]?.value {
            faults.warn("everybody on this machine may change the weights", at: node)
        }
        let group = value(fields["group"], expected: "the name of a group") {
            $0.isEmpty ? nil : $0
        }
        return socket.map { ControlSettings(socket: $0, mode: mode ?? 0o600, group: group) }
    }

    private static func permissions(_ text: String) -> UInt32? {
        guard (3...4).contains(text.utf8.count), let bits = UInt32(text, radix: 8),
            text.utf8.allSatisfy({ (0x30...0x37).contains($0) }), bits <= 0o777
        else { return nil }
        return bits
    }
}
