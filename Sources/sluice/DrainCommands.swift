import Admin
import ArgumentParser
import Settings

struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gives an upstream, or one of its targets, nothing new; what runs there ends.",
        usage: "sluice drain UPSTREAM [--target ADDRESS] [--reason TEXT] [--wait TIME] [--json]")

    @Argument(help: "The upstream.")
    var upstream: String

    @Option(name: .long, help: "One target only, as the settings write it or as it is resolved.")
    var target: String?

    @OptionGroup var word: CommandReason

    @Option(
        name: .long,
        help: "Return when nothing is in flight there any more, or fail after 60s, say.")
    var wait: String?

    @OptionGroup var output: CommandOutput

    func validate() throws {
        try expect(upstream, "an upstream")
        _ = try waitMilliseconds()
    }

    func run() async throws {
        let commands = try output.commands()
        try finish(
            await commands.drain(
                upstream, target: target, reason: word.reason,
                waitMilliseconds: try waitMilliseconds()))
    }

    private func waitMilliseconds() throws -> Int? {
        guard let wait else { return nil }
        guard let milliseconds = DurationText.milliseconds(wait) else {
            throw ValidationError(
                "--wait: \(wait.debugDescription); expected a duration up to 24h, such as "
                    + "250ms, 30s or 5m")
        }
        return milliseconds
    }
}

struct Undrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gives an upstream, or one of its targets, requests again.",
        usage: "sluice undrain UPSTREAM [--target ADDRESS] [--json]")

    @Argument(help: "The upstream.")
    var upstream: String

    @Option(name: .long, help: "One target only: what was drained by itself.")
    var target: String?

    @OptionGroup var output: CommandOutput

    func validate() throws { try expect(upstream, "an upstream") }

    func run() throws {
        let commands = try output.commands()
        try finish(commands.undrain(upstream, target: target))
    }
}
