import Foundation
import Testing

/// What a listener takes and how long anything may last, by the keys of sluice.yaml.
@Suite(.ownThreads)
struct LimitTests {
    /// Asks with curl, as a client of its own; the status that it tells.
    private func curl(_ arguments: String...) throws -> String {
        let format = "%{http_code} %header{x-sluice-error}"
        let result = try ChildProcess.run(
            ["curl", "-sS", "--globoff", "--output", "/dev/null", "--write-out", format]
                + arguments)
        return result.output.trimmingCharacters(in: .whitespaces)
    }

    private func listener(_ limits: String, _ address: String = "127.0.0.1:0") -> String {
        "address: \"\(address)\", limits: {\(limits)}"
    }

    @Test func `each client address has places of its own`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.listener = listener("connections: 10, connections_per_client: 2", "[::]:0")
        let sluice = try Sluice(settings)
        let url = "http://127.0.0.1:\(sluice.port)/"
        let held = try (1...2).map { _ in try sluice.connect() }
        for client in held { #expect(try client.get().status == 200) }
        #expect(try curl(url) == "503 too_many_connections_of_client")
        #expect(try curl("--interface", "127.0.0.2", url) == "200")
        #expect(try curl("http://[::1]:\(sluice.port)/") == "200")
        let refusals = try sluice.metrics().sum(
            "sluice_downstream_refused_total", ["reason": "connections_per_client"])
        #expect(refusals == 1)
        withExtendedLifetime(held) {}
    }

    @Test func `limits and times that change with SIGHUP are in force for who is there`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.listener = "address: 127.0.0.1:\(try LoopbackAddress.freePort())"
        let sluice = try Sluice(settings)
        var held = try (1...4).map { _ in try sluice.connect() }
        for client in held { #expect(try client.get().status == 200) }
        let address = settings.listener
        for (limit, isFull) in [(4, true), (5, false), (3, true)] {
            settings.listener =
                "\(address), limits: {connections: \(limit), uri: 300}, timeouts: {head: 300ms}"
            try sluice.folder.write(settings.text, to: "sluice.yaml")
            let before = sluice.logCount("was read again and is in force")
            sluice.reload()
            #expect(eventually { sluice.logCount("was read again and is in force") > before })
            let url = "http://127.0.0.1:\(sluice.port)/"
            let expected = isFull ? "503 too_many_connections" : "200"
            #expect(try eventually { try curl(url) == expected })
            for client in held { #expect(try client.get().status == 200) }
        }
        try held[0].send("GET /\(String(repeating: "a", count: 300)) HTTP/1.1\r\n")
        #expect(try held[0].takeResponse().status == 414)
        try held[1].send("GET / HTTP/1.1\r\nHost:")
        #expect(try held[1].takeResponse().status == 408)
        held = []
        let isAtRest = try eventually {
            try sluice.metrics().sum("sluice_downstream_connections") == 0
        }
        #expect(isAtRest)
    }

    @Test(arguments: [[], ["--header", "Transfer-Encoding: chunked"]])
    func `an upload that is too large is refused, whether its length is told or not`(
        more: [String]
    ) throws {
        let x = try ScriptedUpstream(answering: { .ok("\($0.body.count)") })
        var settings = Settings(x: x.port)
        settings.listener = listener("body: 1MiB")
        let sluice = try Sluice(settings)
        for (size, status) in [(1 << 20, 200), (1 << 20 + 1, 413), (8 << 20, 413)] {
            try sluice.folder.write(String(repeating: "x", count: size), to: "upload")
            let url = "http://127.0.0.1:\(sluice.port)/"
            let result = try ChildProcess.run(
                ["curl", "-sS", "--output", "/dev/null", "--write-out", "%{http_code}"]
                    + ["--data-binary", "@\(sluice.folder["upload"])", url] + more)
            #expect(result.output == "\(status)", "\(result.errors)")
        }
        #expect(x.requests.map(\.body.count) == [1 << 20])
    }

    @Test func `a request has a total time`() throws {
        let gate = Gate()
        let x = try ScriptedUpstream(answering: { request in
            if request.target == "/slow" { gate.wait() }
            return .ok("x")
        })
        var settings = Settings(x: x.port)
        settings.upstreamMore = ", timeouts: {total: 4s}"
        let sluice = try Sluice(settings)
        let url = "http://127.0.0.1:\(sluice.port)"
        #expect(try curl(url + "/slow") == "504 total_timeout")
        #expect(try curl(url + "/") == "200")
        let timeouts = try sluice.metrics().sum("sluice_upstream_errors_total", ["kind": "timeout"])
        #expect(timeouts == 1)
        gate.open()
    }

    @Test(arguments: [(10, ""), (1_000_000, ", limits: {requests_per_connection: 10}")])
    func `connections are changed every ten requests, by nginx or by us, at no one's cost`(
        itself: Int, more: String
    ) throws {
        let x = try Nginx("x", requestsPerConnection: itself)
        var settings = Settings(x: x.port)
        settings.upstreamMore = more
        settings.workers = 1
        let sluice = try Sluice(settings)
        let client = try sluice.connect()
        for _ in 1...200 { #expect(try client.get().status == 200) }
        let page = try sluice.metrics()
        #expect(page.sum("sluice_upstream_connects_total", ["result": "ok"]) == 20)
        #expect(page.sum("sluice_upstream_retries_total") == 0)
        #expect(page.sum("sluice_upstream_errors_total") == 0)
    }

    @Test func `slow, deaf and fleeting clients hold up nobody else, and leave nothing`() throws {
        let x = try ScriptedUpstream { wire, _ in
            while let request = try wire.takeRequest() {
                if request.target != "/large" {
                    try wire.send(.ok("x"))
                } else {
                    let piece = Sample.bytes(1 << 20)
                    try wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 40)\r\n\r\n")
                    while true { try wire.send(piece) }
                }
            }
        }
        var settings = Settings(x: x.port)
        settings.listener = "address: 127.0.0.1:0, timeouts: {head: 4s, body_idle: 4s}"
        let sluice = try Sluice(settings)
        #expect(try sluice.get().status == 200)
        let before = try sluice.memory()
        let slow = try (1...1_000).map { _ in try sluice.connect() }
        let deaf = try (1...50).map { _ in try Wire(port: sluice.port, receiveBytes: 8_192) }
        for client in deaf { try client.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n") }
        var letters = "GET / HTTP/1.1\r\nX: ".makeIterator()
        let connections = { try sluice.metrics().sum("sluice_downstream_connections") }
        let areGone = try eventually(within: 3 * patience) {
            let letter = letters.next().map(String.init) ?? "x"
            for client in slow { try? client.send(letter) }
            for client in deaf { try? client.send("x") }
            for _ in 1...20 { try sluice.connect().resetOnClose() }
            #expect(try sluice.get().status == 200)
            // A block of 64 KiB for each head that has begun and on both sides of each answer.
            #expect(try sluice.memory() - before < (1_000 + 2 * 50 + 64) * 65_536)
            return try connections() == 0
        }
        #expect(areGone)
        let page = try sluice.metrics()
        #expect(page.sum("sluice_downstream_requests_total", ["code": "408"]) == slow.count)
        #expect(page.sum("sluice_upstream_inflight") == 0)
        #expect(try sluice.get().status == 200)
        withExtendedLifetime((slow, deaf)) {}
    }
}
