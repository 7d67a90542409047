import Addressing
import Yams

/// The mode of a listener, and what goes with it; the PROXY protocol on both sides.
extension SettingsDocument {
    mutating func readMode(_ field: Field?) -> ListenerMode? {
        guard let field else { return .http }
        return value(field, expected: "`http` or `tcp`") { ListenerMode(rawValue: $0) }
    }

    /// What a listener of one mode cannot have.
    mutating func checkMode(
        _ mode: ListenerMode, _ fields: [String: Field], _ routes: [RouteSettings]
    ) {
        switch mode {
        case .http:
            if let field = fields["routes"], routes.contains(where: \.when.asksForServerName) {
                faults.add(
                    "`server_name` in a route of a listener of mode http; expected `mode: tcp`, "
                        + "or `host`",
                    at: field.key)
            }
        case .tcp:
            for name in ["guard", "expose_upstream", "protocol"] {
                guard let field = fields[name] else { continue }
                faults.add(
                    "`\(name)` of a listener of mode tcp, which sees no requests; expected "
                        + "`mode: http`",
                    at: field.key)
            }
            if let field = fields["routes"], routes.contains(where: { !$0.when.isOfConnections }) {
                faults.add(
                    "a route of a listener of mode tcp asks for what only requests have; expected "
                        + "`server_name` or `client`",
                    at: field.key)
            }
        }
    }

    /// Whether a listener's connections must begin with a header of the PROXY protocol.
    mutating func readProxyProtocol(_ field: Field?, trusted: [CIDR]?) -> Bool {
        let read = value(field, expected: "off or required") {
            ["off": false, "required": true][$0]
        }
        guard let field, read == true else { return false }
        if let trusted, trusted.isEmpty {
            faults.add(
                "`proxy_protocol: required` without `trusted_proxies` would close every "
                    + "connection; expected those who send it in `trusted_proxies`",
                at: field.key)
        }
        return true
    }

    /// The header that an upstream's targets are sent.
    mutating func readSentProxyHeader(_ field: Field?) -> ProxyHeaderVersion? {
        value(field, expected: "off, v1 or v2") { text -> ProxyHeaderVersion?? in
            text == "off" ? .some(nil) : ProxyHeaderVersion(rawValue: text).map { .some($0) }
        } ?? nil
    }
}

extension WhenSettings {
    /// Whether it asks only for what is known of a connection before its first byte is passed on.
    var isOfConnections: Bool {
        (conditions + exceptions).allSatisfy {
            switch $0 {
            case .client, .serverName: true
            case .header, .cookie, .query, .method, .pathPrefix, .host: false
            }
        }
    }
}
