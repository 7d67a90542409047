import Testing

@testable import Settings

/// Where an Admin API is, and what an upgrade is made of.
struct AdminAccessSettingsTests {
    private func upstream(_ text: String) -> String {
        settingsText(upstream: "x: {targets: [a:1], \(text)}")
    }

    private func split(_ text: String) -> String {
        settingsText(split: "kong: {weights: {x: 90, y: 10}, upgrade: \(text)}")
    }

    @Test(arguments: [
        ("'http://127.0.0.1:8001'", "http://127.0.0.1:8001"),
        ("'http://kong-x'", "http://kong-x"), ("'https://kong-x/'", "https://kong-x"),
        ("'https://[::1]:8444/admin/'", "https://[::1]:8444/admin"),
        ("'http://[::1]'", "http://[::1]"),
    ])
    func `addresses`(text: String, url: String) throws {
        let upstreams = try snapshot(upstream("admin: {url: \(text)}")).upstreams
        #expect(upstreams.map(\.admin) == [AdminAccessSettings(url: url), nil])
    }

    @Test func `everything`() throws {
        let text = "admin: {url: 'https://k', token_file: a/t, ca: /ca.pem, interval: 1s}"
        #expect(
            try snapshot(upstream(text)).upstreams[0].admin
                == AdminAccessSettings(
                    url: "https://k", tokenFile: "a/t", ca: "/ca.pem",
                    intervalMilliseconds: 1_000))
    }

    @Test(arguments: [
        ("admin: ^on", "`admin` of an upstream is `on`; expected a mapping of url, token_file"),
        ("^admin: {}", "`url` of `admin` of an upstream is missing"),
        ("admin: {url: ^127.0.0.1:8001}", "`url` is `127.0.0.1:8001`; expected http:// or"),
        ("admin: {url: ^'ftp://k:1'}", "`url` is `ftp://k:1`; expected http://"),
        ("admin: {url: ^'http://'}", "`url` is `http://`; expected"),
        ("admin: {url: ^'http://*:1'}", "`url` is `http://*:1`; expected"),
        ("admin: {url: ^'http://k:0'}", "`url` is `http://k:0`; expected"),
        ("admin: {url: ^'http://k:70000'}", "`url` is `http://k:70000`; expected"),
        ("admin: {url: ^'http://me:secret@k:1'}", "`url` is `http://me:secret@k:1`; expected"),
        ("admin: {url: ^'http://k:1?a'}", "`url` is `http://k:1?a`; expected"),
        ("admin: {url: ^'http://k:1/a?b'}", "`url` is `http://k:1/a?b`; expected"),
        ("admin: {url: ^'http://k:1/a#b'}", "`url` is `http://k:1/a#b`; expected"),
        ("admin: {url: ^'http://k:1/../b'}", "`url` is `http://k:1/../b`; expected"),
        ("admin: {url: ^'http://k:1//b'}", "`url` is `http://k:1//b`; expected"),
        ("admin: {url: ^'http://::1:80'}", "`url` is `http://::1:80`; expected"),
        ("admin: {url: 'http://k', ^ca: a}", "`ca` is for TLS, and `url` is `http://k`; expec"),
        ("admin: {url: 'http://k', interval: ^999ms}", "`interval` is `999ms`; expected a dur"),
        ("admin: {url: 'http://k', ^tokenfile: a}", "`tokenfile` is not a key of `admin` of an"),
        ("admin: {url: 'http://k', token_file: ^''}", "`token_file` is empty; expected a path"),
    ])
    func `faulty ones are refused`(text: String, expected: String) {
        MarkedText(upstream(text)).expectFault(expected)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8001", 0), ("http://localhost", 0), ("http://[::1]:1", 0),
        ("https://kong-x", 0), ("http://kong-x", 1),
    ])
    func `a token that leaves the machine in the clear is warned of`(url: String, count: Int) {
        let text = upstream("admin: {url: '\(url)', token_file: t}")
        let report = SettingsReader.check(
            "sluice.yaml", environment: [:], files: files(["sluice.yaml": text]))
        #expect(report.errors == [])
        #expect(report.warnings.filter { "\($0)".contains("without encryption") }.count == count)
    }

    @Test func `an upgrade`() throws {
        let text = """
            {watch: 1h, smoke: [{path: /}, {path: '/a?b', method: HEAD,
                headers: {Host: h, X-a: "1 2"}, compare: {status: false, fields: [ETag]}},
                {path: /j, compare: {json: true, ignore: [a, b.*.c]}}]}
            """
        let upgrade = try snapshot(split(text)).splits[0].upgrade
        #expect(upgrade.watchMilliseconds == 3_600_000)
        #expect(
            upgrade.smoke == [
                SmokeRequest(path: "/"),
                SmokeRequest(
                    method: "HEAD", path: "/a?b",
                    headers: [.init(name: "host", value: "h"), .init(name: "x-a", value: "1 2")],
                    compare: .init(status: false, fields: ["etag"])),
                SmokeRequest(
                    path: "/j",
                    compare: .init(json: true, ignoredPaths: [["a"], ["b", "*", "c"]])),
            ])
    }

    @Test(arguments: [
        ("^on", "`upgrade` is `on`; expected a mapping of watch, smoke"),
        ("{watch: ^25h}", "`watch` is `25h`; expected a duration up to 24h"),
        ("{smoke: ^{}}", "`smoke` is a mapping; expected a list of requests"),
        ("{smoke: [^/]}", "a smoke request is `/`; expected a mapping of method, path"),
        ("{smoke: [^{}]}", "`path` of a smoke request is missing"),
        ("{smoke: [{path: ^orders}]}", "`path` is `orders`; expected a path such as"),
        ("{smoke: [{path: /, method: ^POST}]}", "`method` is `POST`; expected GET, HEAD or"),
        ("{smoke: [{path: /, headers: ^[]}]}", "`headers` is a list; expected a mapping of"),
        ("{smoke: [{path: /, headers: {^'a b': c}}]}", "`a b` cannot be set; expected the name"),
        ("{smoke: [{path: /, headers: {^Connection: c}}]}", "`Connection` cannot be set"),
        ("{smoke: [{path: /, headers: {a: ^' b'}}]}", "`a` is ` b`; expected visible ASCII"),
        ("{smoke: [{path: /, headers: {a: ^\"b\\r\\nc: d\"}}]}", "`a` is "),
        ("{smoke: [{path: /, compare: {status: ^on}}]}", "`status` is `on`; expected true or"),
        ("{smoke: [{path: /, compare: {fields: ^etag}}]}", "`fields` is `etag`; expected a list"),
        ("{smoke: [{path: /, compare: {fields: [^'']}}]}", "`fields` is empty; expected the n"),
        ("{smoke: [{path: /, compare: {^ignore: [a]}}]}", "`ignore` is for JSON; expected"),
        ("{smoke: [{path: /, compare: {json: true, ignore: [^a..b]}}]}", "`ignore` is `a..b`"),
        ("{smoke: [{path: /, method: HEAD, compare: ^{json: true}}]}", "`json` compares bodies"),
    ])
    func `faulty upgrades are refused`(text: String, expected: String) {
        MarkedText(split(text)).expectFault(expected)
    }

    @Test func `more requests than are sent are refused`() {
        let requests = Array(repeating: "{path: /}", count: 65).joined(separator: ", ")
        MarkedText(split("{smoke: ^[\(requests)]}"))
            .expectFault("`smoke` has 65 entries; expected at most 64")
    }
}
