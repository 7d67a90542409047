internal import Kernel
internal import Logging
package import Proxy
internal import ServiceLifecycle
internal import Telemetry

/// How often changed files of TLS were read, and what came of it.
package struct CertificateTally: Sendable, Equatable {
    /// Files read anew and in force, and those that could not be used.
    package var renewed = 0
    package var failed = 0

    package init() {}
}

extension Operation {
    /// The files of TLS may have changed: they are read anew where they have. Whether all is well;
    /// a pair of files that does not fit together may be half-written.
    package func renewCertificates(isLastLook: Bool) async -> Bool {
        let reload = await plane.reloadCertificates()
        for owner in reload.renewed {
            certificateTally.renewed += 1
            logger.notice("\(owner): certificates were read again and are in force")
        }
        warnOfCertificates { reload.renewed.contains($0.owner) }
        if reload.faults.isEmpty {
            lastCertificateFaults = []
            return true
        }
        guard isLastLook, reload.faults != lastCertificateFaults else { return false }
        lastCertificateFaults = reload.faults
        for fault in reload.faults {
            certificateTally.failed += 1
            logger.error("\(fault); the certificates before stay in force")
        }
        return false
    }

    /// What could not be used may be good by now though no file has changed: a certificate whose
    /// time has come.
    func lookAgainAtCertificates() {
        certificateTicks = lastCertificateFaults.isEmpty ? 0 : certificateTicks + 1
        guard certificateTicks >= Self.ticksBetweenLooks else { return }
        certificateTicks = 0
        nudgeCertificates?()
    }

    func lookAtCertificates(by nudge: @escaping @Sendable () -> Void) {
        nudgeCertificates = nudge
    }

    private static var ticksBetweenLooks: Int { 10 }

    /// What a snapshot's files came to when it was taken on.
    func noteCertificates() {
        for fault in plane.certificateFaults {
            certificateTally.failed += 1
            logger.error("\(fault); the certificates before stay in force")
        }
        lastCertificateFaults = plane.certificateFaults
        warnOfCertificates { _ in true }
    }

    /// Says which of those in force are of no use, or soon are.
    private func warnOfCertificates(where isWanted: (CertificateReport) -> Bool) {
        let now = WallClock.nanoseconds() / 1_000_000_000
        for certificate in plane.certificates where isWanted(certificate) {
            let days = (certificate.notAfter - now) / 86_400
            if certificate.notAfter <= now {
                logger.error("\(certificate.path): the certificate has expired")
            } else if days < CertificateCheck.daysOfWarning {
                logger.warning("\(certificate.path): the certificate expires in \(days) days")
            }
            if certificate.notBefore > now {
                logger.error("\(certificate.path): the certificate is not good yet")
            }
            for name in certificate.uncoveredNames {
                logger.warning("\(certificate.path): the certificate is not for `\(name)`")
            }
        }
    }

    /// What the metrics page tells of certificates.
    func addCertificates(to gauges: inout ControlGauges) {
        let now = Double(WallClock.nanoseconds()) / 1e9
        gauges.certificateReloads = certificateTally.renewed
        gauges.failedCertificateReloads = certificateTally.failed
        gauges.certificates = plane.certificates.map { certificate in
            let (side, owner) = certificate.owner.words
            return ControlGauges.Certificate(
                side: side, owner: owner, path: certificate.path,
                secondsLeft: (Double(certificate.notAfter) - now).rounded())
        }
    }

    /// What the status tells of certificates.
    func certificatesAnswer() -> JSONValue {
        let now = WallClock.nanoseconds() / 1_000_000_000
        return .array(
            plane.certificates.map { certificate in
                let (side, owner) = certificate.owner.words
                return .object([
                    side: .string(owner),
                    "certificate": .string(certificate.path),
                    "subject": .string(certificate.subject),
                    "names": .array(certificate.names.map { .string($0) }),
                    "key": .string(certificate.kind),
                    "expires_at": .string(
                        Timestamp.text(milliseconds: certificate.notAfter * 1_000)),
                    "expires_in_seconds": .number(certificate.notAfter - now),
                ])
            })
    }

    /// What the status tells of files that cannot be used.
    func certificateFaultsAnswer() -> JSONValue {
        .array(
            lastCertificateFaults.map { fault in
                let (side, owner) = fault.owner.words
                return .object([side: .string(owner), "error": .string(fault.reason)])
            })
    }
}

extension CertificateReport.Owner {
    fileprivate var words: (side: String, name: String) {
        switch self {
        case .listener(let name): ("listener", name)
        case .upstream(let name): ("upstream", name)
        }
    }
}

/// Reads certificates each time that one of their files may have changed.
struct CertificateService: Service {
    /// A pair of files that does not fit may be in the middle of its change.
    private static let secondLook = Duration.milliseconds(500)

    let watcher: FileWatcher
    let operation: Operation

    func run() async throws {
        await operation.lookAtCertificates { [watcher] in watcher.nudge() }
        for await _ in watcher.changes.cancelOnGracefulShutdown() {
            if await operation.renewCertificates(isLastLook: false) { continue }
            try await Task.sleep(for: Self.secondLook)
            _ = await operation.renewCertificates(isLastLook: true)
        }
    }
}

/// What a plane without TLS answers.
extension Plane {
    /// Reads changed files of TLS.
    package func reloadCertificates() async -> CertificateReload { CertificateReload() }
    /// The certificates in use.
    package var certificates: [CertificateReport] { [] }
    /// What could not be read when the present snapshot was taken on.
    package var certificateFaults: [CertificateFault] { [] }
    /// All files that TLS reads.
    package var certificateFiles: [String] { [] }
    /// New keys for session tickets, once the present ones are old enough.
    package func rotateTicketKeys() {}
}
