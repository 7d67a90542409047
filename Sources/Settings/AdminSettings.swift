/// The admin address: the dashboard, metrics and health over TCP, read-only without a token.
package struct AdminSettings: Sendable, Equatable {
    /// Where the admin address listens.
    package let address: AddressSetting
    /// Who may change things there; empty: nobody.
    package var tokens: [TokenSetting]
    /// The names besides its own that it may be asked for by, in lower case.
    package var hosts: [String] = []
    /// Who may look.
    package var readers = AdminReaders.anybody
    /// What it speaks TLS with; nil: it does not.
    package var tls: AdminTLS?

    /// An admin address; it only shows, unless there are tokens.
    package init(address: AddressSetting, tokens: [TokenSetting] = []) {
        self.address = address
        self.tokens = tokens
    }

    /// What `next` says, as far as it can change without a restart: all but where it listens, and
    /// whether by TLS.
    package func taking(_ next: AdminSettings?) -> AdminSettings {
        guard let next else { return AdminSettings(address: address) }
        var taken = AdminSettings(address: address, tokens: next.tokens)
        taken.hosts = next.hosts
        taken.readers = next.readers
        taken.tls = tls == nil ? nil : next.tls ?? tls
        return taken
    }
}

/// Who may look at the admin address.
package enum AdminReaders: String, Sendable, Equatable, CaseIterable {
    case anybody, token
}

/// The certificate of the admin address.
package struct AdminTLS: Sendable, Equatable {
    /// The paths of its chain and of its key, both PEM, ready to open.
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// A token for the admin address.
package struct TokenSetting: Sendable, Equatable {
    /// Its name, by which the audit calls who has it.
    package let name: String
    /// The path of the file that holds it or its hash, ready to open.
    package let file: String
    /// What it lets do.
    package let role: TokenRole

    package init(name: String, file: String, role: TokenRole = .write) {
        self.name = name
        self.file = file
        self.role = role
    }
}

/// What a token lets do; who may write may read.
package enum TokenRole: String, Sendable, Equatable, CaseIterable {
    case read, write
}
