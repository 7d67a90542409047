package import Settings
package import TLS

extension CertificateSettings {
    /// Reads the certificate and what belongs to it.
    package func load() throws(TLSLoadFault) -> TLSCertificate {
        try TLSCertificate(
            certificate: certificate.path, key: key.path, staple: staple?.path, for: names)
    }

    var files: [String] { [certificate.path, key.path] + (staple.map { [$0.path] } ?? []) }
}

extension ListenerTLS {
    /// All files that it is read from.
    package var files: [String] {
        certificates.flatMap(\.files) + [clientCA, ticketKeys].compactMap { $0?.path }
    }

    /// Makes what a listener of that name needs. `shared`: the keys of listeners that have none.
    package func load(
        _ name: String, _ shared: TLSTicketKeys
    ) throws(TLSLoadFault) -> TLSServer {
        var options = TLSServerOptions(name: name)
        options.profile = profile == .modern ? .modern : .intermediate
        switch verification {
        case .none: options.verification = .none
        case .optional: options.verification = .optional
        case .required: options.verification = .required
        }
        options.authority = clientCA?.path
        options.refusesUnknownNames = unknownName == .refuse
        let spoken = (takesHTTP2 ? ["h2"] : []) + ["http/1.1", "http/1.0"]
        options.protocols = takesAnyProtocol ? .any : .only(spoken)
        var keys = shared
        if let ticketKeys {
            keys = TLSTicketKeys()
            try keys.adopt(file: ticketKeys.path)
        }
        var loaded: [TLSCertificate] = []
        for certificate in certificates { loaded.append(try certificate.load()) }
        return try TLSServer(loaded, options, keys: keys)
    }
}

extension UpstreamTLS {
    /// All files that it is read from.
    package var files: [String] { [ca].compactMap { $0?.path } + (client?.files ?? []) }

    /// Makes what an upstream needs.
    package func load() throws(TLSLoadFault) -> TLSClient {
        var options = TLSClientOptions()
        options.verifies = verifies
        options.authority = ca?.path
        options.certificate = try client?.load()
        return try TLSClient(options)
    }
}

/// The name that TLS asks a target for.
struct ServerName: Sendable {
    static let none = ServerName(text: "", isAddress: false)

    let text: String
    let isAddress: Bool

    private init(text: String, isAddress: Bool) {
        self.text = text
        self.isAddress = isAddress
    }

    /// That of the settings, else the target's own as the settings write it.
    init(_ tls: UpstreamTLS?, _ target: AddressSetting) {
        if let name = tls?.serverName {
            text = name
            isAddress = false
            return
        }
        switch target.host {
        case .name(let name):
            text = name
            isAddress = false
        case .ip(let address):
            text = "\(address)"
            isAddress = true
        case .any:
            text = "localhost"
            isAddress = false
        }
    }
}
