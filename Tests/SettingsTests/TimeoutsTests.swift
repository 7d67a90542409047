import Testing

@testable import Settings

/// How long a listener's clients and an upstream's targets may take.
struct TimeoutsTests {
    @Test(arguments: [
        ("{}", ListenerTimeouts()),
        ("{head: 1ms}", ListenerTimeouts(headMilliseconds: 1)),
        ("{body_idle: 24h}", ListenerTimeouts(bodyIdleMilliseconds: 86_400_000)),
        ("{keepalive: 5m}", ListenerTimeouts(keepaliveMilliseconds: 300_000)),
        ("{tunnel: 1h}", ListenerTimeouts(tunnelMilliseconds: 3_600_000)),
        (
            "{tunnel: 4s, keepalive: 3s, body_idle: 2s, head: 1s}",
            ListenerTimeouts(
                headMilliseconds: 1_000, bodyIdleMilliseconds: 2_000,
                keepaliveMilliseconds: 3_000, tunnelMilliseconds: 4_000)
        ),
    ])
    func `of a listener`(text: String, expected: ListenerTimeouts) throws {
        let listeners = try snapshot(listenerText("timeouts", text)).listeners
        #expect(listeners.map(\.timeouts) == [expected])
    }

    @Test(arguments: [
        ("{}", UpstreamTimeouts()),
        ("{connect: 250ms}", UpstreamTimeouts(connectMilliseconds: 250)),
        ("{response: 5m}", UpstreamTimeouts(responseMilliseconds: 300_000)),
        ("{idle: 1s}", UpstreamTimeouts(idleMilliseconds: 1_000)),
        ("{keepalive: 55s}", UpstreamTimeouts(keepaliveMilliseconds: 55_000)),
        ("{total: 6m}", UpstreamTimeouts(totalMilliseconds: 360_000)),
        (
            "{connect: 1s, response: 2s, idle: 3s, keepalive: 4s, total: 5s}",
            UpstreamTimeouts(
                connectMilliseconds: 1_000, responseMilliseconds: 2_000, idleMilliseconds: 3_000,
                keepaliveMilliseconds: 4_000, totalMilliseconds: 5_000)
        ),
    ])
    func `of an upstream`(text: String, expected: UpstreamTimeouts) throws {
        let upstreams = try snapshot(upstreamText("timeouts", text)).upstreams
        #expect(upstreams.map(\.timeouts) == [expected, UpstreamTimeouts()])
    }

    @Test(arguments: [
        ("^5s", "`timeouts` of a listener is `5s`; expected a mapping of handshake, head, body"),
        ("^", "`timeouts` of a listener is nothing; expected a mapping of handshake, head"),
        ("^[]", "`timeouts` of a listener is a list; expected a mapping of handshake, head"),
        ("{head: ^0s}", "`head` is `0s`; expected a duration from 1ms to 24h, such as 250ms"),
        ("{head: ^0ms}", "`head` is `0ms`; expected a duration from 1ms to 24h"),
        ("{head: ^10}", "`head` is `10`; expected a duration from 1ms to 24h"),
        ("{head: ^-1s}", "`head` is `-1s`; expected a duration"),
        ("{head: ^1e3s}", "`head` is `1e3s`; expected a duration"),
        ("{head: ^}", "`head` is empty; expected a duration"),
        ("{head: ^[1s]}", "`head` is a list; expected a duration"),
        ("{body_idle: ^25h}", "`body_idle` is `25h`; expected a duration from 1ms to 24h"),
        ("{body_idle: ^1441m}", "`body_idle` is `1441m`; expected a duration"),
        ("{keepalive: ^75 s}", "`keepalive` is `75 s`; expected a duration"),
        ("{keepalive: ^off}", "`keepalive` is `off`; expected a duration"),
        ("{tunnel: ^10M}", "`tunnel` is `10M`; expected a duration"),
        ("{tunnel: ^10min}", "`tunnel` is `10min`; expected a duration"),
        ("{^hed: 1s}", "`hed` is not a key of `timeouts` of a listener; did you mean `head`?"),
        ("{^connect: 1s}", "`connect` is not a key of `timeouts` of a listener; expected hand"),
        ("{^body-idle: 1s}", "`body-idle` is not a key of `timeouts` of a listener; did you mean"),
    ])
    func `faulty ones of a listener are refused`(text: String, expected: String) {
        MarkedText(listenerText("timeouts", text)).expectFault(expected)
    }

    @Test(arguments: [
        ("^5s", "`timeouts` of an upstream is `5s`; expected a mapping of connect, response, idle"),
        ("{connect: ^0s}", "`connect` is `0s`; expected a duration from 1ms to 24h"),
        ("{response: ^0h}", "`response` is `0h`; expected a duration from 1ms to 24h"),
        ("{idle: ^0m}", "`idle` is `0m`; expected a duration from 1ms to 24h"),
        ("{keepalive: ^0s}", "`keepalive` is `0s`; expected a duration from 1ms to 24h"),
        ("{total: ^0s}", "`total` is `0s`; expected a duration from 1ms to 24h"),
        ("{total: ^2d}", "`total` is `2d`; expected a duration from 1ms to 24h"),
        ("{^responce: 1s}", "`responce` is not a key of `timeouts` of an upstream; did you mean"),
        ("{^tunnel: 1s}", "`tunnel` is not a key of `timeouts` of an upstream; expected connect"),
    ])
    func `faulty ones of an upstream are refused`(text: String, expected: String) {
        MarkedText(upstreamText("timeouts", text)).expectFault(expected)
    }

    @Test(arguments: [
        (1, "1ms"), (250, "250ms"), (1_000, "1s"), (1_500, "1500ms"), (90_000, "90s"),
    ])
    func `a duration in an error is one that can be written`(milliseconds: Int, text: String) {
        #expect(DurationText.text(milliseconds) == text)
        #expect(DurationText.milliseconds(text) == milliseconds)
    }
}
