/// The keys of the file itself, and of what stands below none of its names.
extension KeyTable {
    static let top = KeyTable(
        owner: "the file", at: "",
        keys: [
            SettingKey(
                "listeners", .byName(.table("listeners.NAME"), Limits.listeners),
                is: "where Sluice accepts",
                values: "1 to 64 by name"),
            SettingKey(
                "upstreams", .byName(.table("upstreams.NAME"), Limits.upstreams),
                is: "the clusters that get the traffic",
                values: "1 to 1,000 by name"),
            SettingKey(
                "splits", .byName(.split, Limits.splits),
                is: "how the traffic is divided",
                values: "1 to 1,000 by name"),
            SettingKey(
                "weights_file", .path,
                is: "the weights again, in a file that is watched",
                values: "a path such as `weights.yaml`",
                preset: "none: those of the splits count"),
            SettingKey(
                "state_dir", .path,
                is: """
                    the folder of what must survive a restart; it stays while a rollout is under \
                    way
                    """,
                values: "a path such as `state`",
                preset: "none: nothing survives"),
            SettingKey(
                "control", .table("control"),
                is: "the control socket",
                values: "a mapping",
                preset: "none: no socket",
                reload: "no"),
            SettingKey(
                "admin", .table("admin"),
                is: "metrics and health over TCP",
                values: "a mapping",
                preset: "none: no address",
                reload: "no"),
            SettingKey(
                "access_log", .either([.table("access_log"), .destination]),
                is: "where each exchange is written down",
                values: "a mapping, or its place: `stdout`, `logs/access.log`",
                preset: "none: nowhere",
                reload: "yes, the file is opened anew"),
            SettingKey(
                "workers", .whole(0...Limits.workers),
                is: "threads that carry traffic; 0 is one per CPU",
                values: "`0` to `1024`",
                preset: "`0`",
                reload: "no"),
            SettingKey(
                "shutdown_grace", .duration(from: 0),
                is: "then exchanges have so long to finish",
                values: "`0s` to `24h`",
                preset: "`30s`",
                reload: "no"),
            SettingKey(
                "shutdown_delay", .duration(from: 0),
                is: "accepting goes on so long after the stop signal",
                values: "`0s` to `24h`",
                preset: "`0s`",
                reload: "no"),
            SettingKey(
                "log", .table("log"),
                is: "the log on stderr ([logging.md](logging.md))",
                values: "a mapping",
                preset: "its presets"),
            SettingKey(
                "user", .identity,
                is: """
                    who the process becomes when root has started it ([service.md](service.md))
                    """,
                values: "a name, or a number such as `65534`",
                preset: "none: it stays who it is",
                reload: "no"),
            SettingKey(
                "group", .identity,
                is: "the group that it has then; `user` goes with it",
                values: "a name, or a number such as `65534`",
                preset: "that of the user",
                reload: "no"),
            SettingKey(
                "statsd", .table("statsd"),
                is: "whom metrics are pushed to ([statsd.md](statsd.md))",
                values: "a mapping",
                preset: "none: nobody"),
            SettingKey(
                "otlp", .table("otlp"),
                is: "whom traces are told ([traces.md](traces.md))",
                values: "a mapping",
                preset: "none: nobody, and what clients say of traces passes through"),
        ])

    static let control = KeyTable(
        owner: "control", at: "control",
        keys: [
            SettingKey(
                "socket", .path,
                is: "the socket's path",
                values: "a path of at most 107 bytes, such as `sluice.sock`",
                reload: "no"),
            SettingKey(
                "mode", .permissions,
                is: "who may use it",
                values: #"permission bits in octal: `"0600"`, `"0660"`"#,
                preset: #"`"0600"`"#,
                reload: "no"),
            SettingKey(
                "group", .text,
                is: "the group that it belongs to",
                values: "a name, such as `kong`",
                preset: "that of the process",
                reload: "no"),
        ])

    static let admin = KeyTable(
        owner: "admin", at: "admin",
        keys: [
            SettingKey(
                "address", .address,
                is: "where it listens",
                values: "HOST:PORT, such as `127.0.0.1:9901`",
                reload: "no"),
            SettingKey(
                "tokens", .list(.table("admin.tokens[]"), 0...Limits.tokens),
                is: "who may change things there",
                values: "a list of up to 64 mappings: `[{name: ops, file: ops.token}]`",
                preset: "`[]`: nobody"),
            SettingKey(
                "hosts", .list(.name, 0...Limits.adminHosts),
                is: """
                    names besides its own by which browsers may ask for it; IP addresses and \
                    localhost may always
                    """,
                values: "a list of up to 64 names: `[sluice.example.com]`",
                preset: "`[]`"),
            SettingKey(
                "read", .words(["anybody", "token"]),
                is: """
                    who may look: `token` needs one, but for `/metrics`, `/healthz`, `/readyz` and \
                    the page's own files
                    """,
                values: "`anybody`, `token`",
                preset: "`anybody`"),
            SettingKey(
                "tls", .table("admin.tls"),
                is: "the certificate that it speaks TLS with",
                values: "a mapping: `{certificate: admin.pem, key: admin.key}`",
                preset: "none: it speaks plain HTTP",
                reload: "no, but its files are read anew"),
        ])

    static let adminTLS = KeyTable(
        owner: "`tls` of admin", at: "admin.tls",
        keys: [
            SettingKey(
                "certificate", .path,
                is: "the certificate and those who signed it, in PEM",
                values: "a path, such as `admin.pem`",
                reload: "yes, the file is read anew"),
            SettingKey(
                "key", .path,
                is: "its key, in PEM",
                values: "a path, such as `admin.key`",
                reload: "yes, the file is read anew"),
        ])

    static let token = KeyTable(
        owner: "a token", at: "admin.tokens[]",
        keys: [
            SettingKey(
                "name", .name,
                is: "what the audit calls who has it",
                values: "a name, such as `ops`"),
            SettingKey(
                "file", .path,
                is: """
                    the file that holds it, one line of 16 to 4,096 visible characters; or its \
                    hash, as `sluice token` writes it
                    """,
                values: "a path, such as `ops.token`",
                reload: "yes, the file is read anew"),
            SettingKey(
                "role", .words(["read", "write"]),
                is: "what it lets do",
                values: "`read`, `write`",
                preset: "`write`"),
        ])

    static let accessLog = KeyTable(
        owner: "`access_log`", at: "access_log",
        keys: [
            SettingKey(
                "to", .destination,
                is: "where lines go",
                values: """
                    `stdout`, or a path with a slash or a dot in it: `logs/access.log`, \
                    `./access`
                    """),
            SettingKey(
                "format", .words(["json", "combined"]),
                is: "how they are written",
                values: "`json`: an object a line; `combined`: as web servers have it",
                preset: "`json`"),
        ])

    static let log = KeyTable(
        owner: "log", at: "log",
        keys: [
            SettingKey(
                "level", .words(LogLevel.allCases.map(\.rawValue)),
                is: "the least important level that is logged",
                values: "`trace`, `debug`, `info`, `notice`, `warning`, `error`, `critical`",
                preset: "`info`"),
            SettingKey(
                "format", .words(LogFormat.allCases.map(\.rawValue)),
                is: "how a message is written",
                values: "`text`: a line for people; `json`: an object a line",
                preset: "`text`"),
        ])
}
