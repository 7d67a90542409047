internal import Foundation
internal import Kernel
internal import NIOCore

/// One request's way through the proxy port: route, plugins, service.
struct ProxyPassage {
    enum Verdict {
        /// Kong answers by itself.
        case answer(Reply)
        /// The service behind is asked.
        case forward
    }

    private let life: NodeLife
    private let worker: NodeWorker
    private let head: RequestHead
    private let peer: String
    private let faults: KongFaults
    private let route: RoutingTable.Route?
    /// What the answer of the service says about a limit.
    private var limitFields: [(name: String, value: String)] = []

    init(_ life: NodeLife, _ worker: NodeWorker, _ head: RequestHead, peer: String) {
        (self.life, self.worker, self.head, self.peer) = (life, worker, head, peer)
        faults = life.shared.faults.withLock { $0 }
        route = worker.table.route(
            method: head.method, host: head.host, path: head.path, except: faults.missingRoutes)
    }

    /// What Kong decides before it asks the service.
    mutating func verdict() -> Verdict {
        guard let route else {
            return own(error(404, "no Route matched with those values"))
        }
        for plugin in route.plugins {
            if faults.failingPlugins.contains(plugin.name) {
                return own(error(500, "An unexpected error occurred"))
            }
            var reply: Reply?
            switch plugin.name {
            case "key-auth": reply = identify(plugin)
            case "rate-limiting": (reply, limitFields) = limit(plugin)
            case "request-termination": reply = terminate(plugin)
            default: break
            }
            if let reply { return own(reply) }
        }
        guard let service = route.service else {
            return own(error(503, "no Service found with those values"))
        }
        guard service.hasPeer else {
            return own(error(503, "failure to get a peer from the ring-balancer"))
        }
        return .forward
    }

    private func own(_ reply: Reply) -> Verdict {
        var reply = reply
        reply.delay = reply.delay + TimeAmount(faults.gatewayDelay)
        reply.gatewayMilliseconds = faults.gatewayDelay.milliseconds
        return .answer(reply)
    }

    private func error(_ status: Int, _ message: String, _ fields: [(String, String)] = [])
        -> Reply
    {
        life.error(status, message, for: head, fields: fields.map { (name: $0, value: $1) })
    }

    private func identify(_ plugin: RoutingTable.Plugin) -> Reply? {
        let names = plugin.config["key_names"]?.texts ?? []
        let keys = (names.isEmpty ? ["apikey"] : names).compactMap { name in
            head.value(name.lowercased()) ?? head.parameter(name)
        }
        let challenge = [("WWW-Authenticate", "Key realm=\"kong\"")]
        guard let key = keys.first, !key.isEmpty else {
            return error(401, "No API key found in request", challenge)
        }
        switch consumer(of: key) {
        case .unknown: return error(500, "An unexpected error occurred")
        case .nobody: return error(401, "Invalid authentication credentials", challenge)
        case .known: return nil
        }
    }

    private enum Identity {
        case known(String)
        case nobody
        /// Nobody has asked for this key before, and the database is gone.
        case unknown
    }

    private func consumer(of key: String) -> Identity {
        if let known = life.keys[key] { return known.map { .known($0) } ?? .nobody }
        guard life.shared.hasDatabase else { return .unknown }
        let found = worker.table.consumers[key]
        if life.keys.count > 10_000 { life.keys.removeAll() }
        life.keys[key] = .some(found)
        return found.map { .known($0) } ?? .nobody
    }

