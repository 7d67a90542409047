import Admin
import ArgumentParser
import Foundation

struct Freeze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets nobody write to the Admin APIs of a split's upstreams.",
        usage: "sluice freeze SPLIT [--mode both|candidate] [--reason TEXT] [--json]",
        discussion: """
            Listeners with a guard refuse with 423 what writes. It is in force when the command \
            returns, survives restarts, and ends with `sluice unfreeze`.
            """)

    @Argument(help: "The split.")
    var split: String

    @Option(
        name: .long, help: "candidate: writes to the stable upstream go on.",
        completion: .list(["both", "candidate"]))
    var mode = "both"

    @OptionGroup var word: CommandReason

    @OptionGroup var output: CommandOutput

    func validate() throws {
        try expect(split)
        guard ["both", "candidate"].contains(mode) else {
            throw ValidationError("--mode: \(mode.debugDescription); expected both or candidate")
        }
    }

    func run() throws {
        let commands = try output.commands()
        try finish(commands.freeze(split, mode: mode, reason: word.reason))
    }
}

struct Unfreeze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends the freeze of a split.",
        usage: "sluice unfreeze SPLIT [--reason TEXT] [--json]")

    @Argument(help: "The split.")
    var split: String

    @OptionGroup var word: CommandReason

    @OptionGroup var output: CommandOutput

    func validate() throws { try expect(split) }

    func run() throws {
        let commands = try output.commands()
        try finish(commands.unfreeze(split, reason: word.reason))
    }
}

struct Latch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keeps a member of a split at weight 0, whoever would raise it.",
        usage: "sluice latch SPLIT UPSTREAM [--reason TEXT] [--json]",
        discussion: """
            It has to be at weight 0. Commands, the API, the weight file and rollbacks leave it \
            there unless they are forced, until `sluice unlatch`.
            """)

    @OptionGroup var member: LatchedMember
    @OptionGroup var word: CommandReason
    @OptionGroup var output: CommandOutput

    func run() throws {
        let commands = try output.commands()
        try finish(commands.latch(member.upstream, of: member.split, reason: word.reason))
    }
}

struct Unlatch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets a member of a split have weight again.",
        usage: "sluice unlatch SPLIT UPSTREAM [--reason TEXT] [--json]",
        discussion: "`sluice upgrade finish` latches the old side: is it sound to start it again?")

    @OptionGroup var member: LatchedMember
    @OptionGroup var word: CommandReason
    @OptionGroup var output: CommandOutput

    func run() throws {
        let commands = try output.commands()
        try finish(commands.unlatch(member.upstream, of: member.split, reason: word.reason))
    }
}

/// Which member of which split.
struct LatchedMember: ParsableArguments {
    @Argument(help: "The split.")
    var split: String

    @Argument(help: "The member's upstream.")
    var upstream: String

    func validate() throws {
        try expect(split)
        try expect(upstream, "an upstream")
    }
}

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what was changed, by whom and why, or checks that nobody has edited it.",
        discussion: "It reads the file in the state_dir; no proxy need run.")

    @OptionGroup var configuration: ConfigurationOption

    @Flag(name: .long, help: "Follow the chain of hashes; exit 1 names the line that breaks it.")
    var verify = false

    @Option(name: .long, help: "How many entries to show, the last ones.")
    var last = 20

    @Flag(name: .long, help: "Print the entries as they are kept, a JSON object a line.")
    var json = false

    func validate() throws {
        if last < 1 { throw ValidationError("--last: expected at least 1") }
    }

    func run() throws {
        try finish(
            AuditCommand.run(
                config: configuration.config, environment: ProcessInfo.processInfo.environment,
                last: last, isVerifying: verify, asJSON: json))
    }
}
