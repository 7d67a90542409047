import Foundation
import Testing

/// The admin address over TLS.
@Suite(.ownThreads)
struct AdminTLSTests {
    private static func settings(_ certificates: Certificates) throws -> Settings {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.adminMore =
            ", hosts: [a.test], tls: {certificate: \(certificates.folder["a.pem"]), "
            + "key: \(certificates.folder["a.key"])}"
        return settings
    }

    private static func curl(
        _ sluice: Sluice, _ certificates: Certificates, _ more: String...
    ) throws -> ChildProcess.Result {
        try ChildProcess.run(
            [
                "curl", "--silent", "--show-error", "--cacert", certificates.folder["ca.pem"],
                "--resolve", "a.test:\(sluice.adminPort):127.0.0.1", "--write-out",
                " %{http_code} %{certs}", "https://a.test:\(sluice.adminPort)/v1/access",
            ] + more)
    }

    @Test func `it speaks TLS, and a renewed certificate goes to the next handshake`() throws {
        let certificates = try Certificates()
        try certificates.make("a", for: ["a.test"], subject: "/CN=first")
        let sluice = try Sluice(try Self.settings(certificates))
        let first = try Self.curl(sluice, certificates)
        #expect(first.status == 0 && first.output.contains(" 200 "), "\(first.errors)")
        #expect(try Wire(port: sluice.adminPort).answersPlainly() == false)
        #expect(try Self.curl(sluice, certificates, "--tls-max", "1.1").status != 0)

        try certificates.make("a", for: ["a.test"], by: "ca", subject: "/CN=second")
        sluice.reload()
        #expect(eventually { sluice.logCount("is in force") == 1 })
        #expect(try Self.subject(sluice).contains("second"))

        try certificates.folder.replace("a.pem", with: "no certificate\n")
        sluice.reload()
        #expect(eventually { sluice.logCount("nothing changes") == 1 })
        #expect(sluice.log.contains("expected certificates in PEM"))
        #expect(try Self.subject(sluice).contains("second"))
    }

    private static func subject(_ sluice: Sluice) throws -> String {
        let result = try ChildProcess.run([
            "openssl", "s_client", "-connect", "127.0.0.1:\(sluice.adminPort)", "-servername",
            "a.test",
        ])
        return result.output
    }

    @Test func `a key of another certificate keeps it from starting`() throws {
        let certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
        try certificates.make("b", for: ["b.test"])
        try certificates.folder.replace(
            "a.key", with: try certificates.folder.read("b.key"))
        #expect(throws: TimedOut.self) { try Sluice(try Self.settings(certificates)) }
    }
}

extension Wire {
    /// Whether a request without TLS is answered.
    fileprivate func answersPlainly() throws -> Bool {
        (try? get("/healthz"))?.status == 200
    }
}
