import Foundation
import Testing

/// A browser, where one is installed.
@Suite(.ownThreads)
struct BrowserTests {
    private static let browser = ["chromium", "chromium-browser", "google-chrome"].lazy
        .flatMap { name in
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
                .map { "\($0)/\(name)" }
        }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Sends 30 bodies at once and writes down what came of them, and by which protocol.
    private static let page = """
        <!DOCTYPE html><title>waits</title><body><script>
        const asked = [...Array(30).keys()].map(async number => {
          const body = 'x'.repeat(1 + number * 10000);
          const answer = await fetch('/' + number, {method: 'POST', body});
          return answer.status == 200 && await answer.text() == String(body.length);
        });
        Promise.all(asked).then(results => {
          const good = results.filter(Boolean).length;
          const [page] = performance.getEntriesByType('navigation');
          document.body.textContent = 'good: ' + good + ' by ' + page.nextHopProtocol;
        });
        </script>
        """

    @Test(.enabled(if: browser != nil, "no browser is installed"))
    func `a browser speaks HTTP/2 and gets every answer`() throws {
        let browser = try #require(Self.browser)
        let certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
        let x = try ScriptedUpstream(answering: { request in
            request.head.hasPrefix("GET / ")
                ? .ok(Self.page, fields: ["Content-Type: text/html"])
                : .ok("\(request.body.count)")
        })
        var settings = Settings(x: x.port)
        settings.listener = certificates.listener("a")
        let sluice = try Sluice(settings)
        let result = try ChildProcess.run([
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--ignore-certificate-errors", "--user-data-dir=\(certificates.folder["browser"])",
            "--host-resolver-rules=MAP a.test 127.0.0.1", "--virtual-time-budget=30000",
            "--dump-dom", "https://a.test:\(sluice.port)/",
        ])
        #expect(result.output.contains("good: 30 by h2"), "\(result.output) \(result.errors)")
        // The page, 30 bodies, and perhaps an icon, over one connection of the browser's.
        let page = try sluice.metrics()
        #expect(page.sum("sluice_upstream_requests_total", ["upstream": "x"]) >= 31)
        #expect(page.sum("sluice_http2_connections_ended_total") == 0)
        #expect(page.sum("sluice_http2_streams_refused_total") == 0)
    }
}
