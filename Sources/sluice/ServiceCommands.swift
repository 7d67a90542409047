import Admin
import ArgumentParser
import Foundation
import Settings

struct LogLevelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log-level", abstract: "Shows how much is logged, or changes it at once.",
        usage: "sluice log-level [LEVEL] [--for TIME] [--reason TEXT] [--json]",
        discussion: """
            LEVEL is trace, debug, info, notice, warning, error, critical, or configured: what \
            the settings say. It stays until the proxy ends, unless --for says how long.
            """)

    @Argument(
        help: "The least important level that is logged from now on.",
        completion: .list([
            "trace", "debug", "info", "notice", "warning", "error", "critical", "configured",
        ]))
    var level: String?

    @Option(name: .long, help: "Only for so long, such as 10m.")
    var `for`: String?

    @OptionGroup var word: CommandReason
    @OptionGroup var output: CommandOutput

    func validate() throws {
        if let time = `for`, DurationText.milliseconds(time) == nil {
            throw ValidationError(
                "--for: \(time.debugDescription); expected a duration up to 24h, such as 30s or 10m"
            )
        }
        if level == nil, `for` != nil || word.reason != nil {
            throw ValidationError("no level; expected one, such as debug")
        }
    }

    func run() throws {
        let commands = try output.commands()
        try finish(commands.logLevel(level, for: `for`, reason: word.reason))
    }
}

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks whether this machine, the targets and the settings fit together.",
        discussion: """
            It changes nothing, and needs no running proxy. Each line says what was looked at, how \
            it is, and what to do. The exit status is 1 when something fails.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func run() async throws {
        try finish(
            await DoctorCommand.run(
                config: configuration.config, environment: ProcessInfo.processInfo.environment,
                asJSON: json))
    }
}
