import Testing

@testable import Settings

/// How targets are checked, and when they are passed over.
struct HealthSettingsTests {
    private func upstream(_ text: String) -> String {
        settingsText(upstream: "x: {targets: [a:1], \(text)}")
    }

    @Test(arguments: [
        ("health: http", HealthSettings(kind: .http)),
        ("health: tcp", HealthSettings(kind: .tcp)),
        ("health: kong", HealthSettings(kind: .kong)),
        ("health: {kind: kong}", HealthSettings(kind: .kong)),
        ("health: {kind: kong, port: 8100}", HealthSettings(kind: .kong, port: 8_100)),
        ("health: {kind: tcp, port: 1}", HealthSettings(kind: .tcp, port: 1)),
        ("health: {kind: http, port: 65535}", HealthSettings(kind: .http, port: 65_535)),
        ("health: {kind: http, path: '/a?b=%20'}", HealthSettings(kind: .http, path: "/a?b=%20")),
        ("health: {kind: http, method: HEAD}", HealthSettings(kind: .http, method: "HEAD")),
        ("health: {kind: http, method: OPTIONS}", HealthSettings(kind: .http, method: "OPTIONS")),
        (
            "health: {kind: http, interval: 100ms}",
            HealthSettings(kind: .http, intervalMilliseconds: 100, timeoutMilliseconds: 100)
        ),
        (
            "health: {kind: http, interval: 1m}",
            HealthSettings(kind: .http, intervalMilliseconds: 60_000)
        ),
        (
            "health: {kind: http, timeout: 5s, rise: 1, fall: 100}",
            HealthSettings(kind: .http, timeoutMilliseconds: 5_000, rise: 1, fall: 100)
        ),
    ])
    func `checks`(text: String, expected: HealthSettings) throws {
        let upstreams = try snapshot(upstream(text)).upstreams
        #expect(upstreams.map(\.health) == [expected, nil])
    }

    @Test(arguments: [
        ("{}", [200...399]), ("{status: 200}", [200...200]), ("{status: [204]}", [204...204]),
        ("{status: 200-299}", [200...299]), ("{status: ['200', 404]}", [200...200, 404...404]),
        ("{status: [200-399, 404, 500-599]}", [200...399, 404...404, 500...599]),
        ("{status: 599-599}", [599...599]),
    ])
    func `expected statuses`(text: String, expected: [ClosedRange<Int>]) throws {
        let health = try snapshot(upstream("health: {kind: http, expect: \(text)}")).upstreams[0]
            .health
        #expect(health == HealthSettings(kind: .http, expect: .init(statuses: expected)))
    }

    @Test(arguments: [
        ("database.reachable == true", ["database", "reachable"], "true"),
        ("a==false", ["a"], "false"),
        ("  a-b._c.0   ==   null  ", ["a-b", "_c", "0"], "null"),
        ("'a == 0'", ["a"], "0"), ("a == -1.5e+10", ["a"], "-1.5e+10"),
        ("'a == \"ok\"'", ["a"], "\"ok\""), ("'a == \"\"'", ["a"], "\"\""),
        ("'a == \"b == c\"'", ["a"], "\"b == c\""), ("'a == \"é\"'", ["a"], "\"é\""),
    ])
    func `an expected value of the answer's JSON`(
        text: String,
        path: [String],
        value: String
    ) throws {
        let health = try snapshot(upstream("health: {kind: http, expect: {json: \(text)}}"))
            .upstreams[0].health
        let expectation = HealthSettings.Expectation(json: .init(path: path, value: value))
        #expect(health == HealthSettings(kind: .http, expect: expectation))
    }

