import Testing

@testable import Settings

/// How much a listener takes and how much an upstream is asked for.
struct LimitsTests {
    @Test(arguments: [
        ("{}", ListenerLimits()),
        ("{connections: 1}", ListenerLimits(connections: 1)),
        ("{connections: 1000000}", ListenerLimits(connections: 1_000_000)),
        ("{connections_per_client: 100}", ListenerLimits(connectionsPerClient: 100)),
        ("{head: 64KiB}", ListenerLimits()),
        ("{head: 1024}", ListenerLimits(headBytes: 1_024, uriBytes: 1_024)),
        ("{head: 8KiB}", ListenerLimits(headBytes: 8_192, uriBytes: 8_192)),
        ("{head: 32KiB}", ListenerLimits(headBytes: 32_768)),
        ("{uri: 64KiB}", ListenerLimits(uriBytes: 65_536)),
        ("{uri: 256B}", ListenerLimits(uriBytes: 256)),
        ("{fields: 1}", ListenerLimits(fields: 1)),
        ("{body: 0}", ListenerLimits(bodyBytes: 0)),
        ("{body: 0B}", ListenerLimits(bodyBytes: 0)),
        ("{body: '10'}", ListenerLimits(bodyBytes: 10)),
        ("{body: 1024GiB}", ListenerLimits(bodyBytes: 1 << 40)),
        (
            "{body: 1MiB, uri: 4KiB, fields: 100, head: 16KiB, connections_per_client: 5, "
                + "connections: 5}",
            ListenerLimits(
                connections: 5, connectionsPerClient: 5, headBytes: 16_384, fields: 100,
                uriBytes: 4_096, bodyBytes: 1 << 20)
        ),
    ])
    func `of a listener`(text: String, expected: ListenerLimits) throws {
        let listeners = try snapshot(listenerText("limits", text)).listeners
        #expect(listeners.map(\.limits) == [expected])
    }

    @Test(arguments: [
        ("{}", UpstreamLimits()),
        ("{inflight_per_target: 1}", UpstreamLimits(inflightPerTarget: 1)),
        ("{requests_per_connection: 1}", UpstreamLimits(requestsPerConnection: 1)),
        ("{inflight_per_target: 9, queue: 0}", UpstreamLimits(inflightPerTarget: 9, queue: 0)),
        (
            "{inflight_per_target: 500, queue: 1000000, queue_timeout: 250ms, "
                + "requests_per_connection: 1000}",
            UpstreamLimits(
                inflightPerTarget: 500, queue: 1_000_000, queueTimeoutMilliseconds: 250,
                requestsPerConnection: 1_000)
        ),
    ])
    func `of an upstream`(text: String, expected: UpstreamLimits) throws {
        let upstreams = try snapshot(upstreamText("limits", text)).upstreams
        #expect(upstreams.map(\.limits) == [expected, UpstreamLimits()])
    }

