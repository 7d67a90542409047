/// The keys of listeners.
extension KeyTable {
    static let listener = KeyTable(
        owner: "a listener", at: "listeners.NAME",
        keys: [
            SettingKey(
                "address", .address,
                is: "where it listens",
                values: """
                    HOST:PORT, such as `127.0.0.1:8000`, `"[::]:8000"`, `"*:8000"`; port 0 is a \
                    free one
                    """),
            SettingKey(
                "mode", .words(["http", "tcp"]),
                is: "what is split",
                values: """
                    `http`: requests, each for itself; `tcp`: connections, whatever is said on \
                    them ([tcp.md](tcp.md))
                    """,
                preset: "`http`"),
            SettingKey(
                "split", .name,
                is: "the split of the requests that no route takes",
                values: "its name",
                preset: "must be there, unless the last of the routes says it"),
            SettingKey(
                "routes", .list(.table("listeners.NAME.routes[]"), 1...Limits.routesOfListener),
                is: "requests that go through other splits",
                values: """
                    a list of 1 to 64 mappings, the first that holds counts: `[{when: \
                    {path_prefix: /v2}, split: kong}]`
                    """,
                preset: "none: all go through one"),
            SettingKey(
                "trusted_proxies", .list(.addressRange, nil),
                is: "clients whose X-Forwarded-For and its kin are believed",
                values: #"a list of address ranges: `[10.0.0.0/8, "::1"]`"#,
                preset: "`[]`"),
            SettingKey(
                "timeouts", .table("listeners.NAME.timeouts"),
                is: "how long clients may take",
                values: "a mapping",
                preset: "its presets"),
            SettingKey(
                "limits", .table("listeners.NAME.limits"),
                is: "how much is taken of them",
                values: "a mapping",
                preset: "its presets"),
            SettingKey(
                "guard", .table("listeners.NAME.guard"),
                is: "what is refused while a split is frozen ([freeze.md](freeze.md))",
                values: "a mapping",
                preset: "none: nothing"),
            SettingKey(
                "expose_upstream", .flag,
                is: "whether answers tell in X-Sluice-Upstream which upstream gave them",
                values: "`true`, `false`",
                preset: "`false`"),
            SettingKey(
                "tls", .table("listeners.NAME.tls"),
                is: "the TLS that it speaks ([tls.md](tls.md))",
                values: "a mapping",
                preset: "none: plain HTTP",
                reload: "yes, for new connections"),
            SettingKey(
                "protocol", .words(["auto", "http1"]),
                is: """
                    the HTTP that its clients may speak; `auto`: HTTP/2 or HTTP/1.1, as they \
                    choose ([http2.md](http2.md))
                    """,
                values: "`auto`, `http1`",
                preset: "`auto`",
                reload: "yes, for new connections"),
            SettingKey(
                "proxy_protocol", .words(["off", "required"]),
                is: """
                    whether each connection begins with a header of the PROXY protocol, sent by \
                    one of `trusted_proxies` ([proxy-protocol.md](proxy-protocol.md))
                    """,
                values: "`off`, or required",
                preset: "`off`"),
        ])

    static let route = KeyTable(
        owner: "a route", at: "listeners.NAME.routes[]",
        keys: [
            SettingKey(
                "when", .table("splits.NAME.pins[].when"),
                is: "which requests",
                values: "a mapping, the same as that of a [pin](#splitsnamepinswhen)",
                preset: "must be there; the last route may do without, and takes all others"),
            SettingKey(
                "split", .name,
                is: "the split that they go through",
                values: "its name, such as `kong`"),
        ])

    static let listenerGuard = KeyTable(
        owner: "`guard`", at: "listeners.NAME.guard",
        keys: [
            SettingKey(
                "kind", .words(["kong_admin"]),
                is: "what counts as writing",
                values: """
                    `kong_admin`: what Kong's Admin API takes for one, and all that is not known
                    """),
            SettingKey(
                "split", .name,
                is: "the split whose freeze it obeys",
                values: "its name"),
            SettingKey(
                "upstream", .name,
                is: "the member of that split whose Admin API it is",
                values: "its name"),
            SettingKey(
                "allow", .list(.allowedRequest, 0...Limits.allowedRequests),
                is: "what passes besides, by method and exact path",
                values: "a list of up to 100: `[DELETE /cache, POST /consumers/test]`",
                preset: "`[]`"),
        ])

