/// The keys of upstreams.
extension KeyTable {
    static let upstream = KeyTable(
        owner: "an upstream", at: "upstreams.NAME",
        keys: [
            SettingKey(
                "targets",
                .list(
                    .either([.address, .table("upstreams.NAME.targets[]")]),
                    1...Limits.targetsOfUpstream),
                is: "the addresses of the cluster",
                values: """
                    a list of 1 to 1,000, each an address or a mapping: `[127.0.0.1:9001, \
                    {address: "kong-x-1:8000", weight: 2}]`
                    """),
            SettingKey(
                "timeouts", .table("upstreams.NAME.timeouts"),
                is: "how long targets may take",
                values: "a mapping",
                preset: "its presets"),
            SettingKey(
                "limits", .table("upstreams.NAME.limits"),
                is: "how much they are asked for",
                values: "a mapping",
                preset: "its presets"),
            SettingKey(
                "retries", .table("upstreams.NAME.retries"),
                is: "how often a request is sent again",
                values: "a mapping",
                preset: "its presets"),
            SettingKey(
                "health", .either([.kindOfHealth, .table("upstreams.NAME.health")]),
                is: "how targets are checked",
                values: "a mapping, or its kind: `http`, `tcp`, `kong`",
                preset: "none: not at all"),
            SettingKey(
                "ejection", .table("upstreams.NAME.ejection"),
                is: "when a target is passed over for what its traffic shows",
                values: "a mapping; `{}` takes its presets",
                preset: "none: never"),
            SettingKey(
                "slow_start", .duration(from: 0),
                is: "a target that comes back gets its full weight after so long",
                values: "`0s` (at once) to `24h`",
                preset: "`0s`"),
            SettingKey(
                "resolve_interval", .duration(from: 1),
                is: "names of targets are looked up again so often",
                values: "`1s` to `24h`",
                preset: "`10s`"),
            SettingKey(
                "kong", .flag,
                is: """
                    the targets are Kongs: their answers are asked who made them \
                    ([kong-verdicts.md](kong-verdicts.md))
                    """,
                values: "`true`, `false`",
                preset: "`false`"),
            SettingKey(
                "admin", .table("upstreams.NAME.admin"),
                is: "where Kong's Admin API is, for the [tripwire](tripwire.md)",
                values: "a mapping",
                preset: "none: it is not looked at"),
            SettingKey(
                "tls", .table("upstreams.NAME.tls"),
                is: "the TLS that is spoken to targets ([tls.md](tls.md))",
                values: "a mapping; `{}` takes its presets",
                preset: "none: plain HTTP"),
            SettingKey(
                "protocol", .words(["http1", "http2", "auto"]),
                is: """
                    the HTTP that targets are spoken to in, on checks too; `auto`: what each of \
                    them chooses by ALPN, without `tls` HTTP/1.1. `http2` and `auto` go without \
                    `send_proxy_protocol` ([http2.md](http2.md))
                    """,
                values: "`http1`, `http2`, `auto`",
                preset: "`http1`"),
            SettingKey(
                "send_proxy_protocol", .words(["off", "v1", "v2"]),
                is: """
                    the header of the PROXY protocol that targets are sent first, on checks too \
                    ([proxy-protocol.md](proxy-protocol.md))
                    """,
                values: "`off`, `v1`, `v2`",
                preset: "`off`"),
        ])

    static let upstreamTLS = KeyTable(
        owner: "`tls` of an upstream", at: "upstreams.NAME.tls",
        keys: [
            SettingKey(
                "verify", .flag,
                is: "whether a target's certificate must be good, and for its name",
                values: "`true`, `false`",
                preset: "`true`"),
            SettingKey(
                "ca", .path,
                is: "the file of the authorities that are trusted; only with verification",
                values: "a path such as `ca.pem`",
                preset: "none: those of the system"),
            SettingKey(
                "server_name", .text,
                is: "the name that is asked for, and that the certificate must have",
                values: "a name such as `kong.example.com`",
                preset: "none: the target's own, a name or an address"),
            SettingKey(
                "client_certificate", .path,
                is: "the file of what is shown to a target that asks for it, its chain behind it",
                values: "a path such as `sluice.pem`",
                preset: "none: nothing; with client_key"),
            SettingKey(
                "client_key", .path,
                is: "the file of its private key",
                values: "a path such as `sluice.key`",
                preset: "none; with client_certificate"),
        ])

