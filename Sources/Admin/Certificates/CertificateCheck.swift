internal import Kernel
internal import Proxy
package import Settings
internal import TLS

/// What is wrong with the files of TLS, each with the place in sluice.yaml that names it.
package enum CertificateCheck {
    /// Certificates that end so soon are told of.
    static let daysOfWarning: Int64 = 14

    /// Reads every file that a snapshot names. `file`: sluice.yaml, for the places.
    package static func faults(
        _ snapshot: Snapshot, file: String,
        nowSeconds: Int64 = WallClock.nanoseconds() / 1_000_000_000
    ) -> (errors: [SettingsError], warnings: [SettingsError]) {
        var check = Check(file: file, nowSeconds: nowSeconds)
        for listener in snapshot.listeners {
            guard let tls = listener.tls else { continue }
            for certificate in tls.certificates { check.look(at: certificate) }
            if check.errors.isEmpty {
                check.attempt([tls.clientCA, tls.ticketKeys]) { () throws(TLSLoadFault) in
                    _ = try tls.load(listener.name, TLSTicketKeys())
                }
            }
        }
        for upstream in snapshot.upstreams {
            guard let tls = upstream.tls else { continue }
            if let client = tls.client { check.look(at: client) }
            if check.errors.isEmpty {
                check.attempt([tls.ca]) { () throws(TLSLoadFault) in _ = try tls.load() }
            }
        }
        return (check.errors, check.warnings)
    }

    private struct Check {
        let file: String
        let nowSeconds: Int64
        var errors: [SettingsError] = []
        var warnings: [SettingsError] = []

        mutating func look(at settings: CertificateSettings) {
            let places = [settings.certificate, settings.key] + [settings.staple].compactMap { $0 }
            do throws(TLSLoadFault) {
                let certificate = try settings.load()
                let days = (certificate.notAfter - nowSeconds) / 86_400
                let path = certificate.path
                if certificate.notAfter <= nowSeconds {
                    errors.append(
                        error("\(path): the certificate has expired", settings.certificate))
                } else if days < CertificateCheck.daysOfWarning {
                    warnings.append(
                        error(
                            "\(path): the certificate expires in \(days) days",
                            settings.certificate))
                }
                if certificate.notBefore > nowSeconds {
                    warnings.append(
                        error("\(path): the certificate is not good yet", settings.certificate))
                }
                for name in settings.names where !certificate.covers(name) {
                    errors.append(
                        error(
                            "\(path): the certificate is not for `\(name)`", settings.certificate))
                }
            } catch {
                note(error, places)
            }
        }

        /// Tries to load everything together.
        mutating func attempt(
            _ places: [PlacedPath?], _ load: () throws(TLSLoadFault) -> Void
        ) {
            do throws(TLSLoadFault) {
                try load()
            } catch {
                note(error, places.compactMap { $0 })
            }
        }

        private mutating func note(_ fault: TLSLoadFault, _ places: [PlacedPath]) {
            let place = places.first { $0.path == fault.path } ?? places.first
            errors.append(error("\(fault)", place ?? PlacedPath("", line: 1, column: 1)))
        }

        private func error(_ message: String, _ place: PlacedPath) -> SettingsError {
            SettingsError(file: file, line: place.line, column: place.column, message: message)
        }
    }
}
