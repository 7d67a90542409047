import Admin
import ArgumentParser
import Foundation

/// Which running proxy a command talks to.
struct SocketOptions: ParsableArguments {
    @Option(name: .long, help: "The control socket.", completion: .file())
    var socket: String?

    @Option(
        name: .long, help: "The configuration file that names the control socket.",
        completion: .file())
    var config: String?

    /// `--socket`, else SLUICE_SOCKET, else what `--config` names.
    func path() throws -> String {
        do throws(SocketDiscovery.Fault) {
            return try SocketDiscovery.path(
                socket: socket, config: config, environment: ProcessInfo.processInfo.environment)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

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

    @Option(name: .long, help: "Why the weights change, for those who look later.")
    var reason: String?

    @Option(name: .long, help: "Change only what this generation has set.")
    var ifGeneration: UInt64?

    @Flag(name: .long, help: "Raise a member too that is kept at 0.")
    var force = false

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @OptionGroup var socket: SocketOptions

    func validate() throws {
        try expect(name)
        if let name, name.contains("=") {
            throw ValidationError(
                "\(name.debugDescription) is no split; expected a split and MEMBER=WEIGHT ...")
        }
    }

    func run() throws {
        let commands = SocketCommands(socket: try socket.path(), asJSON: json)
        guard let name, !weights.isEmpty else {
            guard reason == nil, ifGeneration == nil, !force else {
                throw ValidationError("no weights; expected a split and MEMBER=WEIGHT ...")
            }
            return try finish(commands.showSplits(name))
        }
        try finish(
            commands.setWeights(
                name, weights, reason: reason, ifGeneration: ifGeneration, isForced: force))
    }
}

struct Rollback: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends all traffic to the stable upstream, at once.")

    @Argument(help: "The split; every split when it is left out.")
    var name: String?

    @Option(name: .long, help: "Why, for those who look later.")
    var reason: String?

    @Flag(name: .long, help: "Also where the stable upstream is kept at 0.")
    var force = false

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @OptionGroup var socket: SocketOptions

    func validate() throws { try expect(name) }

    func run() throws {
        let commands = SocketCommands(socket: try socket.path(), asJSON: json)
        try finish(commands.rollback(name, reason: reason, isForced: force))
    }
}

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows listeners, upstreams, splits and how the proxy is.")

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @OptionGroup var socket: SocketOptions

    func run() throws {
        try finish(SocketCommands(socket: try socket.path(), asJSON: json).status())
    }
}

struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the metrics as Prometheus reads them.")

    @OptionGroup var socket: SocketOptions

    func run() throws { try finish(SocketCommands(socket: try socket.path()).metrics()) }
}
