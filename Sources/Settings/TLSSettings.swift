/// A path of the settings and where it stands there, so that what is wrong with the file can be
/// told with its place. Two are the same when their paths are.
package struct PlacedPath: Sendable, Equatable {
    /// Ready to open, and its place in sluice.yaml.
    package let path: String
    package let line: Int
    package let column: Int

    package init(_ path: String, line: Int = 0, column: Int = 0) {
        self.path = path
        self.line = line
        self.column = column
    }

    /// Wherever they stand.
    package static func == (one: PlacedPath, other: PlacedPath) -> Bool { one.path == other.path }
}

/// The files that belong to one certificate.
package struct CertificateSettings: Sendable, Equatable {
    /// The certificate with its chain, its private key, and the OCSP response that goes with it.
    package var certificate: PlacedPath
    package var key: PlacedPath
    package var staple: PlacedPath?
    /// The names that it is shown for; empty: those that it has.
    package var names: [String] = []

    package init(certificate: PlacedPath, key: PlacedPath) {
        self.certificate = certificate
        self.key = key
    }
}

/// TLS at a listener.
package struct ListenerTLS: Sendable, Equatable {
    /// What clients must be able to do at least.
    package enum Profile: String, Sendable, CaseIterable {
        case modern, intermediate
    }

    /// Whether clients show certificates.
    package enum Verification: String, Sendable, CaseIterable {
        case none, optional, required
    }

    /// What a client gets that asks for a name that no certificate has, or for none.
    package enum UnknownName: String, Sendable, CaseIterable {
        case `default`, refuse
    }

    /// At least one; the first is that of unknown names.
    package var certificates: [CertificateSettings]
    package var profile = Profile.intermediate
    /// Who signs clients' certificates; there is one unless `verification` is none.
    package var clientCA: PlacedPath?
    package var verification = Verification.none
    package var unknownName = UnknownName.default
    /// The keys of session tickets; nil: the process makes its own.
    package var ticketKeys: PlacedPath?
    /// Whether what is inside is passed on as it is, so that any protocol may be agreed on.
    package var takesAnyProtocol = false
    /// Whether HTTP/2 is among those that it agrees to.
    package var takesHTTP2 = true

    package init(certificates: [CertificateSettings]) { self.certificates = certificates }
}

/// TLS to an upstream's targets.
package struct UpstreamTLS: Sendable, Equatable {
    /// Whether their certificates must be good, and for the name.
    package var verifies = true
    /// Who signs them; nil: whom the system trusts.
    package var ca: PlacedPath?
    /// The name that is asked for; nil: the target's own.
    package var serverName: String?
    /// What is shown to targets that ask for it.
    package var client: CertificateSettings?

    package init() {}
}
