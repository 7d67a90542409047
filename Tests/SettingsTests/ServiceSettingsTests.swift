import Testing

@testable import Settings

/// `user`, `group`, `log` and `statsd`.
struct ServiceSettingsTests {
    @Test func `a user may be a name or a number, with a group or without`() throws {
        #expect(try snapshot(settingsText()).identity == nil)
        let alone = try snapshot(settingsText(rest: "user: kong")).identity
        #expect(alone == IdentitySettings(user: .init("kong")))
        #expect(alone?.user.line == 8 && alone?.user.column == 7)
        let both = try snapshot(settingsText(rest: "group: ops\nuser: 1000")).identity
        #expect(both == IdentitySettings(user: .init("1000"), group: .init("ops")))
    }

    @Test func `the log has a level and a format`() throws {
        #expect(try snapshot(settingsText()).logFormat == .text)
        let said = try snapshot(settingsText(rest: "log: {format: json, level: error}"))
        #expect(said.logFormat == .json)
        #expect(said.logLevel == .error)
    }

    @Test func `metrics are pushed as it is said`() throws {
        #expect(try snapshot(settingsText()).statsD == nil)
        let short = try snapshot(settingsText(rest: "statsd: {address: \"127.0.0.1:8125\"}"))
        #expect(short.statsD == StatsDSettings(address: local(8125)))
        let long = try snapshot(
            settingsText(
                rest: "statsd: {address: \"127.0.0.1:1\", prefix: a.b, format: dogstatsd, "
                    + "interval: 1m, datagram: 1KiB, tags: {env: prod, a: \"b:c\"}}"))
        #expect(
            long.statsD
                == StatsDSettings(
                    address: local(1), prefix: "a.b", format: .dogstatsd,
                    intervalMilliseconds: 60_000,
                    tags: [.init(name: "env", value: "prod"), .init(name: "a", value: "b:c")],
                    datagramBytes: 1_024))
    }

    @Test(arguments: [
        ("user: ^[kong]", "`user` is a list; expected the name of a user, or its number"),
        ("user: ^''", "`user` is empty; expected the name of a user"),
        ("user: ^\"a b\"", "`user` is `a b`; expected the name of a user"),
        ("user: ^../a", "`user` is `../a`; expected the name of a user"),
        ("user: a\ngroup: ^''", "`group` is empty; expected the name of a group"),
        ("^group: a", "`group` needs `user`; expected both, or `user` alone"),
        ("log: {format: ^yaml}", "`format` is `yaml`; expected text, json"),
        ("statsd: ^127.0.0.1:8125", "`statsd` is `127.0.0.1:8125`; expected a mapping of address"),
        ("^statsd: {prefix: a}", "`address` of `statsd` is missing"),
        ("statsd: {address: ^\"a:0\"}", "`address` is `a:0`; expected HOST:PORT"),
        ("statsd: {address: ^a}", "`address` is `a`; expected HOST:PORT"),
        ("statsd: {address: a:1, prefix: ^a.}", "`prefix` is `a.`; expected up to 64 letters"),
        ("statsd: {address: a:1, ^prefx: a}", "`prefx` is not a key of `statsd`; did you mean"),
        ("statsd: {address: a:1, format: ^a}", "`format` is `a`; expected statsd, dogstatsd"),
        ("statsd: {address: a:1, interval: ^500ms}", "`interval` is `500ms`; expected a duration"),
        ("statsd: {address: a:1, datagram: ^511}", "`datagram` is `511`; expected a size"),
        ("statsd: {address: a:1, tags: ^[a]}", "`tags` is a list; expected a mapping"),
        ("statsd: {address: a:1, tags: {a: ^'b|c'}}", "`a` is `b|c`; expected a text of up to 200"),
        ("statsd: {address: a:1, tags: {^'a:b': c}}", "`a:b` is not a name; expected up to 64"),
    ])
    func `a faulty setting is refused`(rest: String, expected: String) {
        MarkedText(settingsText(rest: rest)).expectFault(expected)
    }
}
