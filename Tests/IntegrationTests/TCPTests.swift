import Foundation
import Testing

/// Connections through Sluice between real programs.
@Suite(.serialized, .ownThreads)
struct TCPTests {
    /// HAProxy that takes whom it is told of and passes that on in version 2.
    private static func haproxy(
        on port: UInt16, to target: UInt16, in folder: TemporaryFolder
    ) throws -> ChildProcess {
        try folder.write(
            """
            defaults
                mode tcp
                timeout connect 20s
                timeout client 60s
                timeout server 60s
            listen all
                bind 127.0.0.1:\(port) accept-proxy
                server sluice 127.0.0.1:\(target) send-proxy-v2

            """, to: "conf")
        return try ChildProcess.start(
            ["haproxy", "-db", "-f", folder["conf"]], listeningOn: port, in: folder)
    }

    @Test(arguments: ["http", "tcp"], ["v1", "v2"])
    func `HAProxy announces a client and nginx is told of it`(mode: String, version: String) throws
    {
        // It answers with whom it was told of.
        let nginx = try Nginx(
            "x", listening: "proxy_protocol",
            locations: "location / { return 200 '$proxy_protocol_addr $http_x_forwarded_for'; }")
        let (folder, port) = (try TemporaryFolder(), try LoopbackAddress.freePort())
        var settings = Settings(x: nginx.port)
        settings.listener =
            "address: 127.0.0.1:0, mode: \(mode), proxy_protocol: required, "
            + "trusted_proxies: [127.0.0.1]"
        settings.upstreamMore =
            ", send_proxy_protocol: \(version), health: {kind: http, interval: 100ms}"
        let sluice = try Sluice(settings)
        let haproxy = try Self.haproxy(on: port, to: sluice.port, in: folder)
        let client = try Wire(port: port)
        try client.send("PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\n")
        let expected = mode == "http" ? "192.0.2.7 192.0.2.7" : "192.0.2.7 "
        #expect(try client.get().text == expected)
        if mode == "http" { #expect(try client.get().text == expected) }
        // Checks are taken by who wants a header.
        #expect(try eventually { try sluice.command("status").output.contains("sound") })
        haproxy.end()
    }

    @Test func `openssl gets the certificate of the server that it names`() throws {
        let folder = try TemporaryFolder()
        var servers: [ChildProcess] = []
        var ports: [UInt16] = []
        for name in ["x", "y"] {
            let made = try ChildProcess.run([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
                "-keyout", folder["\(name).key"], "-out", folder["\(name).pem"],
            ])
            #expect(made.status == 0, "\(made.errors)")
            let port = try LoopbackAddress.freePort()
            let own = try TemporaryFolder()
            servers.append(
                try ChildProcess.start(
                    [
                        "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-cert",
                        folder["\(name).pem"], "-key", folder["\(name).key"],
                    ], listeningOn: port, in: own))
            ports.append(port)
        }
        var settings = Settings(x: ports[0], y: ports[1], weights: "{x: 1, y: 0}")
        settings.listener =
            "address: 127.0.0.1:0, mode: tcp, "
            + "routes: [{when: {server_name: '*.y.example'}, split: other}]"
        let text = settings.text.replacing(
            "  kong: {x: 1, y: 0}",
            with: """
                  kong: {x: 1, y: 0}
                  other: {x: 0, y: 1}
                """)
        settings.listener = "address: 127.0.0.1:0, mode: tcp"
        let sluice = try Sluice(settings)
        try sluice.folder.write(text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 1 })
        for (name, expected) in [("a.y.example", "CN = y"), ("a.x.example", "CN = x")] {
            let said = try ChildProcess.run([
                "openssl", "s_client", "-connect", "127.0.0.1:\(sluice.port)", "-servername", name,
                "-brief",
            ])
            #expect((said.output + said.errors).contains(expected), "\(said)")
        }
        for server in servers { server.end() }
    }

