import Foundation
import Testing

/// Hostile requests with nginx behind: it must find as many requests in what it gets as Sluice has
/// sent, and never one more.
@Suite(.ownThreads)
struct DifferentialTests {
    private static let inner = "GET /inner HTTP/1.1\r\nHost: h\r\n\r\n"

    /// Framings that servers in a row have read in two ways, and good requests beside them.
    private static let samples =
        HostileTests.requests
        + [
            "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 38\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
            "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n1;\n\r\na\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n1;a=\"\r\na\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\na\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 38\r\n\r\n",
            "Transfer_Encoding: chunked\r\nContent_Length: 38\r\n\r\n",
            "Content-Length: 0\r\nContent-Length: 38\r\n\r\n", "Content-Length: +38\r\n\r\n",
            "Content-Length: 0x26\r\n\r\n", "Content-Length: 00, 0\r\n\r\n",
            "Content-Length\u{0}: 38\r\n\r\n", "Host: i\r\n\r\n",
            "Connection: Content-Length\r\nContent-Length: 3\r\n\r\nabc",
            "Connection: Transfer-Encoding, Host\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Upgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            "Expect: x 100-continue\r\nContent-Length: 2\r\n\r\nok",
        ].map { "POST /outer HTTP/1.1\r\nHost: h\r\n\($0)" }

    @Test func `nginx finds as many requests as were sent to it`() throws {
        let x = try Nginx("x")
        let sluice = try Sluice(Settings(x: x.port))
        for sample in Self.samples {
            for rest in ["", Self.inner, Self.inner + Self.inner] {
                let client = try sluice.connect()
                try client.send(sample + rest)
                client.endSending()
                do { _ = try client.takeToEnd() } catch WireError.reset {}
            }
        }
        let isSame = try eventually { try x.requestCount == sent(by: sluice) }
        let count = try sent(by: sluice)
        #expect(isSame, "nginx has \(x.requestCount), Sluice sent \(count)")
        #expect(x.requestCount > Self.samples.count)
    }

    @Test func `nginx finds no request in thousands of damaged ones that was not sent to it`()
        throws
    {
        let x = try Nginx("x")
        let sluice = try Sluice(Settings(x: x.port))
        var random = SeededRandom.announced()
        var relayed = 0
        for _ in 1...2_000 {
            let client = try sluice.connect()
            let sample = Self.samples.randomElement(using: &random)
            try? client.send(random.mutated(sample))
            try? client.send(Self.inner)
            client.endSending()
            var answers = Data()
            do { answers = try client.takeToEnd() } catch WireError.reset {}
            relayed +=
                String(decoding: answers, as: UTF8.self)
                .components(separatedBy: "\r\nX-Upstream: x\r\n").count - 1
        }
        #expect(try eventually { try sluice.metrics().sum("sluice_upstream_inflight") == 0 })
        #expect(eventually { x.requestCount >= relayed })
        // What breaks off in its body may be gone before nginx has looked at it.
        #expect(try x.requestCount <= sent(by: sluice))
        #expect(relayed > 100)
    }

    /// How many requests have begun to go out.
    private func sent(by sluice: Sluice) throws -> Int {
        let page = try sluice.metrics()
        return page.sum("sluice_split_routed_total") + page.sum("sluice_upstream_retries_total")
    }
}
