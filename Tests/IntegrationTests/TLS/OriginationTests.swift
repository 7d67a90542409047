import Foundation
import TLS
import Testing

/// TLS towards upstreams: nginx, and servers that do each step by themselves.
@Suite(.ownThreads)
struct OriginationTests {
    let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("x", for: ["x.test", "127.0.0.1"])
    }

    private var trust: String { "ca: \(certificates.folder["ca.pem"])" }

    private func sluice(
        _ port: UInt16, _ tls: String, more: String = "", retries: String = "retries: {count: 0}"
    ) throws -> Sluice {
        var settings = Settings(x: port)
        settings.keys["x"] = "tls: {\(tls)}, \(retries)\(more)"
        settings.workers = 1
        return try Sluice(settings)
    }

    private func nginx(_ name: String = "x", more: String = "") throws -> Nginx {
        try Nginx(
            "x",
            tls: "ssl_certificate \(certificates.folder["\(name).pem"]); "
                + "ssl_certificate_key \(certificates.folder["\(name).key"]); \(more)")
    }

    @Test func `nginx answers over sessions that are taken up again`() throws {
        let nginx = try nginx()
        let sluice = try sluice(
            nginx.port, "\(trust), server_name: x.test",
            more: ", limits: {requests_per_connection: 2}")
        for _ in 1...10 { #expect(try sluice.get().text == "x") }
        let page = try sluice.metrics()
        #expect(page.sum("sluice_upstream_handshakes_total", ["kind": "full"]) == 1)
        #expect(page.sum("sluice_upstream_handshakes_total", ["kind": "resumed"]) == 4)
        #expect(page.sum("sluice_upstream_errors_total") == 0)
    }

    @Test func `a pooled connection outlives the tickets that come on it`() throws {
        let nginx = try nginx()
        let sluice = try sluice(nginx.port, "\(trust), server_name: x.test")
        let client = try sluice.connect()
        for _ in 1...20 { #expect(try client.get("/").text == "x") }
        #expect(try sluice.metrics().sum("sluice_upstream_connects_total") == 1)
    }

    @Test func `a target that is given by its address is verified by it`() throws {
        let nginx = try nginx()
        let sluice = try sluice(nginx.port, trust)
        #expect(try sluice.get().text == "x")
    }

    @Test func `bodies go both ways whole`() throws {
        let nginx = try nginx()
        let size = 2_000_000
        try nginx.folder.write(Data(repeating: 65, count: size), to: "files/large")
        let sluice = try sluice(nginx.port, "\(trust), server_name: x.test")
        #expect(try sluice.get("/files/large").body.count == size)
        let wire = try sluice.connect()
        try wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
        try wire.send(Data(repeating: 66, count: 500_000))
        #expect(try wire.takeResponse().status == 200)
    }

    static let faults: [(what: String, tls: String, result: String)] = [
        ("another name", "CA, server_name: other.test", "unverified"),
        ("an authority of nobody", "server_name: x.test", "unverified"),
        ("no TLS at all", "CA, server_name: x.test", "handshake"),
        ("an expired one", "CA, server_name: old.test", "unverified"),
    ]

    @Test(arguments: faults)
    func `a target that cannot be trusted gets nothing`(
        what: String, tls: String, result: String
    ) throws {
        try certificates.make("old", for: ["old.test"], days: -1)
        let shown = what == "an expired one" ? "old" : "x"
        let nginx = result == "handshake" ? try Nginx("x") : try nginx(shown)
        let sluice = try sluice(nginx.port, tls.replacingOccurrences(of: "CA", with: trust))
        let answer = try sluice.get()
        #expect(answer.status == 502)
        #expect(answer["X-Sluice-Error"] == "connect_failed")
        // One that speaks no TLS counts the hello as a broken request.
        if result == "unverified" { #expect(nginx.requestCount == 0) }
        let page = try sluice.metrics()
        #expect(page.sum("sluice_upstream_connects_total", ["result": result]) == 1)
        #expect(page.sum("sluice_upstream_errors_total", ["kind": result]) == 1)
    }

    @Test func `verification ends only in so many words`() throws {
        let nginx = try nginx()
        let sluice = try sluice(nginx.port, "verify: false")
        #expect(try sluice.get().text == "x")
    }

    @Test func `a target learns who Sluice is`() throws {
        try certificates.make("client", for: [])
        let nginx = try nginx(
            more: "ssl_client_certificate \(certificates.folder["ca.pem"]); ssl_verify_client on;")
        let shown = "client_certificate: \(certificates.folder["client.pem"]), "
        let key = "client_key: \(certificates.folder["client.key"])"
        #expect(try sluice(nginx.port, "\(trust), server_name: x.test").get().status == 400)
        let known = try sluice(nginx.port, "\(trust), server_name: x.test, \(shown)\(key)")
        #expect(try known.get().text == "x")
    }

    @Test func `an untrusted target is passed over for a trusted one`() throws {
        let (bad, good) = (try Nginx("bad"), try nginx())
        var settings = Settings(x: bad.port, good.port)
        settings.keys["x"] = "tls: {\(trust), server_name: x.test}"
        let sluice = try Sluice(settings)
        for _ in 1...20 { #expect(try sluice.get().text == "x") }
    }

    @Test func `checks of health speak TLS as requests do`() throws {
        let (bad, good) = (try Nginx("bad"), try nginx())
        var settings = Settings(x: bad.port, good.port)
        settings.keys["x"] =
            "tls: {\(trust), server_name: x.test}, "
            + "health: {kind: http, interval: 100ms, fall: 2, rise: 1}"
        let sluice = try Sluice(settings)
        #expect(
            eventually {
                let page = try? sluice.metrics()
                let target = "127.0.0.1:\(bad.port)"
                let healthy = page?.sum("sluice_target_healthy", ["target": target])
                let other = page?.sum(
                    "sluice_target_healthy", ["target": "127.0.0.1:\(good.port)"])
                return healthy == 0 && other == 1
            })
    }

    @Test(arguments: [true, false])
    func `an answer without a length is whole only if its end is announced`(
        isAnnounced: Bool
    ) throws {
        let server = try server()
        let upstream = try ScriptedUpstream { wire, _ in
            let peer = try TLSWire(accepting: wire, server)
            _ = try peer.take(through: "\r\n\r\n")
            try peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")
            if isAnnounced { try peer.close() }
            wire.endSending()
            _ = try? wire.takeToEnd()
        }
        let sluice = try sluice(upstream.port, "verify: false")
        let client = try sluice.connect()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        if isAnnounced {
            #expect(try client.takeResponse().text == "all of it")
        } else {
            #expect(throws: WireError.self) { _ = try client.takeResponse() }
        }
    }

    private func server() throws -> TLSServer {
        try TLSServer(
            [
                TLSCertificate(
                    certificate: certificates.folder["x.pem"], key: certificates.folder["x.key"])
            ], TLSServerOptions(name: "x"), keys: TLSTicketKeys())
    }

    static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwhole",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
    ]

    @Test(arguments: answers)
    func `an answer with a length is whole, however its connection ends`(answer: String) throws {
        let server = try server()
        let upstream = try ScriptedUpstream { wire, _ in
            let peer = try TLSWire(accepting: wire, server)
            _ = try peer.take(through: "\r\n\r\n")
            try peer.send(answer)
            wire.endSending()
            _ = try? wire.takeToEnd()
        }
        let sluice = try sluice(upstream.port, "verify: false")
        let client = try sluice.connect()
        for _ in 1...5 {
            let taken = try client.get("/")
            #expect(taken.status == (answer.contains("204") ? 204 : 200))
            #expect(taken.text == (answer.contains("204") ? "" : "whole"))
            // The next one must not be sent into the end of this connection.
            #expect(
                try eventually { try sluice.metrics().sum("sluice_upstream_connections") == 0 })
        }
        let page = try sluice.metrics()
        #expect(page.sum("sluice_upstream_errors_total") == 0)
        #expect(page.sum("sluice_upstream_retries_total") == 0)
    }

    @Test func `a connection that ends while nobody uses it is no error`() throws {
        let server = try server()
        let (isOver, ended) = (Flag(), Counter())
        let upstream = try ScriptedUpstream { wire, _ in
            let peer = try TLSWire(accepting: wire, server)
            _ = try peer.take(through: "\r\n\r\n")
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            while !isOver.isSet { waitAMoment() }
            wire.endSending()
            _ = try? wire.takeToEnd()
            ended.add()
        }
        let sluice = try sluice(upstream.port, "verify: false")
        #expect(try sluice.get().text == "ok")
        let idle = { try sluice.metrics().sum("sluice_upstream_connections", ["state": "idle"]) }
        #expect(try eventually { try idle() == 1 })
        isOver.set()
        #expect(try eventually { try idle() == 0 && ended.value == 1 })
        #expect(try sluice.get().text == "ok")
        #expect(try sluice.metrics().sum("sluice_upstream_errors_total") == 0)
    }

    /// When the target sends its last bytes, and how its connection counts then.
    @Test(arguments: [(false, "closed"), (true, "upstream_reset")])
    func `a target that ends when its client has gone is no error, unless it had more to say`(
        speaksLate: Bool, end: String
    ) throws {
        let server = try server()
        let upstream = try ScriptedUpstream { wire, _ in
            let peer = try TLSWire(accepting: wire, server)
            _ = try peer.take(through: "hello")
            try peer.send("answer")
            while try peer.receiveSome() != nil {}
            if speaksLate { try peer.send("and more") }
            wire.endSending()
            _ = try? wire.takeToEnd()
        }
        var settings = Settings(x: upstream.port)
        settings.listener = "address: 127.0.0.1:0, mode: tcp"
        settings.keys["x"] = "tls: {verify: false}"
        let sluice = try Sluice(settings)
        let client = try sluice.connect()
        try client.send("hello")
        #expect(try client.take(exactly: 6) == Data("answer".utf8))
        client.endSending()
        #expect(
            try eventually {
                try sluice.metrics().sum("sluice_tcp_connections_total", ["end": end]) == 1
            })
        let page = try sluice.metrics()
        #expect(page.sum("sluice_tcp_connections_total") == 1)
        #expect(page.sum("sluice_tcp_errors_total") == (speaksLate ? 1 : 0))
    }

    @Test func `a tunnel whose target ends when its client has gone ends well`() throws {
        let server = try server()
        let upstream = try ScriptedUpstream { wire, _ in
            let peer = try TLSWire(accepting: wire, server)
            _ = try peer.take(through: "\r\n\r\n")
            try peer.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\n\r\nwelcome")
            while try peer.receiveSome() != nil {}
            wire.endSending()
            _ = try? wire.takeToEnd()
        }
        var settings = Settings(x: upstream.port)
        settings.keys["x"] = "tls: {verify: false}"
        settings.more = "access_log: {to: access.log, format: json}"
        let sluice = try Sluice(settings)
        let client = try sluice.connect()
        try client.send(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        _ = try client.take(through: "welcome")
        client.endSending()
        let log = { (try? sluice.folder.read("access.log")) ?? "" }
        #expect(eventually { log().contains(#""status":101"#) })
        #expect(log().contains(#""error":"""#), "\(log())")
    }

    @Test func `a target that closes without an answer has closed, announced or not`() throws {
        let server = try server()
        let upstream = try ScriptedUpstream { wire, _ in
            let peer = try TLSWire(accepting: wire, server)
            _ = try peer.take(through: "\r\n\r\n")
            wire.endSending()
            _ = try? wire.takeToEnd()
        }
        let sluice = try sluice(upstream.port, "verify: false")
        #expect(try sluice.get().status == 502)
        let page = try sluice.metrics()
        #expect(page.sum("sluice_upstream_errors_total", ["kind": "closed"]) == 1)
        #expect(page.sum("sluice_upstream_errors_total") == 1)
    }

    @Test func `a target that ends unasked is still a break`() throws {
        let server = try server()
        let upstream = try ScriptedUpstream { wire, _ in
            let peer = try TLSWire(accepting: wire, server)
            _ = try peer.take(through: "hello")
            try peer.send("half")
            wire.endSending()
            _ = try? wire.takeToEnd()
        }
        var settings = Settings(x: upstream.port)
        settings.listener = "address: 127.0.0.1:0, mode: tcp"
        settings.keys["x"] = "tls: {verify: false}"
        let sluice = try Sluice(settings)
        let client = try sluice.connect()
        try client.send("hello")
        #expect(throws: WireError.self) { _ = try client.takeToEnd() }
        #expect(
            try eventually {
                try sluice.metrics().sum("sluice_tcp_errors_total", ["kind": "upstream_reset"]) == 1
            })
    }

    @Test func `TLS on both sides is two sessions`() throws {
        let nginx = try nginx()
        try certificates.make("a", for: ["a.test"])
        var settings = Settings(x: nginx.port)
        settings.listener = certificates.listener("a")
        settings.keys["x"] = "tls: {\(trust), server_name: x.test}"
        let sluice = try Sluice(settings)
        let client = try TLSWire(port: sluice.port)
        for _ in 1...5 {
            try client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
            #expect(try client.take(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
            #expect(try client.take(1) == Data("x".utf8))
        }
    }
}
