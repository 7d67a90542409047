/// The keys of whom metrics are pushed to.
extension KeyTable {
    static let statsd = KeyTable(
        owner: "`statsd`", at: "statsd",
        keys: [
            SettingKey(
                "address", .address,
                is: "who is told, over UDP",
                values: "HOST:PORT, such as `127.0.0.1:8125`"),
            SettingKey(
                "prefix", .name,
                is: "what every name begins with",
                values: """
                    up to 64 letters, digits, underscores, hyphens and dots, such as `edge.sluice`
                    """,
                preset: "`sluice`"),
            SettingKey(
                "format", .words(StatsDSettings.Format.allCases.map(\.rawValue)),
                is: "what the receiver understands",
                values: "`statsd`: labels in names; `dogstatsd`: labels as tags",
                preset: "`statsd`"),
            SettingKey(
                "interval", .duration(from: Limits.statsDIntervalMilliseconds),
                is: "from one push to the next",
                values: "`1s` to `24h`",
                preset: "`10s`"),
            SettingKey(
                "tags", .named(.text, 0...Limits.tags),
                is: "what every metric has besides its own labels, up to 16",
                values: "texts by name: `{env: prod, zone: eu-1}`",
                preset: "`{}`"),
            SettingKey(
                "datagram", .size,
                is: "the size of a datagram at most",
                values: "`512` to `65507`",
                preset: "`1432`"),
        ],
        example: "{address: \"127.0.0.1:8125\"}")
}
