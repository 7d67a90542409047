import Admin
import ArgumentParser

struct Split: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows splits, or sets the weights of one.",
        usage: """
            sluice split [NAME] [--json]
            sluice split NAME MEMBER=WEIGHT ... [--reason TEXT] [--if-generation N] [--force]
            """)

    @Argument(help: "The split; every split when it is left out.")
    var name: String?

    @Argument(help: "A weight for every member, such as x=75 y=25.")
    var weights: [String] = []

    @OptionGroup var word: CommandReason

    @Option(name: .long, help: "Change only what this generation has set.")
    var ifGeneration: UInt64?

    @Flag(name: .long, help: "Raise a member too that is kept at 0.")
    var force = false

    @OptionGroup var output: CommandOutput

    func validate() throws {
        try expect(name)
        if let name, name.contains("=") {
            throw ValidationError(
                "\(name.debugDescription) is no split; expected a split and MEMBER=WEIGHT ...")
        }
    }

    func run() throws {
        let commands = try output.commands()
        guard let name, !weights.isEmpty else {
            guard word.reason == nil, ifGeneration == nil, !force else {
                throw ValidationError("no weights; expected a split and MEMBER=WEIGHT ...")
            }
            return try finish(commands.showSplits(name))
        }
        try finish(
            commands.setWeights(
                name, weights, reason: word.reason, ifGeneration: ifGeneration, isForced: force))
    }
}

struct Rollback: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends all traffic to the stable upstream, at once.")

    @Argument(help: "The split; every split when it is left out.")
    var name: String?

    @OptionGroup var word: CommandReason

    @Flag(name: .long, help: "Also where the stable upstream is kept at 0.")
    var force = false

    @OptionGroup var output: CommandOutput

    func validate() throws { try expect(name) }

    func run() throws {
        let commands = try output.commands()
        try finish(commands.rollback(name, reason: word.reason, isForced: force))
    }
}

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows listeners, upstreams, splits and how the proxy is.")

    @OptionGroup var output: CommandOutput

    func run() throws {
        try finish(output.commands().status())
    }
}

struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the metrics as Prometheus reads them.")

    @OptionGroup var socket: SocketOptions

    func run() throws { try finish(SocketCommands(socket: try socket.path()).metrics()) }
}