    /// The answer once a limit is used up, and the fields that tell of it.
    private func limit(
        _ plugin: RoutingTable.Plugin
    ) -> (reply: Reply?, fields: [(name: String, value: String)]) {
        var windows: [(name: String, limit: Int, left: Int, reset: Int)] = []
        let now = Int(Date().timeIntervalSince1970)
        for (name, seconds) in [("second", 1), ("minute", 60), ("hour", 3_600)] {
            guard let limit = plugin.config[name]?.int else { continue }
            let start = now / seconds * seconds
            let key = "\(plugin.id) \(peer) \(name) \(start)"
            guard let spent = count(plugin, key) else { return (nil, []) }
            windows.append(
                (name, limit, max(0, limit - spent), spent > limit ? start + seconds - now : 0))
        }
        guard let tight = windows.min(by: { $0.left < $1.left }) else { return (nil, []) }
        let worst = windows.first { $0.reset > 0 }
        var fields: [(name: String, value: String)] = []
        for window in windows {
            let name = window.name.capitalized
            fields.append(("X-RateLimit-Limit-\(name)", "\(window.limit)"))
            fields.append(("X-RateLimit-Remaining-\(name)", "\(window.left)"))
        }
        let seconds = ["second": 1, "minute": 60, "hour": 3_600][tight.name] ?? 60
        let reset = worst?.reset ?? (seconds - now % seconds)
        fields.append(("RateLimit-Limit", "\(tight.limit)"))
        fields.append(("RateLimit-Remaining", "\(tight.left)"))
        fields.append(("RateLimit-Reset", "\(reset)"))
        guard worst != nil else { return (nil, fields) }
        fields.append(("Retry-After", "\(reset)"))
        return (
            error(429, "API rate limit exceeded", fields.map { ($0.name, $0.value) }), fields
        )
    }

    /// nil without the database: then limits are not counted.
    private func count(_ plugin: RoutingTable.Plugin, _ key: String) -> Int? {
        guard plugin.config["policy"]?.text != "local" else {
            if life.localCounts.count > 10_000 { life.localCounts.removeAll() }
            life.localCounts[key, default: 0] += 1
            return life.localCounts[key]
        }
        return life.shared.hasDatabase ? life.shared.database.count(key) : nil
    }

    private func terminate(_ plugin: RoutingTable.Plugin) -> Reply {
        let status = plugin.config["status_code"]?.int ?? 503
        let message = plugin.config["message"]?.text ?? "Service unavailable"
        var reply = Reply.text(status, .gateway, "{\"message\":\"\(message)\"}")
        reply.requestID = life.newRequestID()
        return reply
    }

    /// What comes of asking the service.
    func forward(_ body: BodyReader) -> Reply {
        guard let route, let service = route.service else {
            return error(404, "no Route matched with those values")
        }
        let id = life.newRequestID()
        let settings = life.shared.settings
        var reply = TinyBackend.reply(
            to: ForwardedRequest(
                head, body, from: peer, route: route, service: service,
                settings: settings, version: life.shared.version, requestID: id,
                consumer: consumerFields(route)))
        let time = reply.delay + TimeAmount(settings.serviceLatency + faults.serviceDelay)
        let patience = TimeAmount.milliseconds(Int64(service.readMilliseconds))
        // Kong tries a service that fails again; that it takes no time worth telling, and that
        // it waits only once for one that is late, are assumptions.
        if faults.service != nil {
            reply = failed(502, after: .zero, id)
        } else if time >= patience {
            reply = failed(504, after: patience, id)
        } else {
            reply.maker = .service(Int(time.nanoseconds / 1_000_000))
            reply.fields += limitFields
            reply.delay = time
        }
        reply.delay = reply.delay + TimeAmount(faults.gatewayDelay)
        reply.gatewayMilliseconds = max(1, faults.gatewayDelay.milliseconds)
        reply.requestID = id
        return reply
    }

    private func failed(_ status: Int, after time: TimeAmount, _ id: String?) -> Reply {
        let message =
            status == 504
            ? "The upstream server is timing out"
            : "An invalid response was received from the upstream server"
        let maker = Reply.Maker.failedService(Int(time.nanoseconds / 1_000_000))
        var reply = life.error(status, message, for: head, by: maker, id: id)
        reply.delay = time
        return reply
    }

    private func consumerFields(_ route: RoutingTable.Route) -> [(String, String)] {
        guard route.plugins.contains(where: { $0.name == "key-auth" }),
            let key = head.value("apikey") ?? head.parameter("apikey"),
            case .known(let id) = consumer(of: key)
        else { return [] }
        var fields = [("X-Consumer-ID", id)]
        if let name = worker.table.username(id) { fields.append(("X-Consumer-Username", name)) }
        return fields
    }
}
