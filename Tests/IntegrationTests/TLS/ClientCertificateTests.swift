import Foundation
import Testing

/// Clients that show who they are.
@Suite(.ownThreads)
struct ClientCertificateTests {
    let certificates: Certificates
    let upstream: ScriptedUpstream

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
        try certificates.make("client", for: [], subject: "/O=Acme, Inc/CN=J\u{fc}rgen")
        try certificates.makeAuthority("stranger")
        try certificates.make("other", for: [], by: "stranger")
        upstream = try ScriptedUpstream(answering: { .ok($0.head) })
    }

    private func sluice(verify: String, more: String = "") throws -> Sluice {
        var settings = Settings(x: upstream.port)
        settings.listener = certificates.listener(
            "a", more: ", client_ca: \(certificates.folder["ca.pem"]), verify: \(verify)")
        settings.more = more
        return try Sluice(settings)
    }

    private func get(_ sluice: Sluice, as name: String?, _ more: String...) throws
        -> ChildProcess.Result
    {
        let shown =
            name.map {
                [
                    "--cert", certificates.folder["\($0).pem"],
                    "--key", certificates.folder["\($0).key"],
                ]
            } ?? []
        return try ChildProcess.run(
            ["curl", "--silent", "--insecure", "--max-time", "60"] + shown + more + [
                "https://127.0.0.1:\(sluice.port)/"
            ])
    }

    static let demands: [(verify: String, name: String?, isLetIn: Bool)] = [
        ("required", "client", true), ("required", nil, false), ("required", "other", false),
        ("optional", "client", true), ("optional", nil, true), ("optional", "other", false),
        ("none", nil, true),
    ]

    @Test(arguments: demands)
    func `who is let in is as the settings say`(
        verify: String, name: String?, isLetIn: Bool
    ) throws {
        let sluice = try sluice(verify: verify)
        let answer = try get(sluice, as: name)
        #expect((answer.status == 0) == isLetIn)
        #expect(answer.output.contains("GET / HTTP/1.1") == isLetIn)
        if !isLetIn {
            let page = try sluice.metrics()
            let reason = name == nil ? "certificate_missing" : "verification"
            #expect(
                page.sum("sluice_downstream_handshake_failures_total", ["reason": reason]) == 1)
        }
    }

    @Test func `the upstream learns who it is`() throws {
        let sluice = try sluice(verify: "required")
        let head = try get(sluice, as: "client").output
        let print = try certificates.openssl(
            "x509", "-in", certificates.folder["client.pem"], "-noout", "-fingerprint", "-sha256")
        let digits = print.split(separator: "=")[1].filter { $0 != ":" && !$0.isNewline }
        #expect(head.contains("X-Client-Cert-Fingerprint: \(digits.lowercased())"))
        #expect(head.contains("X-Client-Cert-Subject: CN=J\\C3\\BCrgen,O=Acme\\, Inc\r\n"))
    }

    @Test func `nobody can say it of themselves`() throws {
        let sluice = try sluice(
            verify: "optional")
        let forged = [
            "X-Client-Cert-Subject: CN=root", "x-client-cert-fingerprint: 00",
            "X_Client_Cert_Subject: CN=root", "X-Client-Cert-Other: 1",
        ]
        let fields = forged.flatMap { ["--header", $0] }
        let head = try ChildProcess.run(
            ["curl", "--silent", "--insecure", "--max-time", "60"] + fields + [
                "https://127.0.0.1:\(sluice.port)/"
            ]
        ).output
        #expect(head.contains("GET / HTTP/1.1"))
        #expect(!head.lowercased().replacingOccurrences(of: "_", with: "-").contains("x-client"))
    }
}