    @Test(arguments: [
        ("^100", "`limits` of a listener is `100`; expected a mapping of connections, connecti"),
        ("{connections: ^0}", "`connections` is `0`; expected a whole number from 1 to 1000000"),
        ("{connections: ^-1}", "`connections` is `-1`; expected a whole number"),
        ("{connections: ^1000001}", "`connections` is `1000001`; expected a whole number"),
        ("{connections: ^10k}", "`connections` is `10k`; expected a whole number"),
        ("{connections_per_client: ^0}", "`connections_per_client` is `0`; expected a whole"),
        (
            "{connections: 10, connections_per_client: ^11}",
            "`connections_per_client` is 11, and there are at most 10; expected no more than "
                + "`connections`"
        ),
        ("{head: ^65KiB}", "`head` is `65KiB`; expected a size from 1KiB to 64KiB, such as 16KiB"),
        ("{head: ^65537}", "`head` is `65537`; expected a size from 1KiB to 64KiB"),
        ("{head: ^32}", "`head` is `32`; expected a size from 1KiB to 64KiB"),
        ("{head: ^32kb}", "`head` is `32kb`; expected a size"),
        ("{head: ^32KB}", "`head` is `32KB`; expected a size"),
        ("{head: ^32K}", "`head` is `32K`; expected a size"),
        ("{head: ^32 KiB}", "`head` is `32 KiB`; expected a size"),
        ("{head: ^1.5KiB}", "`head` is `1.5KiB`; expected a size"),
        ("{head: ^016KiB}", "`head` is `016KiB`; expected a size"),
        ("{head: ^}", "`head` is empty; expected a size"),
        ("{head: ^KiB}", "`head` is `KiB`; expected a size"),
        ("{head: ^{}}", "`head` is a mapping; expected a size"),
        ("{uri: ^0}", "`uri` is `0`; expected a size from 256 to 64KiB"),
        ("{uri: ^16}", "`uri` is `16`; expected a size from 256 to 64KiB"),
        ("{uri: ^1MiB}", "`uri` is `1MiB`; expected a size from 256 to 64KiB"),
        (
            "{head: 8KiB, uri: ^9KiB}",
            "`uri` is 9KiB, and a head has at most 8KiB; expected no more than `head`"
        ),
        ("{fields: ^0}", "`fields` is `0`; expected a whole number from 1 to 200"),
        ("{fields: ^201}", "`fields` is `201`; expected a whole number from 1 to 200"),
        ("{body: ^-1}", "`body` is `-1`; expected a size from 0 to 1024GiB"),
        ("{body: ^1025GiB}", "`body` is `1025GiB`; expected a size from 0 to 1024GiB"),
        ("{body: ^9999999999999999999GiB}", "`body` is `9999999999999999999GiB`; expected a size"),
        ("{body: ^9999999999GiB}", "`body` is `9999999999GiB`; expected a size"),
        ("{body: ^unlimited}", "`body` is `unlimited`; expected a size"),
        ("{^heads: 1KiB}", "`heads` is not a key of `limits` of a listener; did you mean `head`?"),
        ("{^conections: 1}", "`conections` is not a key of `limits` of a listener; did you mean"),
        ("{^queue: 1}", "`queue` is not a key of `limits` of a listener; expected connections"),
    ])
    func `faulty ones of a listener are refused`(text: String, expected: String) {
        MarkedText(listenerText("limits", text)).expectFault(expected)
    }

    @Test(arguments: [
        ("^[]", "`limits` of an upstream is a list; expected a mapping of inflight_per_target, qu"),
        ("{inflight_per_target: ^0}", "`inflight_per_target` is `0`; expected a whole number from"),
        ("{inflight_per_target: ^1000001}", "`inflight_per_target` is `1000001`; expected a"),
        ("{inflight_per_target: 1, queue: ^-1}", "`queue` is `-1`; expected a whole number from 0"),
        ("{inflight_per_target: 1, queue: ^1000001}", "`queue` is `1000001`; expected a whole num"),
        ("{inflight_per_target: 1, queue_timeout: ^0s}", "`queue_timeout` is `0s`; expected a dur"),
        ("{inflight_per_target: 1, queue_timeout: ^5}", "`queue_timeout` is `5`; expected a durat"),
        ("{requests_per_connection: ^0}", "`requests_per_connection` is `0`; expected a whole"),
        ("{^inflight: 1}", "`inflight` is not a key of `limits` of an upstream; expected inflight"),
    ])
    func `faulty ones of an upstream are refused`(text: String, expected: String) {
        MarkedText(upstreamText("limits", text)).expectFault(expected)
    }

    @Test func `a queue that nobody comes to draws a warning`() {
        let upstream = "x: {targets: [a:1], limits: {queue: 5, queue_timeout: 1s}}"
        let text = settingsText(upstream: upstream)
        let report = SettingsReader.check(
            "sluice.yaml", environment: [:], files: files(["sluice.yaml": text]))
        let nobody = "does nothing without `inflight_per_target`: nobody waits"
        #expect(report.errors.isEmpty)
        #expect(
            report.warnings.map(\.description) == [
                "sluice.yaml:4:32: `queue` \(nobody)",
                "sluice.yaml:4:42: `queue_timeout` \(nobody)",
            ])
    }

    @Test func `every fault of a place is told at once`() {
        let upstream = "x: {limits: {queue: -1, qeue: 1}, timeouts: {connect: 0s, idle: 0s}}"
        #expect(
            faults(settingsText(upstream: upstream)).map { $0.prefix(16) } == [
                "sluice.yaml:4:3:", "sluice.yaml:4:23", "sluice.yaml:4:27", "sluice.yaml:4:57",
                "sluice.yaml:4:67",
            ])
    }

    @Test(arguments: [
        (0, "0"), (1, "1"), (1_023, "1023"), (1 << 10, "1KiB"), (1_536, "1536"),
        (64 << 10, "64KiB"), (1 << 20, "1MiB"), (3 << 30, "3GiB"), (1 << 40, "1024GiB"),
    ])
    func `a size in an error is one that can be written`(bytes: Int, text: String) {
        #expect(SizeText.text(bytes) == text)
        #expect(SizeText.bytes(text) == bytes)
    }
}
