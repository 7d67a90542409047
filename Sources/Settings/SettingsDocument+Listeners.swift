import Addressing
import Yams

extension SettingsDocument {
    /// The listeners, if every one of them is sound.
    mutating func readListeners(_ section: Field?, in root: Node) -> [ListenerSettings]? {
        guard let entries = namedEntries(section, of: root, what: .listeners) else { return nil }
        var listeners: [ListenerSettings] = []
        for entry in entries {
            guard let listener = readListener(entry, besides: listeners) else { continue }
            listeners.append(listener)
        }
        return listeners.count == entries.count ? listeners : nil
    }

    private mutating func readListener(
        _ entry: Field,
        besides others: [ListenerSettings]
    ) -> ListenerSettings? {
        let owner = "the listener \(quoted(entry.name))"
        guard let fields = fields(of: entry.value, keys: .listener) else { return nil }
        let address = readAddress(
            required("address", of: fields, owner: owner, at: entry.key), besides: others)
        let mode = readMode(fields["mode"])
        let routing = readRouting(fields, owner: owner, at: entry.key)
        let trusted = readTrustedProxies(fields["trusted_proxies"])
        let timeouts = readListenerTimeouts(fields["timeouts"])
        let limits = readListenerLimits(fields["limits"])
        let exposes = flag(fields["expose_upstream"]) ?? false
        let guarding = readGuard(fields["guard"], of: routing.split)
        if guarding != nil, let routes = fields["routes"] {
            faults.add(
                "`routes` of a listener with a `guard`; expected its `split` alone", at: routes.key)
        }
        let tls = readListenerTLS(fields["tls"])
        let requiresProxyHeader = readProxyProtocol(
            fields["proxy_protocol"], trusted: trusted)
        if let mode { checkMode(mode, fields, routing.routes) }
        guard let address, let mode, let split = routing.split, let trusted else { return nil }
        var listener = ListenerSettings(
            name: entry.name, address: address, mode: mode, split: split, trustedProxies: trusted,
            timeouts: timeouts, limits: limits, routes: routing.routes, exposesUpstream: exposes,
            guarding: guarding)
        listener.tls = tls
        listener.tls?.takesAnyProtocol = mode == .tcp
        listener.takesHTTP2 = takesHTTP2(fields["protocol"])
        listener.tls?.takesHTTP2 = listener.takesHTTP2
        listener.requiresProxyHeader = requiresProxyHeader
        return listener
    }

    /// Whether clients may speak HTTP/2 beside HTTP/1.1.
    private mutating func takesHTTP2(_ field: Field?) -> Bool {
        value(field, expected: "`auto` or `http1`") { ["auto": true, "http1": false][$0] } ?? true
    }

    mutating func splitName(_ field: Field?) -> String? {
        guard let node = field?.value,
            let name = text(of: node, expected: "the name of a split")
        else { return nil }
        guard let splitNames else { return name }
        if splitNames.contains(name) { return name }
        faults.add(
            "there is no split \(quoted(name)); \(NearestWord.advice(name, among: splitNames))",
            at: node)
        return nil
    }

    private mutating func readTrustedProxies(_ field: Field?) -> [CIDR]? {
        guard let field else { return [] }
        guard case .sequence(let nodes) = field.value else {
            faults.add(
                "`trusted_proxies` is \(field.value.found); expected a list, such as [10.0.0.0/8]",
                at: field.value)
            return nil
        }
        return nodes.compactMap { node in
            value(
                of: node, called: "trusted_proxies",
                expected: "an address range such as 10.0.0.0/8 or fd00::/8, no bit set behind it",
                parse: { CIDR($0) })
        }
    }

    /// An address to listen on. Two sockets cannot share one; port 0 is a free one each time.
    mutating func readAddress(
        _ field: Field?,
        besides listeners: [ListenerSettings]
    ) -> AddressSetting? {
        guard let field, let address = address(of: field.value, called: "`address`") else {
            return nil
        }
        for other in listeners where address.port != 0 && other.address.listensLike(address) {
            faults.add(
                "\(address) is the address of the listener \(quoted(other.name)) already; "
                    + "expected an address of its own",
                at: field.value)
        }
        return address
    }
}

extension AddressSetting {
    /// Whether both mean the same socket: `*` is what `[::]` is.
    fileprivate func listensLike(_ other: AddressSetting) -> Bool {
        port == other.port && (host == other.host || (isDualStackAny && other.isDualStackAny))
    }

    private var isDualStackAny: Bool {
        host == .any || host == .ip(IPAddress(bits: 0))
    }
}