    @Test(arguments: [
        ("health: ^kng", "`health` is `kng`; did you mean `kong`?"),
        ("health: ^off", "`health` is `off`; expected http, tcp, kong"),
        ("health: ^", "`health` is empty; expected http, tcp, kong"),
        ("health: ^[kong]", "`health` is a list; expected a mapping of kind, port, path, method"),
        ("^health: {}", "`kind` of `health` is missing"),
        ("health: {kind: ^[]}", "`kind` is a list; expected http, tcp, kong"),
        ("health: {kind: ^https}", "`kind` is `https`; did you mean `http`?"),
        ("health: {kind: ^HTTP}", "`kind` is `HTTP`; expected http, tcp, kong"),
        ("health: {kind: http, port: ^0}", "`port` is `0`; expected a whole number from 1 to 6553"),
        ("health: {kind: kong, port: ^65536}", "`port` is `65536`; expected a whole number"),
        ("health: {kind: http, port: ^http}", "`port` is `http`; expected a whole number"),
        ("health: {kind: http, path: ^status}", "`path` is `status`; expected a path such as /he"),
        ("health: {kind: http, path: ^/a b}", "`path` is `/a b`; expected a path"),
        ("health: {kind: http, path: ^\"/a\\tb\"}", "`path` is `/a b`; expected a path"),
        ("health: {kind: http, path: ^\"/\\r\\nHost: b\"}", "`path` is `/ Host: b`; expected a pa"),
        ("health: {kind: http, path: ^\"/\\0\"}", "`path` is `/"),
        ("health: {kind: http, path: ^/é}", "`path` is `/é`; expected a path"),
        ("health: {kind: http, path: ^/a#b}", "`path` is `/a#b`; expected a path"),
        ("health: {kind: http, path: ^''}", "`path` is empty; expected a path"),
        ("health: {kind: http, path: ^'*'}", "`path` is `*`; expected a path"),
        ("health: {kind: http, path: ^'http://a/'}", "`path` is `http://a/`; expected a path"),
        ("health: {kind: http, method: ^POST}", "`method` is `POST`; expected GET, HEAD or OPTION"),
        ("health: {kind: http, method: ^get}", "`method` is `get`; expected GET, HEAD or OPTIONS"),
        ("health: {kind: http, interval: ^99ms}", "`interval` is `99ms`; expected a duration from"),
        ("health: {kind: http, interval: ^0s}", "`interval` is `0s`; expected a duration from 100"),
        ("health: {kind: http, timeout: ^0s}", "`timeout` is `0s`; expected a duration from 1ms"),
        (
            "health: {kind: http, timeout: ^5001ms}",
            "`timeout` is 5001ms, and a check begins every 5s; expected no more than `interval`"
        ),
        (
            "health: {kind: tcp, timeout: ^3s, interval: 2s}",
            "`timeout` is 3s, and a check begins every 2s; expected no more than `interval`"
        ),
        ("health: {kind: http, rise: ^0}", "`rise` is `0`; expected a whole number from 1 to 100"),
        ("health: {kind: http, fall: ^101}", "`fall` is `101`; expected a whole number from 1 to"),
        ("health: {kind: http, ^uri: /}", "`uri` is not a key of `health`; expected kind, port,"),
        ("health: {kind: http, ^expected: {}}", "`expected` is not a key of `health`; did you mea"),
        (
            "health: {kind: tcp, ^path: /}",
            "`path` is not for `kind: tcp`, which only connects; expected `kind: http` with it"
        ),
        ("health: {kind: tcp, ^method: GET}", "`method` is not for `kind: tcp`, which only conne"),
        ("health: {kind: tcp, ^expect: {}}", "`expect` is not for `kind: tcp`, which only connec"),
        (
            "health: {kind: kong, ^path: nothing}",
            "`path` is not for `kind: kong`, which knows itself what to ask; expected `kind: http`"
        ),
        ("health: {kind: kong, ^method: HEAD}", "`method` is not for `kind: kong`, which knows"),
        ("health: {kind: kong, ^expect: {status: 1}}", "`expect` is not for `kind: kong`, which"),
    ])
    func `faulty checks are refused`(text: String, expected: String) {
        MarkedText(upstream(text)).expectFault(expected)
    }

    @Test(arguments: [
        ("^200", "`expect` is `200`; expected a mapping of status, json"),
        ("{^body: ok}", "`body` is not a key of `expect`; expected status, json"),
        ("{status: ^2xx}", "`status` is `2xx`; expected a status from 200 to 599, or a range such"),
        ("{status: ^199}", "`status` is `199`; expected a status from 200 to 599"),
        ("{status: ^600}", "`status` is `600`; expected a status"),
        ("{status: ^399-200}", "`status` is `399-200`; expected a status"),
        ("{status: ^200-}", "`status` is `200-`; expected a status"),
        ("{status: ^-299}", "`status` is `-299`; expected a status"),
        ("{status: ^200-250-299}", "`status` is `200-250-299`; expected a status"),
        ("{status: ^200 - 299}", "`status` is `200 - 299`; expected a status"),
        ("{status: ^''}", "`status` is empty; expected a status"),
        ("{status: ^{}}", "`status` is a mapping; expected a status"),
        ("{status: ^[]}", "`status` has 0 entries; expected 1 to 32"),
        ("{status: [200, ^ok]}", "`status` is `ok`; expected a status"),
        ("{status: [200, ^[404]]}", "`status` is a list; expected a status"),
        ("{json: ^database.reachable}", "`json` is `database.reachable`; expected NAME.NAME =="),
        ("{json: ^'a = true'}", "`json` is `a = true`; expected NAME.NAME == VALUE, such as"),
        ("{json: ^'a === true'}", "`json` is `a === true`; expected NAME.NAME == VALUE"),
        ("{json: ^'== true'}", "`json` is `== true`; expected NAME.NAME == VALUE"),
        ("{json: ^'a..b == true'}", "`json` is `a..b == true`; expected NAME.NAME == VALUE"),
        ("{json: ^'a b == true'}", "`json` is `a b == true`; expected NAME.NAME == VALUE"),
        ("{json: ^'a[0] == true'}", "`json` is `a[0] == true`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == '}", "`json` is `a == `; expected NAME.NAME == VALUE"),
        ("{json: ^'a == True'}", "`json` is `a == True`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == ok'}", "`json` is `a == ok`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == \"ok'}", "`json` is `a == \"ok`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == \"'}", "`json` is `a == \"`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == \"\\n\"'}", "`json` is `a == \"\\n\"`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == 01'}", "`json` is `a == 01`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == 1.'}", "`json` is `a == 1.`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == .5'}", "`json` is `a == .5`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == 1e'}", "`json` is `a == 1e`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == +1'}", "`json` is `a == +1`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == -'}", "`json` is `a == -`; expected NAME.NAME == VALUE"),
        ("{json: ^'a == {}'}", "`json` is `a == {}`; expected NAME.NAME == VALUE"),
        ("{json: ^true}", "`json` is `true`; expected NAME.NAME == VALUE"),
        ("{json: ^{a: true}}", "`json` is a mapping; expected NAME.NAME == VALUE"),
    ])
    func `faulty expectations are refused`(text: String, expected: String) {
        MarkedText(upstream("health: {kind: http, expect: \(text)}")).expectFault(expected)
    }

