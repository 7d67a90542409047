import Foundation
import Kernel
import Testing

/// Upstreams that break off, refuse or say nonsense.
@Suite(.ownThreads)
struct UpstreamFaultTests {
    @Test func `an upstream that closes at the second request costs no request`() throws {
        let x = try ScriptedUpstream { wire, _ in
            guard try wire.takeRequest() != nil else { return }
            try wire.send(.ok("x"))
            // The second request arrives, and the connection ends without a word.
            _ = try wire.takeHead()
        }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        for _ in 1...1_000 { #expect(try client.get().status == 200) }
        let retries = try sluice.metrics().sum("sluice_upstream_retries_total")
        #expect(retries > 0)
    }

    @Test func `an upstream that resets at the second request costs no request`() throws {
        let x = try ScriptedUpstream { wire, _ in
            guard try wire.takeRequest() != nil else { return }
            try wire.send(.ok("x"))
            _ = try wire.takeHead()
            wire.resetOnClose()
        }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        for _ in 1...200 { #expect(try client.get().status == 200) }
    }

    @Test func `a POST that may have been done is not sent twice`() throws {
        let posts = Lock(0)
        let x = try ScriptedUpstream { wire, _ in
            guard try wire.takeRequest() != nil else { return }
            try wire.send(.ok("x"))
            if try wire.takeRequest() != nil { posts.withLock { $0 += 1 } }
        }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        #expect(try client.get().status == 200)
        let post = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi"
        let answer = try client.exchange(post)
        #expect(answer.status == 502)
        #expect(answer["X-Sluice-Error"] == "upstream_closed")
        #expect(posts.withLock { $0 } == 1)
    }

    struct Break: CustomTestStringConvertible {
        let name: String
        let start: String
        let isReset: Bool

        var testDescription: String { "\(name), \(isReset ? "a reset" : "an end")" }
    }

    static let breaks = [
        Break(
            name: "length", start: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf",
            isReset: false),
        Break(
            name: "length", start: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf",
            isReset: true),
        Break(
            name: "chunked",
            start: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            isReset: false),
        Break(
            name: "chunked",
            start: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            isReset: true),
        Break(name: "until close", start: "HTTP/1.1 200 OK\r\n\r\nhalf", isReset: true),
    ]

    @Test(arguments: breaks)
    func `an answer that breaks off is broken for the client too`(fault: Break) throws {
        let x = try ScriptedUpstream { wire, _ in
            _ = try wire.takeRequest()
            try wire.send(fault.start)
            if fault.isReset { wire.resetOnClose() }
        }
        let sluice = try Sluice(Settings(x: x.port))
        for version in ["--http1.1", "--http1.0"] {
            // 18: a part is missing; 52: nothing came; 56: the connection broke.
            let result = try ChildProcess.run([
                "curl", "-sS", version, "http://127.0.0.1:\(sluice.port)/",
            ])
            #expect([18, 52, 56].contains(result.status), "\(version): \(result.errors)")
        }
    }

    @Test func `an answer that is no HTTP is a 502`() throws {
        for nonsense in [
            "SSH-2.0-x\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA\r\n\r\n",
        ] {
            let x = try ScriptedUpstream { wire, _ in
                _ = try wire.takeRequest()
                try wire.send(nonsense)
            }
            let sluice = try Sluice(Settings(x: x.port))
            let answer = try sluice.get()
            #expect(answer.status == 502)
            #expect(answer["X-Sluice-Error"] != nil)
        }
    }

    @Test func `an upstream that closes unanswered on a fresh connection is a 502`() throws {
        let x = try ScriptedUpstream { wire, _ in _ = try wire.takeRequest() }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        let answer = try client.get()
        #expect(answer.status == 502)
        #expect(answer["X-Sluice-Error"] == "upstream_closed")
        #expect(try client.get().status == 502, "the client's connection goes on")
    }

    @Test func `a target that refuses is passed over for another one`() throws {
        let x = try ScriptedUpstream(name: "x")
        let y = try ScriptedUpstream(name: "y")
        var settings = Settings(x: x.port, y: y.port, weights: "{x: 1, y: 1}")
        let dead = try LoopbackAddress.freePort()
        settings.upstreams[0].ports = [dead, x.port]
        let sluice = try Sluice(settings)
        for _ in 1...200 { #expect(try sluice.get().status == 200) }
        #expect(x.requests.count == 100)
        #expect(y.requests.count == 100)
        let metrics = try sluice.metrics()
        #expect(metrics.sum("sluice_split_routed_total", ["by": "shift"]) == 0)
        #expect(metrics.sum("sluice_upstream_connects_total", ["result": "refused"]) > 0)
    }

    @Test func `the share of an upstream that refuses shifts, and is counted`() throws {
        let x = try ScriptedUpstream(name: "x")
        let y = try ScriptedUpstream(name: "y")
        let sluice = try Sluice(Settings(x: x.port, y: y.port, weights: "{x: 1, y: 1}"))
        y.stop()
        let client = try sluice.connect()
        for _ in 1...200 { #expect(try client.get()["X-Upstream"] == "x") }
        let metrics = try sluice.metrics()
        let shifted = metrics.sum("sluice_split_routed_total", ["by": "shift"])
        let chosen = metrics.sum("sluice_split_routed_total", ["by": "sequence"])
        #expect(shifted > 0)
        #expect(metrics.sum("sluice_split_routed_total", ["by": "shift", "upstream": "y"]) == 0)
        #expect(shifted + chosen == 200)
    }

    @Test func `no share shifts to an upstream of weight 0`() throws {
        let x = try ScriptedUpstream(name: "x")
        let y = try ScriptedUpstream(name: "y")
        let sluice = try Sluice(Settings(x: x.port, y: y.port, weights: "{x: 1, y: 0}"))
        x.stop()
        let answer = try sluice.get()
        #expect(answer.status == 502)
        #expect(answer["X-Sluice-Error"] == "connect_failed")
        #expect(y.requests.isEmpty)
    }
}
