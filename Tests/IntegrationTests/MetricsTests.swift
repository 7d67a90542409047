import Foundation
import Testing

/// What Prometheus reads.
@Suite(.ownThreads)
struct MetricsTests {
    @Test func `the page is well formed and counts what has happened`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Sluice(Settings(x: x.port, y: y.port, weights: "{x: 3, y: 1}"))
        let client = try sluice.connect()
        for _ in 1...100 { _ = try client.get() }
        let isCounted = try eventually {
            try sluice.metrics().sum("sluice_upstream_requests_total", ["code": "200"]) == 100
        }
        #expect(isCounted)
        let page = try sluice.metrics()
        #expect(page.malformedLines.isEmpty)
        #expect(abs(page.sum("sluice_split_routed_total", ["upstream": "y"]) - 25) <= 2)
        #expect(page.sum("sluice_upstream_request_duration_seconds_count") == 100)
        #expect(page.sum("sluice_upstream_first_byte_seconds_count") == 100)
        #expect(page.sum("sluice_downstream_requests_total", ["code": "200"]) == 100)
        #expect(page.sum("sluice_downstream_connections") == 1)
        #expect(page.sum("sluice_upstream_connections", ["state": "idle"]) == 2)
        #expect(page.sum("sluice_upstream_inflight") == 0)
        #expect(page.sum("sluice_upstream_connects_total", ["result": "ok"]) == 2)
        #expect(page.sum("sluice_upstream_received_bytes_total") > 100)
        for name in ["sluice_generation", "process_open_fds", "sluice_target_healthy"] {
            #expect(page.types[name] == "gauge", "\(name)")
        }
    }

    @Test func `a scraper that accepts gzip gets it`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        let packed = try sluice.admin("GET", "/metrics", fields: ["Accept-Encoding: gzip"])
        #expect(packed["Content-Encoding"] == "gzip")
        #expect(packed.body.starts(with: [0x1f, 0x8b]))
        let url = "http://127.0.0.1:\(sluice.adminPort)/metrics"
        let result = try ChildProcess.run(["curl", "-sS", "--compressed", url])
        #expect(MetricsPage(result.output).samples.count > 10)
        #expect(try sluice.admin("GET", "/metrics")["Content-Encoding"] == nil)
    }

    @Test func `counters never go back when the settings are read again`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        var settings = Settings(x: x.port, y: y.port, weights: "{x: 1, y: 1}")
        let sluice = try Sluice(settings)
        for _ in 1...20 { _ = try sluice.get() }
        let before = try sluice.metrics().counters
        settings.upstreams.append(("z", [x.port]))
        try sluice.folder.write(settings.text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.log.contains("is in force") })
        for _ in 1...20 { _ = try sluice.get() }
        let after = try sluice.metrics().counters
        for (sample, value) in before {
            let now = try #require(after[sample], "\(sample) is gone")
            #expect(now >= value, "\(sample)")
        }
    }
}
