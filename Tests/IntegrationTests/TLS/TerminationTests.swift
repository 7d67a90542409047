import Foundation
import Testing

/// TLS towards clients: curl, the openssl command, and clients that do each step by themselves.
@Suite(.ownThreads)
struct TerminationTests {
    let certificates: Certificates
    let upstream: ScriptedUpstream

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
        upstream = try ScriptedUpstream(answering: { .ok($0.head, fields: []) })
    }

    private func sluice(_ listener: String, more: String = "") throws -> Sluice {
        var settings = Settings(x: upstream.port)
        settings.listener = listener
        settings.more = more
        return try Sluice(settings)
    }

    private func curl(_ sluice: Sluice, _ name: String, _ more: String...) throws
        -> ChildProcess.Result
    {
        try ChildProcess.run(
            [
                "curl", "--silent", "--show-error", "--max-time", "60", "--http1.1",
                "--cacert", certificates.folder["ca.pem"],
                "--resolve", "\(name):\(sluice.port):127.0.0.1",
            ] + more + ["https://\(name):\(sluice.port)/"])
    }

    /// What the openssl command tells of a handshake, and of what it got for its input.
    private func connect(_ sluice: Sluice, _ more: String..., input: String = "") throws
        -> ChildProcess.Result
    {
        let words = more.map { "'\($0)'" }.joined(separator: " ")
        // It ends with its input, which must stay open until the answer is here.
        let typing = input.isEmpty ? ":" : "(printf '\(input)'; sleep 1)"
        let command =
            "\(typing) | openssl s_client -connect 127.0.0.1:\(sluice.port) "
            + "-CAfile \(certificates.folder["ca.pem"]) \(words)"
        return try ChildProcess.run(["sh", "-c", command])
    }

    @Test func `curl gets its answer over a session that it trusts`() throws {
        let sluice = try sluice(certificates.listener("a"))
        let answer = try curl(sluice, "a.test", "--include")
        #expect(answer.errors.isEmpty)
        #expect(answer.output.hasPrefix("HTTP/1.1 200 OK"))
        #expect(answer.output.contains("X-Forwarded-Proto: https"))
        let page = try sluice.metrics()
        #expect(
            page.sum("sluice_downstream_handshakes_total", ["version": "TLSv1.3", "kind": "full"])
                == 1)
        let left = page.sum("sluice_certificate_expiry_seconds", ["listener": "api"])
        #expect(left > 28 * 86_400 && left <= 30 * 86_400)
    }

    @Test func `the name that is asked for chooses the certificate`() throws {
        try certificates.make("wild", for: ["*.b.test"])
        try certificates.make("c", for: ["c.test"])
        let sluice = try sluice(certificates.listener("a", "wild", "c"))
        for name in ["a.test", "x.b.test", "C.test"] {
            #expect(try curl(sluice, name).status == 0, "\(name)")
        }
        // Below the wildcard's own level, and unknown: the first certificate, which is not theirs.
        for name in ["x.y.b.test", "b.test", "other.test"] {
            #expect(try curl(sluice, name).status == 60, "\(name)")
        }
        let text = try connect(sluice, "-servername", "other.test").output
        #expect(text.contains("subject=CN = a"))
    }

    @Test func `unknown names are refused where that is wanted`() throws {
        let sluice = try sluice(certificates.listener("a", more: ", unknown_name: refuse"))
        #expect(try curl(sluice, "a.test").status == 0)
        #expect(try curl(sluice, "other.test").status == 35)
        #expect(try connect(sluice, "-noservername").status != 0)
        let page = try sluice.metrics()
        #expect(
            page.sum(
                "sluice_downstream_handshake_failures_total", ["reason": "unknown_name"]) == 2)
    }

    @Test func `one name has a certificate of each kind`() throws {
        try certificates.make("rsa", for: ["a.test"], kind: "rsa")
        let sluice = try sluice(certificates.listener("a", "rsa"))
        for (kind, subject) in [("ECDSA", "CN = a"), ("RSA-PSS", "CN = rsa")] {
            let hash = kind == "ECDSA" ? "ECDSA+SHA256" : "rsa_pss_rsae_sha256"
            let answer = try connect(sluice, "-servername", "a.test", "-sigalgs", hash)
            #expect(answer.output.contains("Peer signature type: \(kind)"))
            #expect(answer.output.contains("subject=\(subject)"))
        }
    }

    static let versions: [(profile: String, argument: String, isAccepted: Bool)] = [
        ("intermediate", "-tls1_3", true), ("intermediate", "-tls1_2", true),
        ("intermediate", "-tls1_1", false), ("modern", "-tls1_3", true),
        ("modern", "-tls1_2", false),
    ]

    @Test(arguments: versions)
    func `a profile says how old a client may be`(
        profile: String, argument: String, isAccepted: Bool
    ) throws {
        let sluice = try sluice(certificates.listener("a", more: ", profile: \(profile)"))
        let answer = try connect(
            sluice, argument, "-cipher", "ALL:@SECLEVEL=0", "-servername", "a.test")
        #expect(answer.output.contains("Cipher is (NONE)") != isAccepted)
        if !isAccepted {
            let page = try sluice.metrics()
            #expect(
                page.sum("sluice_downstream_handshake_failures_total", ["reason": "version"])
                    == 1)
        }
    }

    static let weak = ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "NULL"]

    @Test(arguments: weak)
    func `a cipher that is no good is not used`(cipher: String) throws {
        let sluice = try sluice(certificates.listener("a"))
        let answer = try connect(
            sluice, "-tls1_2", "-cipher", "\(cipher):@SECLEVEL=0", "-servername", "a.test")
        #expect(answer.status != 0)
        #expect(answer.output.contains("Cipher is (NONE)"))
    }

    static let strong = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
    ]

    @Test func `each cipher that is offered is spoken, by the certificate of its kind`() throws {
        try certificates.make("rsa", for: ["a.test"], kind: "rsa")
        let sluice = try sluice(certificates.listener("a", "rsa"))
        for cipher in Self.strong {
            let answer = try connect(
                sluice, "-tls1_2", "-cipher", cipher, "-servername", "a.test")
            #expect(answer.output.contains("Cipher is \(cipher)"))
            let subject = cipher.contains("RSA") && !cipher.contains("ECDSA") ? "rsa" : "a"
            #expect(answer.output.contains("subject=CN = \(subject)\n"), "\(cipher)")
        }
        let suites = [
            "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
        ]
        for suite in suites {
            let answer = try connect(
                sluice, "-tls1_3", "-ciphersuites", suite, "-servername", "a.test")
            #expect(answer.output.contains("Cipher is \(suite)"))
        }
    }

    @Test func `HTTP is agreed on, and nothing else`() throws {
        let sluice = try sluice(certificates.listener("a"))
        let offers = [
            ("http/1.1,h2", "h2"), ("http/1.1", "http/1.1"), ("http/1.0", "http/1.0"),
        ]
        for (offered, agreed) in offers {
            let answer = try connect(sluice, "-alpn", offered, "-servername", "a.test")
            #expect(answer.output.contains("ALPN protocol: \(agreed)\n"))
        }
        #expect(try connect(sluice, "-alpn", "spdy/3", "-servername", "a.test").status != 0)
        let silent = try connect(sluice, "-servername", "a.test")
        #expect(silent.output.contains("No ALPN negotiated"))
        let page = try sluice.metrics()
        let failures = "sluice_downstream_handshake_failures_total"
        #expect(page.sum(failures, ["reason": "alpn"]) == 1)
        #expect(page.sum(failures) == 1)
        #expect(
            eventually {
                sluice.logCount("it offers only protocols that are not spoken here (alpn)") == 1
            })
    }

    static let offers = [
        ("mqtt", "ALPN protocol: mqtt"), ("h2", "ALPN protocol: h2"),
        // Which of them is spoken is not known.
        ("h2,http/1.1", "No ALPN negotiated"),
    ]

    @Test(arguments: offers)
    func `whatever protocol a client offers goes through a tcp listener`(
        offer: String, agreed: String
    ) throws {
        let sluice = try sluice(certificates.listener("a") + ", mode: tcp")
        let answer = try connect(
            sluice, "-alpn", offer, "-servername", "a.test",
            input: "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
        #expect(answer.output.contains(agreed), "\(answer)")
        #expect(answer.output.contains("HTTP/1.1 200"), "\(answer)")
    }

    @Test func `another mode is another choice of protocols`() throws {
        let sluice = try sluice(certificates.listener("a"))
        #expect(try connect(sluice, "-alpn", "mqtt", "-servername", "a.test").status != 0)
        let text = try sluice.folder.read("sluice.yaml")
        try sluice.folder.write(
            text.replacing(", split: kong}", with: ", mode: tcp, split: kong}"), to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 1 })
        let agreed = try connect(sluice, "-alpn", "mqtt", "-servername", "a.test")
        #expect(agreed.output.contains("ALPN protocol: mqtt"), "\(agreed) \(sluice.log)")
    }

    static let names = [
        ("x.b.test", "wild"), ("X.B.TEST.", "wild"), ("a.test.", "a"), (".b.test", "first"),
        ("b.test", "first"), ("..b.test", "first"), ("x.b.test..", "first"),
    ]

    @Test(arguments: names)
    func `a name with a dot too many chooses no other certificate`(
        name: String, subject: String
    ) throws {
        try certificates.make("first", for: ["first.test"])
        try certificates.make("wild", for: ["*.b.test"])
        let sluice = try sluice(certificates.listener("first", "wild", "a"))
        let text = try connect(sluice, "-servername", name).output
        #expect(text.contains("subject=CN = \(subject)\n"), "\(text)")
    }

    @Test func `what a file holds is stapled`() throws {
        let folder = certificates.folder
        try folder.write("", to: "index")
        try certificates.openssl(
            "ocsp", "-issuer", folder["ca.pem"], "-cert", folder["a.pem"], "-reqout",
            folder["request"])
        try certificates.openssl(
            "ocsp", "-index", folder["index"], "-CA", folder["ca.pem"], "-rsigner",
            folder["ca.pem"], "-rkey", folder["ca.key"], "-reqin", folder["request"],
            "-respout", folder["a.ocsp"], "-ndays", "7")
        let sluice = try sluice(
            "address: 127.0.0.1:0, tls: {certificates: [{certificate: \(folder["a.pem"]), "
                + "key: \(folder["a.key"]), ocsp_staple: \(folder["a.ocsp"])}]}")
        let answer = try connect(sluice, "-status", "-servername", "a.test")
        #expect(answer.output.contains("OCSP Response Status: successful"))
        let without = try self.sluice(certificates.listener("a"))
        let silent = try connect(without, "-status", "-servername", "a.test")
        #expect(silent.output.contains("OCSP response: no response sent"))
    }

    @Test func `nobody negotiates anew`() throws {
        let sluice = try sluice(certificates.listener("a"))
        let request = "GET / HTTP/1.1\\r\\nHost: a.test\\r\\nConnection: close\\r\\n\\r\\n"
        let answer = try connect(
            sluice, "-tls1_2", "-servername", "a.test", input: "R\\n\(request)")
        #expect(answer.errors.contains("no renegotiation") || answer.output.contains("RENEG"))
        #expect(!answer.output.contains("HTTP/1.1 200"))
    }

    @Test func `there is no early data and no compression`() throws {
        let sluice = try sluice(certificates.listener("a"))
        let file = certificates.folder["session"]
        let first = try connect(
            sluice, "-servername", "a.test", "-sess_out", file,
            input: "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
        #expect(first.output.contains("Max Early Data: 0"))
        #expect(first.output.contains("Compression: NONE"))
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `any worker takes up a session of another`(version: String) throws {
        let sluice = try sluice(certificates.listener("a"))
        let file = certificates.folder["session"]
        let request = "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
        _ = try connect(
            sluice, version, "-servername", "a.test", "-sess_out", file, input: request)
        for _ in 1...6 {
            let next = try connect(
                sluice, version, "-servername", "a.test", "-sess_in", file, input: request)
            #expect(next.output.contains("Reused, TLSv1"))
            #expect(next.output.contains("HTTP/1.1 200"))
        }
        let page = try sluice.metrics()
        #expect(page.sum("sluice_downstream_handshakes_total", ["kind": "resumed"]) == 6)
    }

    @Test func `a session outlives the process only by keys of a file`() throws {
        for hasKeys in [true, false] {
            let keys = certificates.folder["keys"]
            try certificates.openssl("rand", "-out", keys, "80")
            let more = hasKeys ? ", ticket_keys: \(keys)" : ""
            let sluice = try sluice(certificates.listener("a", more: more))
            let file = certificates.folder["session"]
            let request = "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
            _ = try connect(
                sluice, "-servername", "a.test", "-sess_out", file, input: request)
            try sluice.start()
            let next = try connect(
                sluice, "-servername", "a.test", "-sess_in", file, input: request)
            #expect(next.output.contains("Reused, TLSv1") == hasKeys)
        }
    }

    @Test func `a plain request is answered plainly`() throws {
        let sluice = try sluice(certificates.listener("a"))
        for method in ["GET", "POST", "DELETE", "PATCH"] {
            let wire = try sluice.connect()
            try wire.send("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try wire.takeResponse()
            #expect(answer.status == 400)
            #expect(answer["X-Sluice-Error"] == "plain_http")
            #expect(answer["Connection"] == "close")
        }
        let page = try sluice.metrics()
        #expect(
            page.sum("sluice_downstream_handshake_failures_total", ["reason": "plain_http"]) == 4)
    }

    @Test func `a handshake on a plain port is told so`() throws {
        let sluice = try sluice("address: 127.0.0.1:0")
        let result = try ChildProcess.run([
            "curl", "--silent", "--insecure", "--max-time", "60",
            "https://127.0.0.1:\(sluice.port)/",
        ])
        #expect(result.status == 35)
        let wire = try sluice.connect()
        try wire.send(Data([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]))
        #expect(try wire.takeResponse()["X-Sluice-Error"] == "tls_on_plain_port")
        let page = try sluice.metrics()
        #expect(
            page.sum(
                "sluice_downstream_handshake_failures_total", ["reason": "tls_on_plain_port"]) == 2)
    }

    @Test func `garbage and half a handshake hurt nobody`() throws {
        var listener = certificates.listener("a")
        listener += ", timeouts: {handshake: 300ms}"
        let sluice = try sluice(listener)
        let beginnings: [[UInt8]] = [
            [0x00, 0x01], [0x16, 0x03, 0x01, 0xff, 0xff], [0x80, 0x2e, 0x01, 0x03, 0x01],
        ]
        for bytes in beginnings {
            let wire = try sluice.connect()
            try wire.send(Data(bytes + [UInt8](repeating: 0xee, count: 600)))
            _ = try? wire.takeToEnd()
        }
        let silent = try sluice.connect()
        let half = try sluice.connect()
        try half.send(Data([0x16, 0x03, 0x01]))
        #expect(try silent.takeToEnd().isEmpty)
        #expect(try half.takeToEnd().isEmpty)
        #expect(try curl(sluice, "a.test").status == 0)
        let page = try sluice.metrics()
        #expect(
            page.sum("sluice_downstream_handshake_failures_total", ["reason": "timeout"]) == 2)
        #expect(
            page.sum("sluice_downstream_handshake_failures_total", ["reason": "garbage"]) >= 2)
        #expect(eventually { (try? sluice.metrics())?.sum("sluice_downstream_connections") == 0 })
    }

    @Test func `the access log tells version and cipher`() throws {
        let sluice = try sluice(
            certificates.listener("a"), more: "access_log: {to: access.log, format: json}")
        #expect(try curl(sluice, "a.test").status == 0)
        #expect(
            eventually {
                ((try? sluice.folder.read("access.log")) ?? "").contains(
                    "\"tls_version\":\"TLSv1.3\",\"tls_cipher\":\"TLS_AES_128_GCM_SHA256\"")
            })
    }
}
