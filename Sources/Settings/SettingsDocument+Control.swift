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

    /// The admin address; nil when there is none or it has a fault.
    mutating func readAdmin(
        _ field: Field?,
        besides listeners: [ListenerSettings]
    ) -> AdminSettings? {
        guard let field, let fields = fields(of: field.value, keys: .admin),
            let address = readAddress(
                required("address", of: fields, owner: "admin", at: field.key),
                besides: listeners)
        else { return nil }
        return AdminSettings(address: address, tokens: readTokens(fields["tokens"]))
    }

    private mutating func readTokens(_ field: Field?) -> [TokenSetting] {
        guard let field else { return [] }
        guard case .sequence(let nodes) = field.value, nodes.count <= Limits.tokens else {
            faults.add(
                "`tokens` is \(field.value.found); expected a list of up to \(Limits.tokens), such "
                    + "as [{name: ops, file: ops.token}]",
                at: field.value)
            return []
        }
        var tokens: [TokenSetting] = []
        for node in nodes {
            guard let fields = fields(of: node, keys: .token) else { continue }
            let nameField = required("name", of: fields, owner: "a token", at: node)
            let file = path(required("file", of: fields, owner: "a token", at: node))
            let name = value(nameField, expected: "a name") { Self.isName($0) ? $0 : nil }
            guard let name, let file, let nameField else { continue }
            if tokens.contains(where: { $0.name == name }) {
                faults.add(
                    "there is a token \(quoted(name)) already; expected a name of its own",
                    at: nameField.value)
            }
            tokens.append(TokenSetting(name: name, file: file))
        }
        return tokens
    }

    private static func permissions(_ text: String) -> UInt32? {
        guard (3...4).contains(text.utf8.count), let bits = UInt32(text, radix: 8),
            text.utf8.allSatisfy({ (0x30...0x37).contains($0) }), bits <= 0o777
        else { return nil }
        return bits
    }
}
