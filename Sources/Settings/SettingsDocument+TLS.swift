import Addressing
import Yams

extension SettingsDocument {
    /// TLS at a listener; nil when that is not said or has a fault.
    mutating func readListenerTLS(_ field: Field?) -> ListenerTLS? {
        guard let field, let fields = fields(of: field.value, keys: .listenerTLS) else {
            return nil
        }
        let certificates = readCertificates(fields["certificates"], at: field.key)
        var tls = ListenerTLS(certificates: certificates ?? [])
        replace(&tls.profile, with: word(fields["profile"]))
        tls.clientCA = placedPath(fields["client_ca"])
        tls.verification = fields["client_ca"] == nil ? .none : .required
        replace(&tls.verification, with: word(fields["verify"]))
        replace(&tls.unknownName, with: word(fields["unknown_name"]))
        tls.ticketKeys = placedPath(fields["ticket_keys"])
        if let node = fields["verify"]?.key, tls.verification != .none,
            fields["client_ca"] == nil
        {
            faults.add(
                "`verify` without `client_ca`; expected the file of those who sign clients' "
                    + "certificates",
                at: node)
        }
        return certificates == nil ? nil : tls
    }

    private mutating func readCertificates(
        _ field: Field?, at node: Node
    ) -> [CertificateSettings]? {
        guard let field else {
            faults.add(
                "`certificates` of `tls` is missing; expected at least one {certificate, key}",
                at: node)
            return nil
        }
        guard case .sequence(let nodes) = field.value,
            (1...Limits.certificatesOfListener).contains(nodes.count)
        else {
            faults.add(
                "`certificates` is \(field.value.found); expected a list of 1 to "
                    + "\(Limits.certificatesOfListener) {certificate, key}",
                at: field.value)
            return nil
        }
        let certificates = nodes.compactMap { readCertificate($0) }
        return certificates.count == nodes.count ? certificates : nil
    }

    private mutating func readCertificate(_ node: Node) -> CertificateSettings? {
        guard let fields = fields(of: node, keys: .certificate) else { return nil }
        let owner = "a certificate"
        let path = placedPath(required("certificate", of: fields, owner: owner, at: node))
        let key = placedPath(required("key", of: fields, owner: owner, at: node))
        let staple = placedPath(fields["ocsp_staple"])
        let names = readNames(fields["names"])
        guard let path, let key, let names else { return nil }
        var certificate = CertificateSettings(certificate: path, key: key)
        certificate.staple = staple
        certificate.names = names
        return certificate
    }

    private mutating func readNames(_ field: Field?) -> [String]? {
        guard let field else { return [] }
        guard case .sequence(let nodes) = field.value, !nodes.isEmpty else {
            faults.add(
                "`names` is \(field.value.found); expected a list, such as [api.example.com]",
                at: field.value)
            return nil
        }
        let names = nodes.compactMap { node in
            value(
                of: node, called: "names",
                expected: "a name such as api.example.com or *.example.com",
                parse: Self.serverName)
        }
        return names.count == nodes.count ? names : nil
    }

    /// TLS to an upstream's targets; nil when that is not said or has a fault.
    mutating func readUpstreamTLS(_ field: Field?) -> UpstreamTLS? {
        guard let field else { return nil }
        guard let fields = fields(of: field.value, keys: .upstreamTLS) else { return nil }
        var tls = UpstreamTLS()
        replace(&tls.verifies, with: flag(fields["verify"]))
        tls.ca = placedPath(fields["ca"])
        tls.serverName = value(
            fields["server_name"], expected: "a name such as kong.example.com"
        ) { text in Self.serverName(text).flatMap { $0.hasPrefix("*") ? nil : $0 } }
        let certificate = placedPath(fields["client_certificate"])
        let key = placedPath(fields["client_key"])
        if let certificate, let key {
            tls.client = CertificateSettings(certificate: certificate, key: key)
        } else if let node = (fields["client_certificate"] ?? fields["client_key"])?.key,
            fields["client_certificate"] == nil || fields["client_key"] == nil
        {
            faults.add(
                "`client_certificate` and `client_key` go together; expected both or neither",
                at: node)
        }
        if !tls.verifies, let node = fields["ca"]?.key {
            faults.add("`ca` without verification; expected `verify: true` with it", at: node)
        }
        return tls
    }

    /// One of the words of a choice.
    private mutating func word<Word: RawRepresentable & CaseIterable>(
        _ field: Field?
    ) -> Word? where Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        return value(field, expected: words.joined(separator: " or ")) { Word(rawValue: $0) }
    }

    private mutating func placedPath(_ field: Field?) -> PlacedPath? {
        guard let field, let path = path(field) else { return nil }
        let position = field.value.position
        return PlacedPath(path, line: position.line, column: position.column)
    }

    /// A name of DNS in lower case, its first label perhaps `*`; nil for anything else.
    static func serverName(_ text: String) -> String? {
        let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, labels.count >= 1, IPAddress(text) == nil else { return nil }
        let isSound = labels.enumerated().allSatisfy { index, label in
            if label == "*" { return index == 0 && labels.count > 1 }
            return (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { byte in
                    (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
                        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
        }
        return isSound ? text.lowercased() : nil
    }
}
