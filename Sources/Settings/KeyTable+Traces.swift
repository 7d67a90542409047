/// The keys of whom traces are told.
extension KeyTable {
    static let otlp = KeyTable(
        owner: "`otlp`", at: "otlp",
        keys: [
            SettingKey(
                "endpoint", .url,
                is: "where spans are sent, over OTLP/HTTP as JSON",
                values: """
                    an address over http or https, such as `http://127.0.0.1:4318/v1/traces`; \
                    without a path that one is meant
                    """),
            SettingKey(
                "service_name", .text,
                is: "what the spans' service is called",
                values: "up to 200 bytes, such as `edge`",
                preset: "`sluice`"),
            SettingKey(
                "sample", .share,
                is: """
                    how many of the requests are traced whose clients send no traceparent; those \
                    of the others as it says
                    """,
                values: "`0%` to `100%`, such as `0.5%`",
                preset: "`1%`"),
            SettingKey(
                "headers_file", .path,
                is: "the file of fields that are sent with the spans, a line each: `Name: value`",
                values: "a path, such as `otlp.headers`",
                preset: "none",
                reload: "yes, and the file is read anew every ten seconds"),
            SettingKey(
                "interval", .duration(from: Limits.traceIntervalMilliseconds),
                is: "how long a span waits for others at most before it is sent",
                values: "`100ms` to `24h`",
                preset: "`5s`"),
        ],
        example: "{endpoint: \"http://127.0.0.1:4318/v1/traces\"}")
}