    static let target = KeyTable(
        owner: "a target", at: "upstreams.NAME.targets[]",
        keys: [
            SettingKey(
                "address", .address,
                is: "where it is; a name stands for all its addresses",
                values: #"HOST:PORT, such as `127.0.0.1:9001`, `kong-x-1:8000`, `"[::1]:9001"`"#),
            SettingKey(
                "weight", .whole(1...Limits.targetWeight),
                is: "its part of the upstream's traffic against the others",
                values: "`1` to `1000000`",
                preset: "`1`"),
        ])

    static let upstreamTimeouts = KeyTable(
        owner: "`timeouts` of an upstream", at: "upstreams.NAME.timeouts",
        keys: [
            SettingKey(
                "connect", .duration(from: 1),
                is: "to connect to a target, its handshake of TLS included",
                values: "`1ms` to `24h`",
                preset: "`5s`"),
            SettingKey(
                "response", .duration(from: 1),
                is: "from the request's last byte to the answer's head",
                values: "`1ms` to `24h`",
                preset: "`75s`"),
            SettingKey(
                "idle", .duration(from: 1),
                is: """
                    between two pieces of an answer's body; while the target takes nothing of \
                    the request
                    """,
                values: "`1ms` to `24h`",
                preset: "`75s`"),
            SettingKey(
                "keepalive", .duration(from: 1),
                is: "an idle connection is kept so long: less than the target keeps it",
                values: "`1ms` to `24h`",
                preset: "`50s`"),
            SettingKey(
                "total", .duration(from: 1),
                is: "from a request's head to the last byte of its answer; not for tunnels",
                values: "`1ms` to `24h`",
                preset: "none: any time"),
            SettingKey(
                "ping", .duration(from: 1),
                is: """
                    a connection of HTTP/2 with open streams is asked so often for a sign of life, \
                    and closed when none came since the last time
                    """,
                values: "`1ms` to `24h`",
                preset: "none: never"),
        ])

    static let upstreamLimits = KeyTable(
        owner: "`limits` of an upstream", at: "upstreams.NAME.limits",
        keys: [
            SettingKey(
                "inflight_per_target", .whole(Limits.inflight),
                is: "exchanges at one target at once, over all workers; others wait",
                values: "`1` to `1000000`",
                preset: "none: any number"),
            SettingKey(
                "queue", .whole(Limits.queue),
                is: "so many may wait for a place, over all workers; one more is refused",
                values: "`0` (nobody waits) to `1000000`",
                preset: "`1000`"),
            SettingKey(
                "queue_timeout", .duration(from: 1),
                is: "and so long",
                values: "`1ms` to `24h`",
                preset: "`5s`"),
            SettingKey(
                "requests_per_connection", .whole(Limits.requestsPerConnection),
                is: "so many requests go over a connection before it is closed",
                values: "`1` to `1000000000`",
                preset: "none: as many as the target allows"),
        ])

    static let retries = KeyTable(
        owner: "`retries`", at: "upstreams.NAME.retries",
        keys: [
            SettingKey(
                "count", .whole(Limits.retries),
                is: "attempts after the first one that an exchange may make within the upstream",
                values: "`0` to `10`",
                preset: "`2`"),
            SettingKey(
                "budget", .percent(0...100),
                is: """
                    requests that may be sent again, of all of the upstream's; attempts to \
                    connect are free
                    """,
                values: "`0%` to `100%`",
                preset: "`20%`"),
        ])

    static let health = KeyTable(
        owner: "`health`", at: "upstreams.NAME.health",
        keys: [
            SettingKey(
                "kind", .kindOfHealth,
                is: "what is asked",
                values: "`http`, `tcp`, `kong`"),
            SettingKey(
                "port", .whole(1...65_535),
                is: "the port that is asked",
                values: "`1` to `65535`",
                preset: "the target's own"),
            SettingKey(
                "path", .requestPath,
                is: "the request's target; http only",
                values: """
                    a slash and ASCII without spaces and number signs, at most 1,024 bytes, such \
                    as `/status?full=1`
                    """,
                preset: "`/`"),
            SettingKey(
                "method", .words(["GET", "HEAD", "OPTIONS"]),
                is: "the request's method; http only",
                values: "`GET`, `HEAD`, `OPTIONS`",
                preset: "`GET`"),
            SettingKey(
                "interval", .duration(from: 1),
                is: "from the begin of one check to the begin of the next",
                values: "`100ms` to `24h`",
                preset: "`5s`"),
            SettingKey(
                "timeout", .duration(from: 1),
                is: "for one check",
                values: "`1ms` to the interval",
                preset: "`2s`, or the interval if that is less"),
            SettingKey(
                "rise", .whole(Limits.checksInARow),
                is: "so many good checks in a row bring a target back",
                values: "`1` to `100`",
                preset: "`2`"),
            SettingKey(
                "fall", .whole(Limits.checksInARow),
                is: "so many bad ones take it out",
                values: "`1` to `100`",
                preset: "`3`"),
            SettingKey(
                "expect", .table("upstreams.NAME.health.expect"),
                is: "what a sound target answers; http only",
                values: "a mapping",
                preset: "its presets"),
        ])

    static let expectation = KeyTable(
        owner: "`expect`", at: "upstreams.NAME.health.expect",
        keys: [
            SettingKey(
                "status", .some(.status, 1...Limits.statusRanges),
                is: "the statuses of a sound target, from 200 to 599",
                values: """
                    a status, a range or a list of up to 32: `204`, `200-299`, `[200-399, 404]`
                    """,
                preset: "`200-399`"),
            SettingKey(
                "json", .text,
                is: "a value that must stand in the answer's JSON; with GET only",
                values: """
                    a path of names and true, false, null, a number or a text in double quotes: \
                    `database.reachable == true`, `'state == "ok"'`
                    """,
                preset: "none: the body is not looked at"),
        ])

    static let ejection = KeyTable(
        owner: "`ejection`", at: "upstreams.NAME.ejection",
        keys: [
            SettingKey(
                "consecutive", .whole(Limits.failuresInARow),
                is: "so many failures in a row eject a target",
                values: "`1` to `1000`",
                preset: "`5`"),
            SettingKey(
                "base", .duration(from: 1),
                is: "the first ejection lasts so long, the second twice as long, and so on",
                values: "`1ms` to `24h`",
                preset: "`30s`"),
            SettingKey(
                "max_share", .percent(1...100),
                is: "at most so many of the targets are ejected at once",
                values: "`1%` to `100%`",
                preset: "`50%`"),
        ])

    static let upstreamAdmin = KeyTable(
        owner: "`admin` of an upstream", at: "upstreams.NAME.admin",
        keys: [
            SettingKey(
                "url", .url,
                is: """
                    the Admin API's address, with a path if it has one; of one node, or of all \
                    behind a name
                    """,
                values: """
                    `http://127.0.0.1:8001`, `https://kong-x-admin:8444`, \
                    `http://gateway:8001/admin-api`
                    """),
            SettingKey(
                "token_file", .path,
                is: "the file with what is sent as Kong-Admin-Token",
                values: "a path such as `secrets/x.token`",
                preset: "none: nothing is sent"),
            SettingKey(
                "ca", .path,
                is: """
                    certificates, as PEM, that the server's is checked against; with https:// \
                    only
                    """,
                values: "a path such as `ca.pem`",
                preset: "none: those that the system trusts"),
            SettingKey(
                "interval", .duration(from: 1),
                is: "from the begin of one reading to the begin of the next",
                values: "`1s` to `24h`",
                preset: "`30s`"),
        ])
}
