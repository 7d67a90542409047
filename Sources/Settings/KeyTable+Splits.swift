/// The keys of splits.
extension KeyTable {
    static let split = KeyTable(
        owner: "a split", at: "splits.NAME",
        keys: [
            SettingKey(
                "weights", .weights,
                is: "the share of each upstream is its weight / their sum",
                values: """
                    1 to 64 weights by upstream, each 0 to 1,000,000 with at most two decimals: \
                    `{x: 90, y: 10}`, `{x: 33.33, y: 0}`
                    """),
            SettingKey(
                "stable", .name,
                is: "where a rollback leads",
                values: "one of them",
                preset: "the first that is no candidate"),
            SettingKey(
                "candidate", .name,
                is: "what is being introduced",
                values: "another of them",
                preset: "of two the other one, else none"),
            SettingKey(
                "sticky", .table("splits.NAME.sticky"),
                is: "how clients are kept at their upstreams",
                values: "a mapping",
                preset: "none: each request is chosen for by itself"),
            SettingKey(
                "pins", .list(.table("splits.NAME.pins[]"), 1...Limits.pinsOfSplit),
                is: "requests that always go to one upstream",
                values: """
                    a list of 1 to 64 mappings, the first that holds counts: `[{when: {header: \
                    {X-Sluice-Upstream: y}, client: 10.0.0.0/8}, upstream: y}]`
                    """,
                preset: "none"),
            SettingKey(
                "upgrade", .table("splits.NAME.upgrade"),
                is: "what its [upgrades](tripwire.md#the-checklist) are made of",
                values: "a mapping",
                preset: "its presets"),
        ])

    static let sticky = KeyTable(
        owner: "`sticky`", at: "splits.NAME.sticky",
        keys: [
            SettingKey(
                "by", .some(.stickyKey, 1...Limits.stickyKeys),
                is: "the first of these that a request has tells its client from others",
                values: """
                    1 to 8, as a list or one alone: `[header:apikey, header:authorization, \
                    cookie:session, client_ip]`, `client_ip`, which is always there and thus \
                    last
                    """),
            SettingKey(
                "secret", .text,
                is: "what makes positions of keys, the same on every Sluice; never shown",
                values: "a text of 16 to 1,024 bytes, best out of a variable"),
        ])

    static let pin = KeyTable(
        owner: "a pin", at: "splits.NAME.pins[]",
        keys: [
            SettingKey(
                "when", .table("splits.NAME.pins[].when"),
                is: "which requests",
                values: "a mapping"),
            SettingKey(
                "upstream", .name,
                is: "where they go, at whatever weight",
                values: "a member of the split, such as `y`"),
        ])

    static let when = KeyTable(
        owner: "`when`", at: "splits.NAME.pins[].when",
        keys: [
            SettingKey(
                "header", .named(.some(.text, 1...Limits.valuesOfCondition), nil),
                is: "fields of the request",
                values: """
                    names with a text, a list of texts, or true for any: `{X-Sluice-Upstream: \
                    y}`, `{X-Env: [a, b], X-Beta: true}`
                    """,
                preset: "none: not asked"),
            SettingKey(
                "cookie", .named(.some(.text, 1...Limits.valuesOfCondition), nil),
                is: "cookies",
                values: #"the same: `{beta: true}`, `{beta: "1"}`"#,
                preset: "none: not asked"),
            SettingKey(
                "query", .named(.some(.text, 1...Limits.valuesOfCondition), nil),
                is: "parameters of the query",
                values: "the same: `{version: [2, 3]}`",
                preset: "none: not asked"),
            SettingKey(
                "client", .some(.addressRange, 1...Limits.valuesOfCondition),
                is: "who asks, behind trusted proxies",
                values: #"address ranges: `10.0.0.0/8`, `[127.0.0.1, "fd00::/8"]`"#,
                preset: "none: not asked"),
            SettingKey(
                "method", .some(.method, 1...Limits.valuesOfCondition),
                is: "the method",
                values: "one or several: `GET`, `[GET, HEAD]`",
                preset: "none: not asked"),
            SettingKey(
                "path_prefix", .some(.requestPath, 1...Limits.valuesOfCondition),
                is: "the path, or one that it is below",
                values: "one or several: `/v2`, `[/v2, /beta/]`",
                preset: "none: not asked"),
            SettingKey(
                "host", .some(.text, 1...Limits.valuesOfCondition),
                is: "the host that the request is for, without a port",
                values: #"one or several: `api.example.com`, `["*.example.com", "[::1]"]`"#,
                preset: "none: not asked"),
            SettingKey(
                "server_name", .some(.text, 1...Limits.valuesOfCondition),
                is: "the name that a TLS client asks for; at tcp listeners only",
                values: #"one or several: `a.example.com`, `["*.example.com", a.example]`"#,
                preset: "none: not asked"),
            SettingKey(
                "not", .table("splits.NAME.pins[].when"),
                is: "all of this does not hold",
                values: "a mapping of the same keys, but for this one: `{method: GET}`",
                preset: "none: not asked"),
        ])

    static let upgrade = KeyTable(
        owner: "`upgrade`", at: "splits.NAME.upgrade",
        keys: [
            SettingKey(
                "watch", .duration(from: 0),
                is: "the candidate is watched so long after the end",
                values: "`0s` to `24h`",
                preset: "`24h`"),
            SettingKey(
                "smoke", .list(.table("splits.NAME.upgrade.smoke[]"), 0...Limits.smokeRequests),
                is: "requests that both sides are asked, to compare the answers",
                values: "a list of up to 64: `[{path: /}]`",
                preset: "`[]`"),
        ])

    static let smokeRequest = KeyTable(
        owner: "a smoke request", at: "splits.NAME.upgrade.smoke[]",
        keys: [
            SettingKey(
                "method", .words(["GET", "HEAD", "OPTIONS"]),
                is: "the request's method",
                values: "`GET`, `HEAD`, `OPTIONS`",
                preset: "`GET`"),
            SettingKey(
                "path", .requestPath,
                is: "the request's target",
                values: """
                    a slash and ASCII without spaces and number signs, at most 1,024 bytes, such \
                    as `/orders?limit=1`
                    """),
            SettingKey(
                "headers", .named(.text, 0...Limits.smokeHeaders),
                is: "the fields that it is sent with, up to 32",
                values: "values by name: `{host: api.example.com, apikey: k}`",
                preset: "`{}`"),
            SettingKey(
                "compare", .table("splits.NAME.upgrade.smoke[].compare"),
                is: "what of the two answers must be alike",
                values: "a mapping",
                preset: "its presets"),
        ])

    static let smokeComparison = KeyTable(
        owner: "`compare`", at: "splits.NAME.upgrade.smoke[].compare",
        keys: [
            SettingKey(
                "status", .flag,
                is: "the statuses",
                values: "`true`, `false`",
                preset: "`true`"),
            SettingKey(
                "fields", .list(.text, 0...Limits.smokeFields),
                is: "fields of the answers, up to 32",
                values: "a list of names: `[content-type]`",
                preset: "`[]`"),
            SettingKey(
                "json", .flag,
                is: "the bodies as JSON; not with HEAD",
                values: "`true`, `false`",
                preset: "`false`"),
            SettingKey(
                "ignore", .list(.text, 0...Limits.smokeIgnoredPaths),
                is: """
                    places in the JSON that may differ, up to 64; an asterisk is any name or \
                    place
                    """,
                values: "a list of paths: `[now, items.*.id]`",
                preset: "`[]`"),
        ])
}
