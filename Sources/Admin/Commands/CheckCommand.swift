internal import Kernel
internal import Settings

/// `sluice check`: every fault of both files in one run, and of the files that they name.
package enum CheckCommand {
    /// Prints what is wrong; the exit code.
    package static func run(config path: String, environment: [String: String]) -> Int32 {
        let (errors, warnings) = findings(config: path, environment: environment)
        for warning in warnings { tell("\(warning) (warning)") }
        for error in errors { tell(error) }
        guard errors.isEmpty else { return ExitStatus.failed }
        return ExitStatus.printing("\(path): sound\n")
    }

    /// All that is wrong, a line each, and what is probably not meant.
    package static func findings(
        config path: String, environment: [String: String]
    ) -> (errors: [String], warnings: [String]) {
        var (errors, warnings) = SettingsReader.check(path, environment: environment)
        // Of files that sluice.yaml names: all that can be told, whatever else is wrong.
        let others = SettingsReader.otherFiles(path, environment: environment)
        let tokens = AdminTokens.faults(of: others.tokens, in: path)
        errors += tokens.errors
        errors += traceFaults(others.traceFields, in: path)
        if let reading = try? SettingsReader.read(path, environment: environment) {
            errors += IdentityCheck.faults(reading.snapshot, file: path)
            let certificates = CertificateCheck.faults(reading.snapshot, file: path)
            errors += certificates.errors
            warnings += certificates.warnings
        }
        return (errors.map(\.description), warnings.map(\.description) + tokens.warnings)
    }

    private static func traceFaults(_ file: String?, in path: String) -> [SettingsError] {
        guard let file, case .failure(let fault) = TraceFields.read(file) else { return [] }
        return [
            SettingsReader.fault("\(fault)", at: ["otlp", "headers_file"], in: path)
        ]
    }

    private static func tell(_ text: String) {
        StandardStream.error.write("\(VisibleText.lines(text))\n")
    }
}
