import Yams

extension SettingsDocument {
    /// The upstreams, if every one of them is sound.
    mutating func readUpstreams(_ section: Field?, in root: Node) -> [UpstreamSettings]? {
        guard let entries = namedEntries(section, of: root, what: .upstreams) else { return nil }
        upstreamNames = entries.map(\.name)
        var upstreams: [UpstreamSettings] = []
        for entry in entries {
            if (KeyTable.split.known + KeyTable.split.later).contains(entry.name) {
                faults.add(
                    "an upstream cannot be named \(quoted(entry.name)), which is a key of a split; "
                        + "expected another name",
                    at: entry.key)
            }
            guard let upstream = readUpstream(entry) else { continue }
            upstreams.append(upstream)
        }
        return upstreams.count == entries.count ? upstreams : nil
    }

    private mutating func readUpstream(_ entry: Field) -> UpstreamSettings? {
        guard let fields = fields(of: entry.value, keys: .upstream) else { return nil }
        let targets = readTargets(fields["targets"], of: entry)
        var upstream = UpstreamSettings(name: entry.name, targets: targets ?? [])
        upstream.timeouts = readUpstreamTimeouts(fields["timeouts"])
        upstream.limits = readUpstreamLimits(fields["limits"])
        upstream.retries = readRetries(fields["retries"])
        upstream.health = readHealth(fields["health"])
        upstream.ejection = readEjection(fields["ejection"])
        replace(&upstream.slowStartMilliseconds, with: duration(fields["slow_start"]))
        replace(
            &upstream.resolveIntervalMilliseconds,
            with: duration(fields["resolve_interval"], from: Limits.resolveIntervalMilliseconds))
        replace(&upstream.isKong, with: readKong(fields["kong"]))
        upstream.admin = readAdminAccess(fields["admin"])
        upstream.tls = readUpstreamTLS(fields["tls"])
        upstream.proxyHeader = readSentProxyHeader(fields["send_proxy_protocol"])
        upstream.version = readVersion(fields["protocol"], isAnnounced: upstream.proxyHeader != nil)
        return targets == nil ? nil : upstream
    }

    /// A connection that carries the requests of many clients can tell of none of them.
    private mutating func readVersion(_ field: Field?, isAnnounced: Bool) -> UpstreamVersion {
        let version = value(field, expected: "http1, http2 or auto") {
            UpstreamVersion(rawValue: $0)
        }
        guard let field, let version else { return .http1 }
        if version != .http1, isAnnounced {
            faults.add(
                "`protocol: \(version.rawValue)` with `send_proxy_protocol`, whose header speaks "
                    + "for one client only; expected `http1`, or no header",
                at: field.key)
        }
        return version
    }

    private mutating func readTargets(_ field: Field?, of upstream: Field) -> [TargetSettings]? {
        let owner = "the upstream \(quoted(upstream.name))"
        guard let field else {
            faults.add("`targets` of \(owner) is missing", at: upstream.key)
            return nil
        }
        guard case .sequence(let nodes) = field.value else {
            faults.add(
                "`targets` is \(field.value.found); expected a list, such as [127.0.0.1:9001]",
                at: field.value)
            return nil
        }
        guard (1...Limits.targetsOfUpstream).contains(nodes.count) else {
            faults.add(
                "\(owner) has \(nodes.count) targets; expected 1 to \(Limits.targetsOfUpstream)",
                at: field.key)
            return nil
        }
        var targets: [TargetSettings] = []
        var seen: Set<AddressSetting> = []
        for node in nodes {
            guard let target = readTarget(node) else { continue }
            if !seen.insert(target.address).inserted {
                faults.add(
                    "the target \(target.address) is listed twice; expected it once, "
                        + "with a weight if it shall get more",
                    at: node)
            }
            targets.append(target)
        }
        return targets.count == nodes.count ? targets : nil
    }

    private mutating func readTarget(_ node: Node) -> TargetSettings? {
        if case .scalar = node {
            return targetAddress(node).map { TargetSettings(address: $0) }
        }
        guard let fields = fields(of: node, keys: .target),
            let field = required("address", of: fields, owner: "a target", at: node)
        else { return nil }
        let address = targetAddress(field.value)
        let weight = integer(fields["weight"], in: 1...Limits.targetWeight)
        return address.map { TargetSettings(address: $0, weight: UInt32(weight ?? 1)) }
    }

    private mutating func targetAddress(_ node: Node) -> AddressSetting? {
        guard let address = address(of: node, called: "a target's address") else { return nil }
        if address.host == .any || address.port == 0 {
            faults.add(
                "\(quoted("\(address)")) cannot be connected to; "
                    + "expected a host and a port above 0",
                at: node)
            return nil
        }
        return address
    }

    /// A `HOST:PORT`.
    mutating func address(of node: Node, called name: String) -> AddressSetting? {
        guard let text = text(of: node, expected: "an address, HOST:PORT") else { return nil }
        do throws(AddressSetting.Fault) {
            return try AddressSetting(parsing: text)
        } catch {
            let shown = text.isEmpty ? name : quoted(text)
            faults.add("\(shown) \(error.message)", at: node)
            return nil
        }
    }
}
