import Foundation
import Testing

/// What the log says of connections that do not get over their opening.
@Suite(.ownThreads)
struct OpeningLogTests {
    let certificates: Certificates
    let upstream: ScriptedUpstream

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
        upstream = try ScriptedUpstream(answering: { .ok($0.text) })
    }

    private func sluice(_ listener: String) throws -> Sluice {
        var settings = Settings(x: upstream.port)
        settings.listener = listener
        // Each worker tells for itself.
        settings.workers = 1
        return try Sluice(settings)
    }

    private func tls(_ more: String = "") -> String { certificates.listener("a", more: more) }

    private static let failures = "sluice_downstream_handshake_failures_total"

    /// How many lines there are in the end, once there is one; none of them twice.
    private func expectOne(
        _ sluice: Sluice, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isThere = eventually { sluice.logCount(text) >= 1 }
        #expect(isThere, "no \(text) in \(sluice.log)", sourceLocation: sourceLocation)
        #expect(sluice.logCount(text) == 1, sourceLocation: sourceLocation)
    }

    @Test func `a scanner gets one line of each kind, and is counted`() throws {
        let sluice = try sluice(tls())
        let garbage = Data([0x16, 0x03, 0x01, 0x00, 0x05] + [UInt8](repeating: 0, count: 600))
        for _ in 1...50 {
            let wire = try sluice.connect()
            try wire.send(garbage)
            _ = try? wire.takeToEnd()
        }
        let plain = try sluice.connect()
        try plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try plain.takeResponse().status == 400)
        let begun = "listener api: TLS handshake of 127.0.0.1 failed, "
        expectOne(sluice, begun + "what came breaks the rules of TLS (garbage): ")
        expectOne(
            sluice,
            "listener api: 127.0.0.1 sent a plain request where TLS is spoken (plain_http): "
                + "http request")
        let page = try sluice.metrics()
        #expect(page.sum(Self.failures, ["reason": "garbage"]) == 50)
        #expect(page.sum(Self.failures, ["reason": "plain_http"]) == 1)
    }

    @Test func `who only connects is counted and not told of`() throws {
        let sluice = try sluice(tls(", unknown_name: refuse, profile: modern"))
        for _ in 1...3 { try sluice.connect().endSending() }
        #expect(
            try eventually {
                try sluice.metrics().sum(Self.failures, ["reason": "closed"]) == 3
            })
        // In the middle of the first record it is told of.
        let half = try sluice.connect()
        try half.send(Data([0x16, 0x03, 0x01]))
        half.endSending()
        _ = try? half.takeToEnd()
        expectOne(sluice, "failed, the connection ended in the middle (closed)")
        #expect(try sluice.metrics().sum(Self.failures, ["reason": "closed"]) == 4)
    }

    /// What the openssl command is told to do, and what the log says of it then.
    static let clients: [(listener: String, client: String, text: String)] = [
        (
            ", profile: modern", "-tls1_2",
            "no version in common (version): unsupported protocol"
        ),
        (
            "", "-tls1_2 -cipher AES128-SHA",
            "in common (cipher): no shared cipher"
        ),
        (
            ", unknown_name: refuse", "-servername Other.test",
            "no certificate is for the name that it asks for (unknown_name): \"other.test\""
        ),
        (
            "", "-CAfile FOLDER/stranger.pem -verify_return_error -servername a.test",
            "the other side refused (alert): tlsv1 alert unknown ca"
        ),
        (
            ", client_ca: FOLDER/ca.pem, verify: required", "-servername a.test",
            "no certificate was shown (certificate_missing): peer did not return a certificate"
        ),
        (
            ", client_ca: FOLDER/ca.pem, verify: required",
            "-cert FOLDER/other.pem -key FOLDER/other.key",
            "cannot be trusted (verification): certificate verify failed: unable to get local "
                + "issuer certificate"
        ),
    ]

    @Test(arguments: clients)
    func `the log tells why a handshake with a client failed`(
        listener: String, client: String, text: String
    ) throws {
        try certificates.makeAuthority("stranger")
        try certificates.make("other", for: [], by: "stranger")
        let place = { (text: String) in
            text.replacingOccurrences(of: "FOLDER", with: certificates.folder.path)
        }
        let sluice = try sluice(tls(place(listener)))
        let command =
            "(printf x; sleep 1) | openssl s_client -connect 127.0.0.1:\(sluice.port) "
            + place(client)
        _ = try ChildProcess.run(["sh", "-c", command])
        expectOne(sluice, "listener api: TLS handshake of 127.0.0.1 failed, ")
        expectOne(sluice, text)
    }

    @Test func `a handshake that takes too long and one on a plain port are told of`() throws {
        let slow = try sluice(tls() + ", timeouts: {handshake: 200ms}")
        let silent = try slow.connect()
        #expect(try silent.takeToEnd().isEmpty)
        #expect(slow.logCount("handshake of") == 0)
        let half = try slow.connect()
        try half.send(Data([0x16, 0x03, 0x01]))
        #expect(try half.takeToEnd().isEmpty)
        expectOne(slow, "failed, it was not over in time (timeout)")
        let plain = try sluice("address: 127.0.0.1:0")
        for _ in 1...3 { #expect(throws: (any Error).self) { _ = try TLSWire(port: plain.port) } }
        expectOne(
            plain,
            "listener api: 127.0.0.1 began TLS where plain HTTP is spoken (tls_on_plain_port)")
    }

    @Test(arguments: ["http", "tcp"])
    func `the log tells why a header was refused`(mode: String) throws {
        let listener = "address: 127.0.0.1:0, mode: \(mode), proxy_protocol: required"
        let sluice = try sluice("\(listener), trusted_proxies: [127.0.0.1]")
        let long = String(repeating: "1", count: 200)
        let cases = [
            ("PROXY TCP4 192.0.2.7 192.", "the connection ended in the middle (closed)"),
            ("PROXY TCP4 \(long)", "it is too long (too_long)"),
            ("GET / HTTP/1.1\r\n\r\n", "the first bytes are none (missing)"),
            ("PROXY TCP4 1.2.3.4 x 1 2\r\n", "it breaks its rules (malformed)"),
            (
                "PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n",
                "its version, command or family is not supported (unsupported)"
            ),
        ]
        for (text, words) in cases + cases {
            let wire = try sluice.connect()
            try wire.send(text)
            wire.endSending()
            #expect(throws: WireError.self) { _ = try wire.takeToEnd() }
            expectOne(sluice, "listener api: PROXY header of 127.0.0.1 refused, " + words)
        }
        try sluice.connect().endSending()
        let refused = "sluice_proxy_header_refused_total"
        #expect(
            try eventually { try sluice.metrics().sum(refused, ["kind": "closed"]) == 3 })
        let other = try self.sluice("\(listener), trusted_proxies: [10.0.0.0/8]")
        _ = try? other.connect().takeToEnd()
        expectOne(other, "refused, it is not one of trusted_proxies (untrusted)")
    }

    @Test func `the log tells why no name could be read`() throws {
        let sluice = try sluice(
            "address: 127.0.0.1:0, mode: tcp, "
                + "routes: [{when: {server_name: a.test}, split: kong}]")
        let cases: [([UInt8], String)] = [
            (Array("GET / HTTP/1.1".utf8), "the first bytes are not TLS (not_tls)"),
            ([0x16, 0x03, 0x01, 0, 0], "the first message breaks its rules (malformed)"),
            ([0x16, 0x03, 0x01, 0, 200, 1], "the connection ended in the middle (closed)"),
        ]
        for (bytes, words) in cases {
            let wire = try sluice.connect()
            try wire.send(Data(bytes))
            wire.endSending()
            #expect(throws: WireError.self) { _ = try wire.takeToEnd() }
            expectOne(
                sluice,
                "listener api: the name that 127.0.0.1 asks for cannot be read, " + words)
        }
    }

    @Test func `the log tells why a handshake with a target failed`() throws {
        let plain = try Nginx("x")
        try certificates.make("old", for: ["a.test"], days: -1)
        let cases: [(server: Nginx, keys: String, text: String)] = [
            (plain, "verify: false", "breaks the rules of TLS (garbage): wrong version"),
            (
                try nginx("old"), "ca: \(certificates.folder["ca.pem"]), server_name: a.test",
                "(verification): certificate verify failed: certificate has expired"
            ),
            (
                try nginx("a"), "ca: \(certificates.folder["ca.pem"]), server_name: b.test",
                "(verification): certificate verify failed: hostname mismatch"
            ),
            (
                try nginx("a"), "server_name: a.test",
                "(verification): certificate verify failed: unable to get local issuer certificate"
            ),
        ]
        for (server, keys, text) in cases {
            var settings = Settings(x: server.port)
            settings.keys["x"] = "tls: {\(keys)}, retries: {count: 0}"
            settings.workers = 1
            let sluice = try Sluice(settings)
            for _ in 1...3 { #expect(try sluice.get().status == 502) }
            expectOne(sluice, "upstream x: TLS handshake with 127.0.0.1:\(server.port) failed, ")
            expectOne(sluice, text)
            let page = try sluice.metrics()
            #expect(page.sum("sluice_upstream_handshake_failures_total") == 3)
        }
    }

    private func nginx(_ name: String) throws -> Nginx {
        try Nginx(
            name,
            tls: "ssl_certificate \(certificates.folder["\(name).pem"]); "
                + "ssl_certificate_key \(certificates.folder["\(name).key"]);")
    }
}
