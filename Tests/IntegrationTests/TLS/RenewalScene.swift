import Foundation

/// A listener whose certificate can change while it serves.
struct RenewalScene {
    let certificates: Certificates
    let upstream: ScriptedUpstream

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"], subject: "/CN=first")
        upstream = try ScriptedUpstream(answering: { .ok($0.target) })
    }

    func sluice() throws -> Sluice {
        var settings = Settings(x: upstream.port)
        settings.listener = certificates.listener("a")
        return try Sluice(settings)
    }

    /// The subject of the certificate that a new client is shown; `more`: of `openssl s_client`.
    func subject(_ sluice: Sluice, _ more: String = "") throws -> String {
        let command =
            "openssl s_client -connect 127.0.0.1:\(sluice.port) -servername a.test \(more) "
            + "</dev/null"
        let text = try ChildProcess.run(["sh", "-c", command]).output
        let line = text.split(separator: "\n").first { $0.hasPrefix("subject=") }
        return line.map(String.init) ?? "none"
    }
}
