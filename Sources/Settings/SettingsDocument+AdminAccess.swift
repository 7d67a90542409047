import Addressing
import Yams

extension SettingsDocument {
    /// Where an upstream's Admin API is; nil when that is not said or has a fault.
    mutating func readAdminAccess(_ field: Field?) -> AdminAccessSettings? {
        guard let field, let fields = fields(of: field.value, keys: .upstreamAdmin) else {
            return nil
        }
        let url = httpURL(
            required("url", of: fields, owner: "`admin` of an upstream", at: field.key))
        var access = AdminAccessSettings(url: url ?? "")
        access.tokenFile = path(fields["token_file"])
        access.ca = path(fields["ca"])
        replace(
            &access.intervalMilliseconds,
            with: duration(fields["interval"], from: Limits.adminIntervalMilliseconds))
        guard let url else { return nil }
        if !url.hasPrefix("https:") { checkPlain(url, fields) }
        return access
    }

    /// What only makes sense, or is only safe, over TLS.
    private mutating func checkPlain(_ url: String, _ fields: [String: Field]) {
        if let node = fields["ca"]?.key {
            faults.add(
                "`ca` is for TLS, and `url` is \(quoted(url)); expected an https:// address "
                    + "with it",
                at: node)
        }
        if let node = fields["token_file"]?.key, !Self.isOfThisMachine(url) {
            faults.warn("the token is sent to \(quoted(url)) without encryption", at: node)
        }
    }

    static func isOfThisMachine(_ url: String) -> Bool {
        let authority = url.dropFirst("http://".count).prefix { $0 != "/" }
        return ["127.", "[::1]", "localhost"].contains { authority.hasPrefix($0) }
    }

    /// The address without a `/` at its end.
    mutating func httpURL(_ field: Field?, such: String = "http://127.0.0.1:8001") -> String? {
        value(
            field,
            expected: "http:// or https://, a host, a port and perhaps a path, such as \(such)"
        ) { text in
            guard text.utf8.count <= Limits.urlBytes,
                let scheme = ["http://", "https://"].first(where: text.hasPrefix)
            else { return nil }
            let rest = text.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" }
            let path = rest.dropFirst(authority.count)
            guard Self.isAuthority(authority, ofPlain: scheme == "http://"), Self.isPath(path)
            else { return nil }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }

    /// A host and a port, which may be the scheme's own; nothing that would be a secret.
    private static func isAuthority(_ text: Substring, ofPlain isPlain: Bool) -> Bool {
        let hasPort =
            text.last != "]" && text.drop { $0 != "]" }.contains(":")
            || !text.hasPrefix("[") && text.contains(":")
        let whole = hasPort ? "\(text)" : "\(text):\(isPlain ? 80 : 443)"
        guard let address = try? AddressSetting(parsing: whole) else { return false }
        return address.host != .any && address.port > 0
    }

    /// No query, no fragment, no way up: the path of each request is written behind it.
    private static func isPath(_ text: Substring) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return !parts.contains("..") && !parts.contains(".") && !text.contains("//")
            && text.utf8.allSatisfy {
                (0x21...0x7e).contains($0)
                    && ![UInt8(ascii: "#"), UInt8(ascii: "?"), UInt8(ascii: "%")].contains($0)
            }
    }
}
