import Foundation
import Kernel
import Testing

/// The whole program before upstreams that answer as Kong does.
@Suite(.serialized, .ownThreads)
struct KongVerdictTests {
    /// What a node answers with: its version, or no sign of Kong at all.
    private static func node(_ version: Lock<String?>) throws -> ScriptedUpstream {
        try ScriptedUpstream { request in
            guard let version = version.withLock({ $0 }) else {
                return .ok("plain", fields: ["Server: tiny-backend/1"])
            }
            switch request.target {
            case "/none": return own("404 Not Found", version, noRoute)
            case "/limited": return own("429 Too Many Requests", version, limited)
            case "/down": return failed(version)
            default:
                return .ok("hello", fields: ["Server: tiny-backend/1"] + proxied(version))
            }
        }
    }

    private static let noRoute = "{\n  \"message\":\"no Route matched with those values\"\n}"
    private static let limited = "{\n  \"message\":\"API rate limit exceeded\"\n}"
    private static let invalid =
        "{\n  \"message\":\"An invalid response was received from the upstream server\"\n}"

    /// Kong 3.8 names the protocol as well.
    private static func proxied(_ version: String) -> [String] {
        let isNew = version.hasPrefix("3.8")
        return [
            "X-Kong-Upstream-Latency: 40", "X-Kong-Proxy-Latency: 2",
            "Via: \(isNew ? "1.1 " : "")kong/\(version)",
        ]
    }

    private static func message(_ status: String, _ body: String, _ fields: [String]) -> String {
        let lines =
            [
                "HTTP/1.1 \(status)", "Date: Sun, 22 Nov 2026 23:30:48 GMT",
                "Content-Type: application/json; charset=utf-8", "Connection: keep-alive",
                "Content-Length: \(body.utf8.count)",
            ] + fields
        return lines.map { $0 + "\r\n" }.joined() + "\r\n" + body
    }

    private static func own(_ status: String, _ version: String, _ body: String) -> String {
        message(status, body, ["X-Kong-Response-Latency: 1", "Server: kong/\(version)"])
    }

    private static func failed(_ version: String) -> String {
        // Kong 3.8 gives its own name to a service without one.
        let server = version.hasPrefix("3.8") ? ["Server: kong/\(version)"] : []
        return message("502 Bad Gateway", invalid, proxied(version) + server)
    }

    private static func sluice(
        _ x: UInt16, _ y: UInt16, _ weights: String = "{x: 50, y: 50}",
        y more: String = "kong: true"
    ) throws -> Sluice {
        var settings = Settings(x: x, y: y, weights: weights)
        settings.keys = ["x": "kong: true", "y": more]
        return try Sluice(settings)
    }

    private static func alarm(_ sluice: Sluice, _ upstream: String, _ kind: String) throws -> Int {
        try sluice.metrics().sum(
            "sluice_kong_version_alarm", ["upstream": upstream, "kind": kind])
    }

