/// The keys of one kind of mapping: those that work and those reserved for later.
struct KeyTable {
    /// The mapping's name in errors, with its article: `a listener`.
    let owner: String
    let known: [String]
    let later: [String]
    /// Such a mapping, where a look at one helps more than the names.
    var example: String?

    static let top = KeyTable(
        owner: "the file",
        known: [
            "listeners", "upstreams", "splits", "weights_file", "state_dir", "control", "admin",
            "access_log", "workers", "shutdown_grace", "shutdown_delay", "log",
        ],
        later: ["user", "group", "statsd", "otlp"])

    static let listener = KeyTable(
        owner: "a listener",
        known: [
            "address", "mode", "split", "routes", "trusted_proxies", "timeouts", "limits",
            "guard", "expose_upstream", "tls", "proxy_protocol",
        ],
        later: [])

    static let listenerTLS = KeyTable(
        owner: "`tls` of a listener",
        known: [
            "certificates", "profile", "client_ca", "verify", "unknown_name", "ticket_keys",
        ],
        later: [])

    static let certificate = KeyTable(
        owner: "a certificate", known: ["certificate", "key", "ocsp_staple", "names"], later: [])

    static let route = KeyTable(owner: "a route", known: ["when", "split"], later: [])

    static let listenerGuard = KeyTable(
        owner: "`guard`", known: ["kind", "split", "upstream", "allow"], later: [])

    static let listenerTimeouts = KeyTable(
        owner: "`timeouts` of a listener",
        known: ["handshake", "head", "body_idle", "keepalive", "tunnel", "lifetime"], later: [])

    static let listenerLimits = KeyTable(
        owner: "`limits` of a listener",
        known: ["connections", "connections_per_client", "head", "fields", "uri", "body"],
        later: [])

    static let upstream = KeyTable(
        owner: "an upstream",
        known: [
            "targets", "timeouts", "limits", "retries", "health", "ejection", "slow_start",
            "resolve_interval", "kong", "admin", "tls", "protocol", "send_proxy_protocol",
        ],
        later: [])

    static let upstreamTLS = KeyTable(
        owner: "`tls` of an upstream",
        known: ["verify", "ca", "server_name", "client_certificate", "client_key"], later: [])

    static let upstreamAdmin = KeyTable(
        owner: "`admin` of an upstream", known: ["url", "token_file", "ca", "interval"],
        later: [])

    static let upstreamTimeouts = KeyTable(
        owner: "`timeouts` of an upstream",
        known: ["connect", "response", "idle", "keepalive", "total"], later: [])

    static let upstreamLimits = KeyTable(
        owner: "`limits` of an upstream",
        known: ["inflight_per_target", "queue", "queue_timeout", "requests_per_connection"],
        later: [])

    static let retries = KeyTable(owner: "`retries`", known: ["count", "budget"], later: [])

    static let health = KeyTable(
        owner: "`health`",
        known: [
            "kind", "port", "path", "method", "interval", "timeout", "rise", "fall", "expect",
        ],
        later: [])

    static let expectation = KeyTable(owner: "`expect`", known: ["status", "json"], later: [])

    static let ejection = KeyTable(
        owner: "`ejection`", known: ["consecutive", "base", "max_share"], later: [])

    static let target = KeyTable(owner: "a target", known: ["address", "weight"], later: [])

    static let split = KeyTable(
        owner: "a split",
        known: ["weights", "stable", "candidate", "sticky", "pins", "upgrade"], later: [])

    static let sticky = KeyTable(owner: "`sticky`", known: ["by", "secret"], later: [])

    static let pin = KeyTable(owner: "a pin", known: ["when", "upstream"], later: [])

    static let when = KeyTable(
        owner: "`when`",
        known: [
            "header", "cookie", "query", "client", "method", "path_prefix", "host", "server_name",
            "not",
        ],
        later: [])

    static let upgrade = KeyTable(owner: "`upgrade`", known: ["watch", "smoke"], later: [])

    static let smokeRequest = KeyTable(
        owner: "a smoke request", known: ["method", "path", "headers", "compare"], later: [])

    static let smokeComparison = KeyTable(
        owner: "`compare`", known: ["status", "fields", "json", "ignore"], later: [])

    static let control = KeyTable(
        owner: "control", known: ["socket", "mode", "group"], later: [])

    static let admin = KeyTable(
        owner: "admin", known: ["address", "tokens", "hosts", "read", "tls"], later: [])

    static let adminTLS = KeyTable(
        owner: "`tls` of admin", known: ["certificate", "key"], later: [])

    static let token = KeyTable(owner: "a token", known: ["name", "file", "role"], later: [])

    static let accessLog = KeyTable(
        owner: "`access_log`", known: ["to", "format"], later: [])

    static let log = KeyTable(owner: "log", known: ["level"], later: ["format"])

    /// The key that a text is or probably means; nil when it is like none.
    func meant(by key: String) -> String? {
        let keys = known + later
        return keys.contains(key) ? key : NearestWord.of(key, among: keys)
    }

    /// What is wrong with a key that does not work.
    func complaint(about key: String) -> String {
        if later.contains(key) { return "\(quoted(key)) is not supported yet" }
        let wrong = "\(quoted(key)) is not a key of \(owner)"
        if let colon = key.firstIndex(of: ":"), known.contains(String(key[..<colon])) {
            return "\(wrong); expected a space behind the colon of `\(key[..<colon])`"
        }
        if let meant = meant(by: key) { return "\(wrong); did you mean `\(meant)`?" }
        return "\(wrong); expected \(known.joined(separator: ", "))"
    }
}
