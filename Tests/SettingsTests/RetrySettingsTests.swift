import Testing

@testable import Settings

/// How often a request is sent again, and the times of an upstream that no group holds.
struct RetrySettingsTests {
    @Test(arguments: [
        ("retries: {}", RetrySettings()),
        ("retries: {count: 0}", RetrySettings(count: 0)),
        ("retries: {count: 10, budget: 100%}", RetrySettings(count: 10, budgetPercent: 100)),
        ("retries: {budget: 0}", RetrySettings(budgetPercent: 0)),
        ("retries: {budget: 20}", RetrySettings()),
        ("retries: {budget: '5%'}", RetrySettings(budgetPercent: 5)),
    ])
    func `retries`(text: String, expected: RetrySettings) throws {
        let upstream = "x: {targets: [a:1], \(text)}"
        let upstreams = try snapshot(settingsText(upstream: upstream)).upstreams
        #expect(upstreams.map(\.retries) == [expected, RetrySettings()])
    }

    @Test(arguments: [
        ("slow_start: 0s", 0, 10_000), ("slow_start: 30s", 30_000, 10_000),
        ("resolve_interval: 1s", 0, 1_000), ("resolve_interval: 1000ms", 0, 1_000),
        ("resolve_interval: 24h, slow_start: 24h", 86_400_000, 86_400_000),
    ])
    func `times`(text: String, slowStart: Int, resolveInterval: Int) throws {
        let upstream = "x: {targets: [a:1], \(text)}"
        let read = try snapshot(settingsText(upstream: upstream)).upstreams[0]
        #expect(read.slowStartMilliseconds == slowStart)
        #expect(read.resolveIntervalMilliseconds == resolveInterval)
    }

    @Test(arguments: [
        ("retries: ^2", "`retries` is `2`; expected a mapping of count, budget"),
        ("retries: {count: ^11}", "`count` is `11`; expected a whole number from 0 to 10"),
        ("retries: {count: ^-1}", "`count` is `-1`; expected a whole number from 0 to 10"),
        ("retries: {budget: ^101}", "`budget` is `101`; expected a whole percentage from 0 to 100"),
        ("retries: {budget: ^101%}", "`budget` is `101%`; expected a whole percentage"),
        ("retries: {budget: ^-5%}", "`budget` is `-5%`; expected a whole percentage"),
        ("retries: {budget: ^2.5%}", "`budget` is `2.5%`; expected a whole percentage"),
        ("retries: {budget: ^20 %}", "`budget` is `20 %`; expected a whole percentage"),
        ("retries: {budget: ^20%%}", "`budget` is `20%%`; expected a whole percentage"),
        ("retries: {budget: ^0.2}", "`budget` is `0.2`; expected a whole percentage"),
        ("retries: {budget: ^'%'}", "`budget` is `%`; expected a whole percentage"),
        ("retries: {budget: ^}", "`budget` is empty; expected a whole percentage"),
        ("retries: {^buget: 1}", "`buget` is not a key of `retries`; did you mean `budget`?"),
        ("slow_start: ^30", "`slow_start` is `30`; expected a duration up to 24h"),
        ("slow_start: ^25h", "`slow_start` is `25h`; expected a duration up to 24h"),
        ("slow_start: ^{}", "`slow_start` is a mapping; expected a duration up to 24h"),
        ("resolve_interval: ^999ms", "`resolve_interval` is `999ms`; expected a duration from 1s"),
        ("resolve_interval: ^0s", "`resolve_interval` is `0s`; expected a duration from 1s to 24h"),
        ("^slowstart: 1s", "`slowstart` is not a key of an upstream; did you mean `slow_start`?"),
    ])
    func `faulty ones are refused`(text: String, expected: String) {
        MarkedText(settingsText(upstream: "x: {targets: [a:1], \(text)}")).expectFault(expected)
    }
}
