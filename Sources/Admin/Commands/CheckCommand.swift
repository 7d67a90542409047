internal import Kernel
internal import Settings

/// `sluice check`: every fault of both files in one run.
package enum CheckCommand {
    /// Prints what is wrong; the exit code.
    package static func run(config path: String, environment: [String: String]) -> Int32 {
        let (errors, warnings) = SettingsReader.check(path, environment: environment)
        for warning in warnings { StandardStream.error.write("\(warning) (warning)\n") }
        for error in errors { StandardStream.error.write("\(error)\n") }
        let hasIdentity = checkIdentity(path, environment)
        let isSound = checkCertificates(path, environment) && hasIdentity
        guard errors.isEmpty, checkTokens(path, environment), isSound else {
            return ExitStatus.failed
        }
        return ExitStatus.printing("\(path): sound\n")
    }

    /// Whether the files of TLS can be used; says what is wrong.
    private static func checkCertificates(
        _ path: String, _ environment: [String: String]
    ) -> Bool {
        guard let reading = try? SettingsReader.read(path, environment: environment) else {
            return true
        }
        let (errors, warnings) = CertificateCheck.faults(reading.snapshot, file: path)
        for warning in warnings { StandardStream.error.write("\(warning) (warning)\n") }
        for error in errors { StandardStream.error.write("\(error)\n") }
        return errors.isEmpty
    }

    /// Whether `user` and `group` are there; says what is wrong.
    private static func checkIdentity(_ path: String, _ environment: [String: String]) -> Bool {
        guard let reading = try? SettingsReader.read(path, environment: environment) else {
            return true
        }
        let faults = IdentityCheck.faults(reading.snapshot, file: path)
        for fault in faults { StandardStream.error.write("\(fault)\n") }
        return faults.isEmpty
    }

    /// Whether the files of the tokens hold some; says what is wrong.
    private static func checkTokens(_ path: String, _ environment: [String: String]) -> Bool {
        guard let reading = try? SettingsReader.read(path, environment: environment) else {
            return true
        }
        do throws(AdminTokens.Fault) {
            let tokens = try AdminTokens.read(reading.snapshot.admin?.tokens ?? [])
            for warning in tokens.warnings { StandardStream.error.write("\(warning) (warning)\n") }
            return true
        } catch {
            StandardStream.error.write("\(error)\n")
            return false
        }
    }
}