    @Test(arguments: [("2.8.5", "3.4.1"), ("3.4.1", "3.8.0")])
    func `each side's answers are told apart by who made them`(old: String, new: String) throws {
        let (x, y) = (try Self.node(Lock(old)), try Self.node(Lock(new)))
        let sluice = try Self.sluice(x.port, y.port)
        let wire = try sluice.connect()
        let paths = [("/", 200), ("/none", 404), ("/limited", 429), ("/down", 502)]
        for (path, status) in paths {
            for _ in 0..<20 { #expect(try wire.get(path).status == status) }
        }
        let count = { (origin: String, code: String, side: String) in
            try sluice.metrics().sum(
                "sluice_kong_responses_total",
                ["split": "kong", "upstream": side, "origin": origin, "code": code])
        }
        for side in ["x", "y"] {
            #expect(try count("service", "200", side) == 10)
            #expect(try count("kong", "404", side) == 10)
            #expect(try count("kong", "429", side) == 10)
            #expect(try count("service_failed", "502", side) == 10)
        }
        let page = try sluice.metrics()
        #expect(page.malformedLines.isEmpty)
        #expect(
            page.sum("sluice_kong_responses_total") == page.sum("sluice_upstream_requests_total"))
        let sums = page.samples
        let lane = #"split="kong",upstream="y""#
        #expect(sums["sluice_kong_service_latency_seconds_sum{\(lane)}"] == 0.8)
        #expect(abs((sums["sluice_kong_latency_seconds_sum{\(lane)}"] ?? 0) - 0.06) < 1e-9)
        let hasVersions = try eventually(within: 20) {
            _ = try wire.get()
            let page = try sluice.metrics()
            return page.sum(
                "sluice_kong_version_info", ["upstream": "x", "version": old]) == 1
                && page.sum("sluice_kong_version_info", ["upstream": "y", "version": new]) == 1
                && page.samples[
                    "sluice_kong_service_latency_quantile_seconds{\(lane),quantile=\"0.5\"}"
                ].map { abs($0 / 0.04 - 1) < 0.01 } == true
        }
        #expect(hasVersions)
        let shown = try sluice.command("status").output
        #expect(shown.contains("kong  version"), "\(shown)")
        #expect(shown.contains("x     \(old)"), "\(shown)")
        #expect(shown.contains("service failed"), "\(shown)")
        for side in ["x", "y"] { #expect(try Self.alarm(sluice, side, "two_versions") == 0) }
    }

    @Test func `what Sluice answers itself is told apart, and a plain upstream has no origins`()
        throws
    {
        let y = try Self.node(Lock("3.4.2"))
        let sluice = try Self.sluice(1, y.port, "{x: 1, y: 0}", y: "retries: {count: 1}")
        for _ in 0..<3 { #expect(try sluice.get().status == 502) }
        #expect(
            try sluice.metrics().sum(
                "sluice_kong_responses_total", ["upstream": "x", "origin": "sluice", "code": "502"])
                == 3)
        try sluice.set(x: 0, y: 1)
        #expect(try sluice.get().status == 200)
        let page = try sluice.metrics()
        #expect(page.sum("sluice_kong_responses_total", ["upstream": "y"]) == 0)
        #expect(!page.samples.keys.contains { $0.hasPrefix("sluice_kong") && $0.contains("\"y\"") })
        let status = try sluice.control("GET", "/v1/status").text.filter { $0 != " " }
        #expect(status.contains(#""kong":null"#))
    }

    @Test func `a node with the other side's version raises both alarms at once`() throws {
        let (old, new) = (Lock<String?>("3.4.1"), Lock<String?>("3.4.2"))
        let (x, y) = (try Self.node(old), try Self.node(new))
        let sluice = try Self.sluice(x.port, y.port)
        let isLearned = try eventually(within: 20) {
            _ = try sluice.get()
            return try sluice.metrics().sum("sluice_kong_version_info") == 2
        }
        #expect(isLearned)
        old.withLock { $0 = "3.4.2" }
        let isRaised = try eventually(within: 20) {
            _ = try sluice.get()
            return try Self.alarm(sluice, "x", "two_versions") == 1
                && Self.alarm(sluice, "x", "others_version") == 1
        }
        #expect(isRaised, "\(sluice.log)")
        #expect(try Self.alarm(sluice, "y", "two_versions") == 0)
        #expect(try Self.alarm(sluice, "y", "others_version") == 0)
        let text = "x: answers with the Kong version of y, as if targets were swapped: 3.4.2"
        #expect(sluice.logCount(text) == 1, "\(sluice.log)")
        #expect(sluice.logCount("x: answers with 2 versions of Kong at once") == 1)
        let shown = try sluice.command("status").output
        #expect(shown.contains("alarm: x answers with 2 versions"), "\(shown)")
        #expect(shown.contains("(last from 127.0.0.1:\(x.port))"), "\(shown)")
    }

    @Test func `headers = off is noticed and said, and comes and goes with a reload`() throws {
        let version = Lock<String?>(nil)
        let (x, y) = (try Self.node(version), try Self.node(Lock("3.4.2")))
        var settings = Settings(x: x.port, y: y.port, weights: "{x: 1, y: 0}")
        let sluice = try Sluice(settings)
        for _ in 0..<20 { #expect(try sluice.get().status == 200) }
        #expect(try sluice.metrics().sum("sluice_kong_responses_total") == 0)
        settings.keys["x"] = "kong: true"
        try sluice.folder.write(settings.text, to: "sluice.yaml")
        sluice.reload()
        let unmarked = "upstream x: nothing in its answers tells that they come from Kong"
        let isNoticed = try eventually(within: 20) {
            _ = try sluice.get()
            return try sluice.metrics().sum("sluice_kong_unmarked", ["upstream": "x"]) == 1
        }
        #expect(isNoticed, "\(sluice.log)")
        #expect(sluice.logCount(unmarked) == 1)
        #expect(try sluice.command("status").output.contains("(headers = off in kong.conf?)"))
        #expect(
            try sluice.metrics().sum("sluice_kong_responses_total", ["origin": "unknown"]) >= 10)
        version.withLock { $0 = "3.4.1" }
        let isOver = try eventually(within: 20) {
            _ = try sluice.get()
            return try sluice.metrics().sum("sluice_kong_unmarked", ["upstream": "x"]) == 0
        }
        #expect(isOver, "\(sluice.log)")
        let counted = try sluice.metrics().sum("sluice_kong_responses_total")
        settings.keys["x"] = "kong: false"
        try sluice.folder.write(settings.text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually(within: 20) { sluice.logCount("is in force") == 2 })
        for _ in 0..<20 { #expect(try sluice.get().status == 200) }
        #expect(try sluice.metrics().sum("sluice_kong_responses_total") == counted)
        #expect(try sluice.metrics().sum("sluice_kong_unmarked") == 0)
    }
}
