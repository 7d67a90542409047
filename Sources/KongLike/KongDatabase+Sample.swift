/// A database to begin with.
extension KongDatabase {
    /// One with a service `tiny` and these routes to it: `/api` (open), `/keyed` (key-auth; the
    /// key `secret` is alice's), `/limited` (20 requests a minute over all clusters), `/closed`
    /// (request-termination), `/empty` (an upstream without a target). With `catchesAll` there is
    /// a route `/` too; without it every other path has no route.
    package static func sample(
        version: KongVersion = "2.8.0", catchesAll: Bool = false, seed: UInt64 = 1
    ) throws(Refusal) -> KongDatabase {
        let database = KongDatabase(version: version, seed: seed)
        try database.add(
            .services, ["name": "tiny", "host": "127.0.0.1", "port": 9000, "path": "/"])
        for name in ["api", "keyed", "limited", "closed"] {
            try database.add(
                .routes,
                ["name": .string(name), "paths": [.string("/\(name)")], "service": "tiny"])
        }
        if catchesAll {
            try database.add(
                .routes, ["name": "everything", "paths": ["/"], "service": "tiny"])
        }
        try database.add(.plugins, ["name": "key-auth", "route": "keyed"])
        try database.add(
            .plugins,
            [
                "name": "rate-limiting", "route": "limited",
                "config": ["minute": 20, "policy": "cluster"],
            ])
        try database.add(.plugins, ["name": "request-termination", "route": "closed"])
        try database.add(.consumers, ["username": "alice"])
        try database.add(.keys, ["key": "secret", "consumer": "alice"])
        try database.add(.upstreams, ["name": "nobody"])
        try database.add(.services, ["name": "empty", "host": "nobody"])
        try database.add(.routes, ["name": "empty", "paths": ["/empty"], "service": "empty"])
        return database
    }
}
