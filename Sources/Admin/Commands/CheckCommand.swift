internal import Kernel
internal import Settings

/// `sluice check`: every fault of both files in one run.
package enum CheckCommand {
    /// Prints what is wrong; the exit code.
    package static func run(config path: String, environment: [String: String]) -> Int32 {
        let (errors, warnings) = SettingsReader.check(path, environment: environment)
        for warning in warnings { StandardStream.error.write("\(warning) (warning)\n") }
        for error in errors { StandardStream.error.write("\(error)\n") }
        guard errors.isEmpty else { return ExitStatus.failed }
        return ExitStatus.printing("\(path): sound\n")
    }
}
