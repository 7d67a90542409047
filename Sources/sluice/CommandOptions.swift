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

/// Which proxy a command talks to, and how its answer is printed.
struct CommandOutput: ParsableArguments {
    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @OptionGroup var socket: SocketOptions

    func commands() throws -> SocketCommands {
        SocketCommands(socket: try socket.path(), asJSON: json)
    }
}

/// Why something is changed.
struct CommandReason: ParsableArguments {
    @Option(name: .long, help: "Why, for those who look later.")
    var reason: String?
}
