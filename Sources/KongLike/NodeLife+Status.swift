internal import Kernel
internal import NIOCore

/// The status port.
extension NodeLife {
    func status(_ head: RequestHead) -> Reply {
        guard head.method == "GET" || head.method == "HEAD" else {
            return message(405, "Method not allowed")
        }
        switch head.path {
        case "/status": return statusReport()
        case "/status/ready" where shared.version.hasReadiness: return readiness()
        default: return message(404, "Not found")
        }
    }

    /// An answer in the shape of the Admin API: `{"message":"..."}`.
    func message(
        _ status: Int, _ text: String, fields: [(name: String, value: String)] = []
    ) -> Reply {
        json(status, ["message": .string(text)], fields: fields)
    }

    func json(
        _ status: Int, _ value: JSON, fields: [(name: String, value: String)] = []
    ) -> Reply {
        adminReply(status, value.bytes, fields: fields)
    }

    private func adminReply(
        _ status: Int, _ bytes: [UInt8], fields: [(name: String, value: String)] = []
    ) -> Reply {
        let origin = (name: "Access-Control-Allow-Origin", value: "*")
        return Reply(
            status: status, maker: .admin(0), fields: [origin] + fields, body: .whole(bytes))
    }

    /// Each call opens a connection to the database, which takes 4 to 9 ms.
    private func readiness() -> Reply {
        let time = Int64.random(in: 4...9, using: &random)
        var reply =
            isReady
            ? message(200, "ready") : message(503, "failed to connect to database")
        reply.delay = .milliseconds(time)
        reply.maker = .admin(Int(time))
        return reply
    }

    /// Not before the database has been gone for a while.
    private var isReady: Bool {
        if shared.faults.withLock({ $0.isDatabaseUnreachable }) { return false }
        return shared.database.lostFor.map { $0 < shared.times.readiness } ?? true
    }

    /// 200 whatever happens; the order of its parts changes from call to call.
    func statusReport() -> Reply {
        let total = shared.counts.withLock { $0.accepted }
        let requests = shared.counts.withLock { $0.requests }
        let server = """
            "server":{"connections_waiting":0,"connections_handled":\(total),\
            "connections_accepted":\(total),"connections_reading":0,\
            "connections_writing":1,"connections_active":\(openConnections),\
            "total_requests":\(requests)}
            """
        let database = "\"database\":{\"reachable\":\(shared.hasDatabase)}"
        let memory = Self.memory(shared.settings.workers)
        let parts = [server, database, memory].shuffled(using: &random)
        return adminReply(200, Array("{\(parts.joined(separator: ","))}".utf8))
    }

    /// Its names and numbers are an assumption; together they make the size that was measured.
    private static func memory(_ workers: Int) -> String {
        let dictionaries = [
            ("kong", "0.04", "5.00"), ("kong_locks", "0.06", "8.00"),
            ("kong_secrets", "0.04", "5.00"),
            ("kong_healthchecks", "0.04", "5.00"), ("kong_cluster_events", "0.04", "5.00"),
            ("kong_rate_limiting_counters", "0.09", "12.00"),
            ("kong_core_db_cache", "0.80", "128.00"),
            ("kong_core_db_cache_miss", "0.09", "12.00"), ("kong_db_cache", "0.79", "128.00"),
            ("kong_db_cache_miss", "0.09", "12.00"), ("prometheus_metrics", "0.04", "5.00"),
        ].map { name, used, size in
            "\"\(name)\":{\"allocated_slabs\":\"\(used) MiB\",\"capacity\":\"\(size) MiB\"}"
        }
        let heaps = (0..<max(1, workers)).map { number in
            "{\"pid\":\(1_270 + number),\"http_allocated_gc\":\"52.1\(number % 10) MiB\"}"
        }
        return """
            "memory":{"workers_lua_vms":[\(heaps.joined(separator: ","))],\
            "lua_shared_dicts":{\(dictionaries.joined(separator: ","))}}
            """
    }
}
