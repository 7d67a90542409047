import Admin
import Kernel
import Proxy
import Settings
import Splitting
import Testing

/// What a check asks, and when it asks twice.
@Suite struct HealthCheckTests {
    private final class Target: Sendable {
        private let asked = Lock<[Probe]>([])
        private let outcomes: [ProbeOutcome]

        init(_ outcomes: [ProbeOutcome]) { self.outcomes = outcomes }

        var probes: [Probe] { asked.withLock { $0 } }

        func ask(_ probe: Probe) -> ProbeOutcome {
            let number = asked.withLock { asked in
                asked.append(probe)
                return asked.count
            }
            return number <= outcomes.count ? outcomes[number - 1] : .notAsked
        }
    }

    private static func answer(_ status: Int, _ body: String) -> ProbeOutcome {
        .answered(
            ProbeAnswer(status: status, isKong: true, body: Array(body.utf8), isWhole: true))
    }

    private static let address = SocketAddress(version4: 0x0a00_0001, port: 8000)

    private func run(
        _ settings: HealthSettings, setting: String = "kong-x:8000", _ outcomes: [ProbeOutcome]
    ) async -> (verdict: CheckVerdict?, probes: [Probe]) {
        let target = Target(outcomes)
        let check = HealthCheck(settings, of: Self.address, setting: setting)
        let verdict = await check.verdict { target.ask($0) }
        return (verdict, target.probes)
    }

    private func text(_ probe: Probe?) -> String {
        guard case .request(let bytes, _)? = probe?.question else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a request names the target as the settings do`() async {
        let result = await run(
            HealthSettings(kind: .http, path: "/ping?a=b", timeoutMilliseconds: 700),
            [Self.answer(200, "")])
        #expect(
            text(result.probes.first) == """
                GET /ping?a=b HTTP/1.1\r
                Host: kong-x:8000\r
                User-Agent: sluice-health\r
                Accept: */*\r
                Connection: close\r
                \r

                """)
        #expect(result.probes.first?.address == Self.address)
        #expect((600...700).contains(result.probes.first?.timeoutMilliseconds ?? 0))
        #expect(result.verdict == .sound)
    }

    @Test(arguments: [
        ("kong-x:8000", "kong-x:8007"), ("10.0.0.1:8000", "10.0.0.1:8007"),
        ("[fd00::1]:8000", "[fd00::1]:8007"), ("*:8000", "10.0.0.1:8007"),
    ])
    func `another port is asked at the same address`(setting: String, host: String) async {
        let result = await run(
            HealthSettings(kind: .http, port: 8007), setting: setting, [Self.answer(500, "")])
        #expect(result.probes.first?.address == Self.address.with(port: 8007))
        #expect(text(result.probes.first).contains("\r\nHost: \(host)\r\n"))
        #expect(result.verdict == .failed("status 500"))
    }

    @Test(arguments: [
        ("/a b\r\nX: y", "/a%20b%0D%0AX:%20y"), ("/\u{e9}", "/%C3%A9"), ("/%41", "/%41"),
    ])
    func `nothing in a path can end the request line`(path: String, sent: String) async {
        let result = await run(HealthSettings(kind: .http, path: path), [])
        #expect(text(result.probes.first).hasPrefix("GET \(sent) HTTP/1.1\r\nHost: "))
        #expect(result.verdict == nil)
    }

    @Test func `HEAD is told apart, since its answer has no body`() async {
        let result = await run(HealthSettings(kind: .http, method: "HEAD"), [])
        guard case .request(_, let isHead)? = result.probes.first?.question else {
            Issue.record("no request")
            return
        }
        #expect(isHead)
    }

    @Test func `a bare connection asks nothing`() async {
        let result = await run(HealthSettings(kind: .tcp), [.connected])
        guard case .connection? = result.probes.first?.question else {
            Issue.record("a request")
            return
        }
        #expect(result.verdict == .sound && result.probes.count == 1)
    }

    @Test func `a Kong without readiness is asked for its status, in the same time`() async {
        let status = CheckReadingTests.kongStatus(reachable: false)
        let result = await run(
            HealthSettings(kind: .kong, port: 8007, timeoutMilliseconds: 900),
            [Self.answer(404, #"{"message":"Not found"}"#), Self.answer(200, status)])
        #expect(text(result.probes.first).hasPrefix("GET /status/ready HTTP/1.1\r\n"))
        #expect(text(result.probes.last).hasPrefix("GET /status HTTP/1.1\r\n"))
        #expect(result.probes.count == 2)
        #expect(result.probes.allSatisfy { (1...900).contains($0.timeoutMilliseconds) })
        #expect(result.verdict == .degraded("the database cannot be reached"))
    }

    @Test func `a Kong without a status port is asked on its proxy port`() async {
        let result = await run(HealthSettings(kind: .kong), [Self.answer(404, "")])
        #expect(text(result.probes.first).hasPrefix("GET / HTTP/1.1\r\nHost: kong-x:8000\r\n"))
        #expect(result.verdict == .sound && result.probes.count == 1)
    }
}