    @Test(arguments: ["HEAD", "OPTIONS"])
    func `only an answer to GET has the JSON`(method: String) {
        let health = "{kind: http, method: \(method), expect: {json: ^a == 1}}"
        MarkedText(upstream("health: \(health)")).expectFault(
            "`json` looks into an answer's body, and `method` is \(method); expected `method: GET`")
    }

    @Test func `long texts are refused`() {
        let path = "/" + String(repeating: "a", count: 1_024)
        MarkedText(upstream("health: {kind: http, path: ^\(path)}")).expectFault("`path` is `/aaa")
        #expect(faults(upstream("health: {kind: http, path: \(path.dropLast())}")) == [])

        let name = String(repeating: "a", count: 250)
        let json = "health: {kind: http, expect: {json: ^\(name) == 12}}"
        #expect(faults(upstream(json.replacing("^", with: ""))) == [])
        MarkedText(upstream(json.replacing("12", with: "123"))).expectFault("`json` is `aaa")

        let statuses = Array(repeating: "200", count: 33).joined(separator: ", ")
        MarkedText(upstream("health: {kind: http, expect: {status: ^[\(statuses)]}}"))
            .expectFault("`status` has 33 entries; expected 1 to 32")
    }

    @Test(arguments: [
        ("ejection: {}", EjectionSettings()),
        ("ejection: {consecutive: 1}", EjectionSettings(consecutive: 1)),
        ("ejection: {base: 1ms}", EjectionSettings(baseMilliseconds: 1)),
        ("ejection: {max_share: 100%}", EjectionSettings(maxSharePercent: 100)),
        (
            "ejection: {consecutive: 1000, base: 24h, max_share: 1}",
            EjectionSettings(
                consecutive: 1_000, baseMilliseconds: 86_400_000, maxSharePercent: 1)
        ),
    ])
    func `ejection`(text: String, expected: EjectionSettings) throws {
        let upstreams = try snapshot(upstream(text)).upstreams
        #expect(upstreams.map(\.ejection) == [expected, nil])
    }

    @Test(arguments: [
        ("ejection: ^on", "`ejection` is `on`; expected a mapping of consecutive, base, max_share"),
        ("ejection: ^", "`ejection` is nothing; expected a mapping of consecutive"),
        ("ejection: {consecutive: ^0}", "`consecutive` is `0`; expected a whole number from 1 to"),
        ("ejection: {consecutive: ^1001}", "`consecutive` is `1001`; expected a whole number"),
        ("ejection: {base: ^0s}", "`base` is `0s`; expected a duration from 1ms to 24h"),
        ("ejection: {base: ^30}", "`base` is `30`; expected a duration"),
        ("ejection: {max_share: ^0}", "`max_share` is `0`; expected a whole percentage from 1 to"),
        ("ejection: {max_share: ^101%}", "`max_share` is `101%`; expected a whole percentage"),
        ("ejection: {max_share: ^0.5}", "`max_share` is `0.5`; expected a whole percentage"),
        ("ejection: {^maxshare: 1}", "`maxshare` is not a key of `ejection`; did you mean `max_"),
    ])
    func `faulty ejection is refused`(text: String, expected: String) {
        MarkedText(upstream(text)).expectFault(expected)
    }
}
