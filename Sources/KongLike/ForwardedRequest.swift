internal import Addressing

/// A request as the service behind gets it.
struct ForwardedRequest {
    let method: String
    /// Path and query.
    let target: String
    let head: RequestHead
    let fields: [(name: String, value: String)]
    let body: BodyReader

    init(
        _ head: RequestHead, _ body: BodyReader, from peer: String, route: RoutingTable.Route,
        service: RoutingTable.Service, settings: KongNodeSettings, version: KongVersion,
        requestID: String?, consumer: [(String, String)]
    ) {
        (method, self.head, self.body) = (head.method, head, body)
        target = Self.target(head, route, service)
        let origin = Origin(head, peer: peer, settings: settings)
        let isTunnel = head.wantsWebSocket
        let host = route.preservesHost ? head.host : Self.authority(service)
        var fields: [(name: String, value: String)] = [
            ("Host", host), ("Connection", isTunnel ? "upgrade" : "keep-alive"),
        ]
        if isTunnel { fields.append(("Upgrade", "websocket")) }
        let path = String(head.path)
        fields += [
            ("X-Forwarded-For", origin.forwardedFor), ("X-Forwarded-Proto", origin.scheme),
            ("X-Forwarded-Host", origin.host), ("X-Forwarded-Port", origin.port),
            ("X-Forwarded-Path", path),
        ]
        if route.stripsPath, route.path != "/" {
            fields.append(("X-Forwarded-Prefix", route.path))
        }
        fields.append(("X-Real-IP", origin.address))
        if version.hasProtocolInVia { fields.append(("Via", "1.1 kong/\(version)")) }
        if let requestID { fields.append(("X-Kong-Request-Id", requestID)) }
        fields += consumer.map { (name: $0.0, value: $0.1) }
        fields += head.fields.filter { !Self.set.contains($0.key) }.map { ($0.name, $0.value) }
        if body.count > 0 { fields.append(("Content-Length", "\(body.count)")) }
        self.fields = fields
    }

    /// Fields that Kong sets by itself or that concern one connection only.
    private static let set: Set = [
        "host", "connection", "upgrade", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "content-length", "expect", "x-forwarded-for", "x-forwarded-proto",
        "x-forwarded-host", "x-forwarded-port", "x-forwarded-path", "x-forwarded-prefix",
        "x-real-ip", "x-kong-request-id",
    ]

    private static func authority(_ service: RoutingTable.Service) -> String {
        service.port == 80 ? service.host : "\(service.host):\(service.port)"
    }

    private static func target(
        _ head: RequestHead, _ route: RoutingTable.Route, _ service: RoutingTable.Service
    ) -> String {
        var path = head.target[...]
        if route.stripsPath, path.hasPrefix(route.path) { path = path.dropFirst(route.path.count) }
        let base = service.path.hasSuffix("/") ? service.path.dropLast() : service.path[...]
        return base + (path.hasPrefix("/") ? "" : "/") + path
    }

    /// Where a request comes from, as Kong sees it.
    private struct Origin {
        let address: String
        let forwardedFor: String
        let scheme: String
        let host: String
        let port: String

        init(_ head: RequestHead, peer: String, settings: KongNodeSettings) {
            let isTrusted = Self.trusts(peer, settings)
            func believed(_ key: String) -> String? { isTrusted ? head.value(key) : nil }
            let chain = head.values("x-forwarded-for").joined(separator: ", ")
            address = isTrusted ? Self.realAddress(head, chain, peer, settings) : peer
            forwardedFor = chain.isEmpty ? address : "\(chain), \(peer)"
            scheme = believed("x-forwarded-proto") ?? "http"
            host = believed("x-forwarded-host") ?? String(head.host.prefix { $0 != ":" })
            port = believed("x-forwarded-port") ?? "\(settings.proxyPort)"
        }

        private static func trusts(_ text: some StringProtocol, _ settings: KongNodeSettings)
            -> Bool
        {
            guard let address = IPAddress(text) else { return false }
            return settings.trustedIPs.contains { $0.contains(address) }
        }

        private static func realAddress(
            _ head: RequestHead, _ chain: String, _ peer: String, _ settings: KongNodeSettings
        ) -> String {
            switch settings.realIPHeader {
            case .xRealIP:
                let value = head.value("x-real-ip") ?? ""
                return IPAddress(value) == nil ? peer : value
            case .xForwardedFor:
                let addresses = chain.split(separator: ",").map { String($0.trimmed) }
                let candidates = addresses.reversed().filter { IPAddress($0) != nil }
                guard settings.isRealIPRecursive else { return candidates.first ?? peer }
                return candidates.first { !trusts($0, settings) } ?? candidates.last ?? peer
            }
        }
    }
}
