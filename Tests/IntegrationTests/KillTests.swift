import Foundation
import Testing

/// An upstream that is killed under load, without checks and with nothing but retries.
@Suite(.serialized, .ownThreads)
struct KillTests {
    private static let post = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"
    private static let postConnections = 4

    /// Whether the other target is one of the same upstream, or of another that has 90 %.
    @Test(arguments: [true, false])
    func `a kill costs no request that may be sent again, and every failure is counted`(
        isSameUpstream: Bool
    ) throws {
        let (a, b) = (try Nginx("a"), try Nginx("b"))
        let sluice = try Sluice(
            isSameUpstream ? Settings(x: a.port, b.port) : Settings(x: a.port, y: b.port))
        let gets = Load(port: sluice.port, connections: 4)
        let posts = Load(port: sluice.port, connections: Self.postConnections, asking: Self.post)
        let wrk = try Wrk(port: sluice.port, connections: 64, seconds: 300)
        for _ in 1...3 {
            let before = b.requestCount
            #expect(eventually { b.requestCount > before + 200 })
            b.kill()
            let atA = a.requestCount
            #expect(eventually { a.requestCount > atA + 2_000 })
            try b.startAgain()
        }
        let own = try gets.finish()
        let lost = try posts.finish().faults
        wrk.stop()
        let report = try wrk.report()
        #expect(own.faults.isEmpty && own.answers > 0)
        #expect(!report.hasErrors, "\(report.text)")
        // Only what was on its way to the killed one.
        #expect(lost.count <= 3 * Self.postConnections)
        #expect(lost.allSatisfy { $0.contains(" 502 ") && $0.contains("upstream_closed") })
        #expect(try eventually { try sluice.metrics().sum("sluice_upstream_inflight") == 0 })
        try Self.expectCounted(sluice, lost: lost.count)
    }

    private static func expectCounted(_ sluice: Sluice, lost: Int) throws {
        let page = try sluice.metrics()
        let failed = page.sum("sluice_upstream_errors_total")
        let refused = page.sum("sluice_upstream_errors_total", ["kind": "connect"])
        #expect(refused > 0)
        let connects = page.sum("sluice_upstream_connects_total")
        let made = page.sum("sluice_upstream_connects_total", ["result": "ok"])
        #expect(connects - made == refused)
        // What broke was sent again, or its client was told.
        #expect(failed - refused == page.sum("sluice_upstream_retries_total") + lost)
        #expect(page.sum("sluice_upstream_retries_refused_total") == 0)
        #expect(page.sum("sluice_downstream_requests_total", ["code": "502"]) == lost)
        #expect(
            page.sum("sluice_downstream_requests_total")
                == page.sum("sluice_upstream_requests_total"))
    }
}
