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
            let faults = check.errors.count
            for certificate in tls.certificates { check.look(at: certificate, ofServer: true) }
            check.lookForTwins(among: tls.certificates)
            check.look(atAuthority: tls.clientCA)
            check.attempt([tls.ticketKeys]) { (path) throws(TLSLoadFault) in
                _ = try TLSTicketKeys.read(path)
            }
            guard check.errors.count == faults else { continue }
            check.attempt(tls.places) { () throws(TLSLoadFault) in
                _ = try tls.load(listener.name, TLSTicketKeys())
            }
        }
        for upstream in snapshot.upstreams {
            guard let tls = upstream.tls else { continue }
            let faults = check.errors.count
            if let client = tls.client { check.look(at: client, ofServer: false) }
            check.look(atAuthority: tls.ca)
            guard check.errors.count == faults else { continue }
            check.attempt(tls.places) { () throws(TLSLoadFault) in _ = try tls.load() }
        }
        return (check.errors, check.warnings)
    }

    private struct Check {
        let file: String
        let nowSeconds: Int64
        var errors: [SettingsError] = []
        var warnings: [SettingsError] = []

        mutating func look(at settings: CertificateSettings, ofServer isServer: Bool) {
            for fault in settings.faults { note(fault, settings.places) }
            guard let certificate = try? settings.load() else { return }
            let (path, place) = (certificate.path, settings.certificate)
            let days = (certificate.notAfter - nowSeconds) / 86_400
            if certificate.notAfter <= nowSeconds {
                errors.append(error("\(path): the certificate has expired", place))
            } else if days < CertificateCheck.daysOfWarning {
                warnings.append(error("\(path): the certificate expires in \(days) days", place))
            }
            if certificate.notBefore > nowSeconds {
                warnings.append(error("\(path): the certificate is not good yet", place))
            }
            for name in settings.names where !certificate.covers(name) {
                errors.append(error("\(path): the certificate is not for `\(name)`", place))
            }
            if isServer, !certificate.hasNameList {
                warnings.append(
                    error(
                        "\(path): the certificate has no subjectAltName; clients trust it for no "
                            + "name", place))
            }
        }

        /// A certificate that is there twice for one name is shown once.
        mutating func lookForTwins(among all: [CertificateSettings]) {
            var seen: [(fingerprint: String, names: [String])] = []
            for settings in all {
                guard let certificate = try? settings.load() else { continue }
                let isTwin = seen.contains { other in
                    other.fingerprint == certificate.fingerprint
                        && !Set(other.names).isDisjoint(with: certificate.names)
                }
                if isTwin {
                    warnings.append(
                        error(
                            "\(certificate.path): the certificate is listed twice; the first one "
                                + "is shown", settings.certificate))
                }
                seen.append((certificate.fingerprint, certificate.names))
            }
        }

        /// Who signs others' certificates.
        mutating func look(atAuthority place: PlacedPath?) {
            guard let place else { return }
            do throws(TLSLoadFault) {
                let contents = try Authorities.contents(of: place.path)
                for subject in contents.strangers {
                    let message =
                        "\(place.path): `\(subject)` is the certificate of no authority, and "
                        + "nothing is trusted for it"
                    if contents.strangers.count == contents.count {
                        errors.append(error(message, place))
                    } else {
                        warnings.append(error(message, place))
                    }
                }
            } catch {
                note(error, [place])
            }
        }

        /// Tries to read a file, if there is one.
        mutating func attempt(
            _ places: [PlacedPath?], read: (String) throws(TLSLoadFault) -> Void
        ) {
            for place in places.compactMap(\.self) {
                attempt([place]) { () throws(TLSLoadFault) in try read(place.path) }
            }
        }

        /// Tries to load everything together.
        mutating func attempt(_ places: [PlacedPath], load: () throws(TLSLoadFault) -> Void) {
            do throws(TLSLoadFault) {
                try load()
            } catch {
                note(error, places)
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

extension CertificateSettings {
    /// Where its files are named.
    fileprivate var places: [PlacedPath] {
        [certificate, key] + [staple].compactMap(\.self)
    }

    fileprivate var faults: [TLSLoadFault] {
        TLSCertificate.faults(
            certificate: certificate.path, key: key.path, staple: staple?.path)
    }
}

extension ListenerTLS {
    fileprivate var places: [PlacedPath] {
        certificates.flatMap(\.places) + [clientCA, ticketKeys].compactMap(\.self)
    }
}

extension UpstreamTLS {
    fileprivate var places: [PlacedPath] {
        [ca].compactMap(\.self) + (client?.places ?? [])
    }
}
