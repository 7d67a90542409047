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

    @Option(name: .long, help: "candidate: writes to the stable upstream go on.")
    var mode = "both"

    @Option(name: .long, help: "Why, for those who look later.")
    var reason: String?

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @OptionGroup var socket: SocketOptions

    func validate() throws {
        guard ["both", "candidate"].contains(mode) else {
            throw ValidationError("--mode: \(mode.debugDescription); expected both or candidate")
        }
    }

    func run() throws {
        let commands = SocketCommands(socket: try socket.path(), asJSON: json)
        try finish(commands.freeze(split, mode: mode, reason: reason))
    }
}

struct Unfreeze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends the freeze of a split.",
        usage: "sluice unfreeze SPLIT [--reason TEXT] [--json]")

    @Argument(help: "The split.")
    var split: String

    @Option(name: .long, help: "Why, for those who look later.")
    var reason: String?

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @OptionGroup var socket: SocketOptions

    func run() throws {
        let commands = SocketCommands(socket: try socket.path(), asJSON: json)
        try finish(commands.unfreeze(split, reason: reason))
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
