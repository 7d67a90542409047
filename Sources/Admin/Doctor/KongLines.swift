package import Addressing
internal import Kernel
package import Settings

/// The lines of kong.conf by which Kong believes what Sluice says of clients.
package struct KongLines: Sendable, Equatable {
    /// The upstream that is a Kong, and its lines.
    package let upstream: String
    package let lines: [String]

    /// Those of every upstream that is, or may be, a Kong. `own` tells the addresses that this
    /// machine has towards a target.
    package static func all(
        _ snapshot: Snapshot, own: (AddressSetting) -> [IPAddress] = ownAddresses
    ) -> [KongLines] {
        let known = snapshot.upstreams.filter { $0.isKong || $0.health?.kind == .kong }
        let guarded = Set(
            snapshot.listeners.filter { $0.guarding != nil }
                .flatMap { members(of: $0, snapshot) })
        let upstreams =
            known.isEmpty ? snapshot.upstreams.filter { !guarded.contains($0.name) } : known
        return upstreams.map { upstream in
            KongLines(
                upstream: upstream.name,
                lines: lines(of: upstream, snapshot, upstream.targets.flatMap { own($0.address) }))
        }
    }

    private static func lines(
        of upstream: UpstreamSettings, _ snapshot: Snapshot, _ own: [IPAddress]
    ) -> [String] {
        let listeners = snapshot.listeners.filter {
            members(of: $0, snapshot).contains(upstream.name)
        }
        // Proxies before Sluice stand in X-Forwarded-For too: Kong has to look past them.
        let proxies = listeners.flatMap(\.trustedProxies).map(\.text)
        var trusted: [String] = []
        for range in own.map({ $0.isIPv4 ? "\($0)/32" : "\($0)/128" }) + proxies
        where !trusted.contains(range) {
            trusted.append(range)
        }
        let first = "trusted_ips = \(trusted.joined(separator: ","))"
        if let version = upstream.proxyHeader {
            let port = upstream.targets.first.map { "\($0.address.port)" } ?? "8000"
            return [
                first, "real_ip_header = proxy_protocol",
                "proxy_listen = 0.0.0.0:\(port) proxy_protocol  "
                    + "# send_proxy_protocol is \(version.rawValue)",
            ]
        }
        guard listeners.isEmpty || listeners.contains(where: { $0.mode == .http }) else {
            return [
                "# connections are passed on: without send_proxy_protocol Kong sees Sluice alone"
            ]
        }
        return [first, "real_ip_header = X-Forwarded-For", "real_ip_recursive = on"]
    }

    /// The upstreams that a listener's requests go to.
    private static func members(of listener: ListenerSettings, _ snapshot: Snapshot) -> [String] {
        ([listener.split] + listener.routes.map(\.split)).flatMap {
            snapshot.split(named: $0)?.members ?? []
        }
    }

    /// The addresses from which this machine would send to a target; nothing is sent.
    package static func ownAddresses(towards setting: AddressSetting) -> [IPAddress] {
        let addresses = (try? TargetCheck.addresses(of: setting)) ?? []
        return addresses.compactMap { address in
            do throws(Errno) {
                return try DatagramSocket.open(to: address).localAddress()?.address
            } catch {
                return nil
            }
        }
    }
}

extension CIDR {
    /// As settings write it.
    fileprivate var text: String {
        let address = IPAddress(bits: network)
        return address.isIPv4 && prefix >= 96 ? "\(address)/\(prefix - 96)" : "\(address)/\(prefix)"
    }
}
