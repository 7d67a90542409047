/// What a worker routes by: all entities at one moment, put in order for it.
final class RoutingTable: Sendable {
    struct Service: Sendable {
        let id: String
        let name: String
        let host: String
        let port: Int
        let path: String
        let readMilliseconds: Int
        let hasPeer: Bool
    }

    struct Plugin: Sendable {
        let id: String
        let name: String
        let config: JSON
    }

    struct Route: Sendable {
        let id: String
        let name: String
        let methods: Set<String>
        let hosts: Set<String>
        let path: String
        let stripsPath: Bool
        let preservesHost: Bool
        let service: Service?
        let plugins: [Plugin]

        /// How many kinds of conditions it has beside its path.
        var rank: Int { (hosts.isEmpty ? 0 : 1) + (methods.isEmpty ? 0 : 1) }
    }

    let revision: Int
    /// One for each path of a route, the one that is tried first in front.
    private let routes: [Route]
    /// The ids of consumers by their keys.
    let consumers: [String: String]
    private let names: [String: String]

    init() {
        (revision, routes, consumers, names) = (0, [], [:], [:])
    }

    init(_ entities: [EntityKind: [String: JSON]], revision: Int) {
        self.revision = revision
        let services = Self.services(entities)
        let plugins = entities[.plugins, default: [:]].values.filter { $0["enabled"] != false }
        var routes: [Route] = []
        for (id, route) in entities[.routes, default: [:]] {
            let serviceID = route["service"]?["id"]?.text
            if let serviceID, services[serviceID] == nil { continue }
            let own = Self.plugins(plugins, route: id, service: serviceID)
            let paths = route["paths"]?.texts ?? []
            for path in paths.isEmpty ? ["/"] : paths {
                routes.append(
                    Route(
                        id: id, name: route["name"]?.text ?? id,
                        methods: Set(route["methods"]?.texts ?? []),
                        hosts: Set((route["hosts"]?.texts ?? []).map { $0.lowercased() }),
                        path: path, stripsPath: route["strip_path"]?.bool ?? true,
                        preservesHost: route["preserve_host"]?.bool ?? false,
                        service: serviceID.flatMap { services[$0] }, plugins: own))
            }
        }
        // Kong's traditional router: more kinds of conditions first, then the longer path.
        self.routes = routes.sorted { one, other in
            if one.rank != other.rank { return one.rank > other.rank }
            let lengths = [one, other].map(\.path.utf8.count)
            return lengths[0] == lengths[1] ? one.id < other.id : lengths[0] > lengths[1]
        }
        var consumers: [String: String] = [:]
        for key in entities[.keys, default: [:]].values {
            if let text = key["key"]?.text { consumers[text] = key["consumer"]?["id"]?.text }
        }
        self.consumers = consumers
        names = entities[.consumers, default: [:]].compactMapValues { $0["username"]?.text }
    }

    /// The name of a consumer.
    func username(_ consumer: String) -> String? { names[consumer] }

    func route(
        method: String, host: String, path: Substring, except missing: Set<String>
    ) -> Route? {
        let name = host.prefix { $0 != ":" }.lowercased()
        return routes.first { route in
            path.hasPrefix(route.path)
                && (route.hosts.isEmpty || route.hosts.contains(name))
                && (route.methods.isEmpty || route.methods.contains(method))
                && !missing.contains(route.name) && !missing.contains(route.id)
        }
    }

    private static func services(_ entities: [EntityKind: [String: JSON]]) -> [String: Service] {
        var upstreams: [String: Bool] = [:]
        for (id, upstream) in entities[.upstreams, default: [:]] {
            upstreams[upstream["name"]?.text ?? ""] = entities[.targets, default: [:]].values
                .contains { $0["upstream"]?["id"]?.text == id && ($0["weight"]?.int ?? 100) > 0 }
        }
        return entities[.services, default: [:]].filter { $0.value["enabled"] != false }.mapValues {
            let host = $0["host"]?.text ?? ""
            return Service(
                id: $0["id"]?.text ?? "", name: $0["name"]?.text ?? "", host: host,
                port: $0["port"]?.int ?? 80, path: $0["path"]?.text ?? "",
                readMilliseconds: $0["read_timeout"]?.int ?? 60_000,
                hasPeer: upstreams[host] ?? true)
        }
    }

    /// Of each plugin the most particular one: of the route, of the service, of everything. In
    /// Kong's order of them: who it is, how often, and what ends it.
    private static func plugins(_ all: [JSON], route: String, service: String?) -> [Plugin] {
        var best: [String: (rank: Int, plugin: Plugin)] = [:]
        for plugin in all where plugin["consumer"]?.isNull ?? true {
            let onRoute = plugin["route"]?["id"]?.text
            let onService = plugin["service"]?["id"]?.text
            if let onRoute, onRoute != route { continue }
            if let onService, onService != service { continue }
            let rank = (onRoute == nil ? 0 : 2) + (onService == nil ? 0 : 1)
            let name = plugin["name"]?.text ?? ""
            if let other = best[name], other.rank >= rank { continue }
            best[name] = (
                rank,
                Plugin(
                    id: plugin["id"]?.text ?? "", name: name, config: plugin["config"] ?? [:])
            )
        }
        let order = ["key-auth", "rate-limiting", "request-termination"]
        return best.values.map(\.plugin).sorted { one, other in
            let places = [one, other].map { order.firstIndex(of: $0.name) ?? order.count }
            return places[0] == places[1] ? one.name < other.name : places[0] < places[1]
        }
    }
}
