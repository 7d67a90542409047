internal import Kernel
internal import Settings

/// `sluice doctor`: whether the machine, the targets and the settings fit together.
package enum DoctorCommand {
    /// Prints what was found; the exit code.
    package static func run(
        config path: String, environment: [String: String], asJSON: Bool
    ) async -> Int32 {
        let reading: SettingsReader.Reading
        do throws(SettingsErrors) {
            reading = try SettingsReader.read(path, environment: environment)
        } catch {
            let findings = error.errors.map { DoctorFinding(.fail, "settings", "\($0)") }
            return show(findings, [], asJSON)
        }
        let snapshot = reading.snapshot
        let running = snapshot.control.flatMap { control in
            try? ControlClient(socket: control.socket).send("GET", "/v1/status").json
        }
        var findings = settings(reading, path, environment)
        findings.append(process(running))
        findings += MachineCheck(.here).findings(snapshot)
        findings += PlaceCheck(running: running).findings(snapshot)
        findings += await TargetCheck().findings(snapshot)
        return show(findings, KongLines.all(snapshot), asJSON)
    }

    private static func settings(
        _ reading: SettingsReader.Reading, _ path: String, _ environment: [String: String]
    ) -> [DoctorFinding] {
        let snapshot = reading.snapshot
        let errors = reading.weights.errors + IdentityCheck.faults(snapshot, file: path)
        var findings = errors.map { DoctorFinding(.fail, "settings", "\($0)") }
        findings += reading.warnings.map { DoctorFinding(.warn, "settings", "\($0)") }
        if findings.isEmpty { findings = [DoctorFinding(.ok, "settings", "\(path): sound")] }
        let certificates = CertificateCheck.faults(snapshot, file: path)
        findings += certificates.errors.map { DoctorFinding(.fail, "certificates", "\($0)") }
        findings += certificates.warnings.map { DoctorFinding(.warn, "certificates", "\($0)") }
        let hasTLS =
            snapshot.listeners.contains { $0.tls != nil }
            || snapshot.upstreams.contains { $0.tls != nil }
        if hasTLS, certificates.errors.isEmpty, certificates.warnings.isEmpty {
            findings.append(DoctorFinding(.ok, "certificates", "sound, and good for weeks"))
        }
        return findings
    }

    /// Whether the proxy that runs, if one does, is of the same version.
    static func process(_ running: JSONValue?) -> DoctorFinding {
        guard let version = running?["version"]?.text else {
            return DoctorFinding(.ok, "version", "sluice \(Version.text); none is running here")
        }
        guard version != Version.text else {
            return DoctorFinding(.ok, "version", "sluice \(version), and so is the running one")
        }
        return DoctorFinding(
            .warn, "version", "sluice \(Version.text); the running one is \(version)",
            advice: "restart it, or run the doctor of its version")
    }

    private static func show(
        _ findings: [DoctorFinding], _ kongs: [KongLines], _ asJSON: Bool
    ) -> Int32 {
        let hasFailed = findings.contains { $0.level == .fail }
        let text =
            asJSON
            ? json(findings, kongs, hasFailed) : VisibleText.lines(text(findings, kongs))
        let printed = ExitStatus.printing(text)
        return hasFailed ? ExitStatus.failed : printed
    }

    private static func text(_ findings: [DoctorFinding], _ kongs: [KongLines]) -> String {
        var text = findings.map(\.line).joined()
        for kong in kongs {
            text += "\nkong.conf of \(kong.upstream), so that it believes who the client is:\n"
            text += kong.lines.map { "    \($0)\n" }.joined()
        }
        return text
    }

    private static func json(
        _ findings: [DoctorFinding], _ kongs: [KongLines], _ hasFailed: Bool
    ) -> String {
        let conf = kongs.map { kong in
            JSONValue.object([
                "upstream": .string(kong.upstream),
                "lines": .array(kong.lines.map { .string($0) }),
            ])
        }
        return JSONWriter.text(
            .object([
                "ok": .bool(!hasFailed), "findings": .array(findings.map(\.json)),
                "kong_conf": .array(conf),
            ]))
    }
}
