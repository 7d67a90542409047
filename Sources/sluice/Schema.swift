import Admin
import ArgumentParser
import Settings

extension SettingsSchema: ExpressibleByArgument {}

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints a JSON schema, for editors and checks.")

    @Argument(help: "What it is of.")
    var kind = SettingsSchema.config

    func run() throws { try finish(ExitStatus.printing(kind.text)) }
}