    static let listenerTLS = KeyTable(
        owner: "`tls` of a listener", at: "listeners.NAME.tls",
        keys: [
            SettingKey(
                "certificates",
                .list(
                    .table("listeners.NAME.tls.certificates[]"), 1...Limits.certificatesOfListener),
                is: """
                    what is shown to clients, chosen by the name that they ask for; the first \
                    one for other names
                    """,
                values: "a list of 1 to 256 mappings: `[{certificate: a.pem, key: a.key}]`"),
            SettingKey(
                "profile", .words(["modern", "intermediate"]),
                is: "how old a client may be: TLS 1.3 alone, or 1.2 as well",
                values: "`modern`, `intermediate`",
                preset: "`intermediate`"),
            SettingKey(
                "client_ca", .path,
                is: "the file of those who sign clients' certificates",
                values: "a path such as `clients.pem`",
                preset: "none: nobody does"),
            SettingKey(
                "verify", .words(["none", "optional", "required"]),
                is: "whether clients show certificates; one that is shown must be good",
                values: "`none`, `optional`, `required`; the last two only with client_ca",
                preset: "`required` with client_ca, else none"),
            SettingKey(
                "unknown_name", .words(["default", "refuse"]),
                is: """
                    what a client gets that asks for a name that no certificate is for, or for \
                    none
                    """,
                values: "`default`: the first certificate; `refuse`: an alert",
                preset: "`default`"),
            SettingKey(
                "ticket_keys", .path,
                is: """
                    the file of the keys of session tickets, 80 random bytes each; the first one \
                    seals
                    """,
                values: "a path such as `tickets.key`",
                preset: "none: keys of the process, changed each hour"),
        ])

    static let certificate = KeyTable(
        owner: "a certificate", at: "listeners.NAME.tls.certificates[]",
        keys: [
            SettingKey(
                "certificate", .path,
                is: "the file of the certificate, its chain behind it, in PEM",
                values: "a path such as `api.pem`"),
            SettingKey(
                "key", .path,
                is: "the file of its private key, in PEM, without a password",
                values: "a path such as `api.key`"),
            SettingKey(
                "ocsp_staple", .path,
                is: "the file of the OCSP response that goes with it, in DER",
                values: "a path such as `api.ocsp`",
                preset: "none: nothing is stapled"),
            SettingKey(
                "names", .list(.text, nil),
                is: "the names that it is shown for",
                values: #"a list: `[api.example.com]`, `["*.example.com"]`"#,
                preset: "none: all that it has"),
        ])

    static let listenerTimeouts = KeyTable(
        owner: "`timeouts` of a listener", at: "listeners.NAME.timeouts",
        keys: [
            SettingKey(
                "handshake", .duration(from: 1),
                is: """
                    for what comes before a request: a PROXY header, a ClientHello, a handshake \
                    of TLS
                    """,
                values: "`1ms` to `24h`",
                preset: "`10s`"),
            SettingKey(
                "head", .duration(from: 1),
                is: "from the first byte of a head to its last, in however many pieces it comes",
                values: "`1ms` to `24h`",
                preset: "`10s`"),
            SettingKey(
                "body_idle", .duration(from: 1),
                is: """
                    between two pieces of a request's body; while the client takes nothing of \
                    its answer
                    """,
                values: "`1ms` to `24h`",
                preset: "`30s`"),
            SettingKey(
                "keepalive", .duration(from: 1),
                is: "an idle connection is kept so long, also one that has not sent anything yet",
                values: "`1ms` to `24h`",
                preset: "`75s`"),
            SettingKey(
                "tunnel", .duration(from: 1),
                is: """
                    a tunnel (WebSocket, say), or a connection through a tcp listener, in which \
                    nothing moves is kept so long
                    """,
                values: "`1ms` to `24h`",
                preset: "`10m`"),
            SettingKey(
                "lifetime", .duration(from: 1),
                is: "a connection through a tcp listener is closed when it is so old",
                values: "`1ms` to `24h`",
                preset: "none: any age"),
            SettingKey(
                "ping", .duration(from: 1),
                is: """
                    a client of HTTP/2 with open streams is asked so often for a sign of life, and \
                    its connection closed when none came since the last time
                    """,
                values: "`1ms` to `24h`",
                preset: "none: never"),
        ])

    static let listenerLimits = KeyTable(
        owner: "`limits` of a listener", at: "listeners.NAME.limits",
        keys: [
            SettingKey(
                "connections", .whole(Limits.connections),
                is: "client connections at once, over all workers",
                values: "`1` to `1000000`",
                preset: "none: as many as there are descriptors"),
            SettingKey(
                "connections_per_client", .whole(Limits.connections),
                is: "those of one client address, over all workers",
                values: "`1` to `1000000`, at most connections",
                preset: "none: any number"),
            SettingKey(
                "head", .size,
                is: "the size of a request's head",
                values: "`1KiB` to `64KiB`",
                preset: "`64KiB`"),
            SettingKey(
                "fields", .whole(Limits.fields),
                is: "the field lines of a head",
                values: "`1` to `200`",
                preset: "`200`"),
            SettingKey(
                "uri", .size,
                is: "the size of a request's target, which is a part of the head",
                values: "`256` to `64KiB`, at most head",
                preset: "`16KiB`, or head if that is less"),
            SettingKey(
                "body", .size,
                is: "the size of a request's body",
                values: "`0` to `1024GiB`",
                preset: "none: any size"),
        ])
}
