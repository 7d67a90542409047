import Yams

extension SettingsDocument {
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
        var admin = AdminSettings(address: address, tokens: readTokens(fields["tokens"]))
        admin.hosts = readHosts(fields["hosts"])
        let reading = value(fields["read"], expected: "anybody or token") {
            AdminReaders(rawValue: $0)
        }
        if let reading { admin.readers = reading }
        if reading == .token, admin.tokens.isEmpty, let node = fields["read"]?.value {
            faults.warn("`read: token` without `tokens`: nobody may look", at: node)
        }
        admin.tls = readAdminTLS(fields["tls"])
        return admin
    }

    private mutating func readAdminTLS(_ field: Field?) -> AdminTLS? {
        guard let field, let fields = fields(of: field.value, keys: .adminTLS) else { return nil }
        let owner = "`tls` of admin"
        let certificate = path(required("certificate", of: fields, owner: owner, at: field.key))
        let key = path(required("key", of: fields, owner: owner, at: field.key))
        guard let certificate, let key else { return nil }
        return AdminTLS(certificate: certificate, key: key)
    }

    private mutating func readHosts(_ field: Field?) -> [String] {
        guard let field else { return [] }
        guard case .sequence(let nodes) = field.value, nodes.count <= Limits.adminHosts else {
            faults.add(
                "`hosts` is \(field.value.found); expected a list of up to \(Limits.adminHosts) "
                    + "names, such as [sluice.example.com]",
                at: field.value)
            return []
        }
        return nodes.compactMap { node in
            value(
                of: node, called: "hosts",
                expected: "a name such as sluice.example.com, without a port"
            ) { text in
                Self.serverName(text).flatMap { $0.hasPrefix("*") ? nil : $0 }
            }
        }
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
            let role = value(fields["role"], expected: "read or write") {
                TokenRole(rawValue: $0)
            }
            guard let name, let file, let nameField else { continue }
            if tokens.contains(where: { $0.name == name }) {
                faults.add(
                    "there is a token \(quoted(name)) already; expected a name of its own",
                    at: nameField.value)
            }
            tokens.append(TokenSetting(name: name, file: file, role: role ?? .write))
        }
        return tokens
    }
}