    /// In the log a shift begins before it ends, and the audit has its numbers.
    private func expectShiftIsTold(_ sluice: Sluice) throws {
        #expect(eventually { sluice.logCount("the shift is over") == 2 }, "\(sluice.log)")
        let lines = sluice.log.split(separator: "\n").filter {
            $0.contains("shift") && !$0.contains("refused")
        }
        #expect(lines.count == 4, "\(sluice.log)")
        let words = ["3600 s, 0 to be", "is over, 0", "0 s, 20 to be", "over"]
        for (line, words) in zip(lines, words) {
            #expect(line.contains(words), "\(lines)")
        }
        let end = lines.last?.firstMatch(of: #/over, (\d+) connections were closed of 20 /#)
        let closed = end.map { String($0.1) } ?? "none"
        let file = sluice.folder["sluice.yaml"]
        let read = { try ChildProcess.run([Sluice.binary, "audit", "--config", file]).output }
        #expect(try eventually { try read().components(separatedBy: "shift_end").count == 3 })
        let audit = try read()
        #expect(audit.contains("shift_end kong: - -> closed=0 to_close=0 live=20"), "\(audit)")
        #expect(audit.contains("shift_end kong: - -> closed=\(closed) to_close=20"), "\(audit)")
        #expect(audit.contains(#/shift kong: - -> closed=\d+ to_close=20 live=20/#), "\(audit)")
    }

    @Test func `a shift brings long-lived connections to where the weights are`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        var settings = Settings(x: x.port, y: y.port, weights: "{x: 100, y: 0}")
        settings.listener = "address: 127.0.0.1:0, mode: tcp"
        let sluice = try Sluice(settings)
        var clients = try (1...20).map { _ in try sluice.connect() }
        for client in clients { #expect(try client.get()["X-Upstream"] == "x") }
        #expect(try sluice.set(x: 50, y: 50).status == 200)
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 1 })
        // A change of weights and a reload leave them alone.
        for client in clients { #expect(try client.get()["X-Upstream"] == "x") }
        #expect(try sluice.command("status").output.contains("tcp connections"))

        let young = try sluice.command("shift", "kong", "--max-age", "1h")
        #expect(young.status == 0, "\(young.errors)")
        #expect(young.output.contains("nothing older than"))
        #expect(try sluice.command("shift", "nobody", "--max-age", "1h").status == 1)
        #expect(try sluice.command("shift", "kong", "--max-age", "soon").status == 2)
        for option in ["--max-age", "--over"] {
            let past = try sluice.command("shift", "kong", "--max-age", "1h", option, "-1s")
            #expect(past.status == 2)
            #expect(past.errors.contains("\(option): \"-1s\"; expected a duration up to 24h"))
        }

        let shift = try sluice.command("shift", "kong", "--max-age", "0s", "--over", "1s")
        #expect(shift.status == 0, "\(shift.errors)")
        #expect(shift.output.contains("20 connections older than"), "\(shift.output)")
        let count = { (page: MetricsPage, upstream: String) in
            page.sum("sluice_tcp_connections", ["upstream": upstream])
        }
        let isShifted = try eventually {
            for index in clients.indices where (try? clients[index].get()) == nil {
                clients[index] = try sluice.connect()
                _ = try? clients[index].get()
            }
            let page = try sluice.metrics()
            return abs(count(page, "x") - 10) <= 1 && abs(count(page, "y") - 10) <= 1
        }
        #expect(isShifted)
        // It ends as soon as what lives is in proportion to less than one connection.
        let shifted = try sluice.metrics().sum("sluice_tcp_connections_total", ["end": "shifted"])
        #expect((10...20).contains(shifted))
        try expectShiftIsTold(sluice)
        let drain = try sluice.control("POST", "/v1/upstreams/x/drain")
        #expect(drain.text.contains(#""tcp": "#), "\(drain.text)")
    }

    @Test func `a large file passes whole, and a target that is killed is seen as broken`() throws {
        let x = try Nginx("x")
        let content = Data((0..<(64 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) })
        try x.folder.write(content, to: "files/large")
        var settings = Settings(x: x.port)
        settings.listener = "address: 127.0.0.1:0, mode: tcp"
        let sluice = try Sluice(settings)
        #expect(try sluice.get("/files/large").body == content)
        let client = try sluice.connect()
        try client.send("GET /files/large HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.receiveMore())
        x.kill()
        var received = 0
        while let more = try? client.receiveMore(), more { received += 1 }
        #expect(throws: (any Error).self) { _ = try client.take(exactly: content.count) }
    }
}
