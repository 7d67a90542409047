import Admin
import ArgumentParser
import Settings

struct Shift: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Closes old long-lived connections so that they follow the weights.",
        usage: "sluice shift [SPLIT] --max-age TIME [--over TIME] [--reason TEXT] [--json]")

    @Argument(help: "The split; every split if none is named.")
    var split: String?

    // A value that begins with a dash is told of as one, not as an option that is not known.
    @Option(
        name: .long, parsing: .unconditional,
        help: "Only connections and tunnels older than 10m, say.")
    var maxAge: String

    @Option(name: .long, parsing: .unconditional, help: "Spread over this time: 30s unless said.")
    var over: String?

    @OptionGroup var word: CommandReason

    @OptionGroup var output: CommandOutput

    func validate() throws {
        try expect(split)
        try check(maxAge, "--max-age")
        if let over { try check(over, "--over") }
    }

    func run() throws {
        let commands = try output.commands()
        try finish(commands.shift(split, maxAge: maxAge, over: over, reason: word.reason))
    }

    private func check(_ text: String, _ option: String) throws {
        guard DurationText.milliseconds(text) != nil else {
            throw ValidationError(
                "\(option): \(text.debugDescription); expected a duration up to 24h, such as "
                    + "250ms, 30s or 5m")
        }
    }
}
