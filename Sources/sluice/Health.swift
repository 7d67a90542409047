import Admin
import ArgumentParser

struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks whether the proxy is well; the exit status says it.")

    @Flag(name: .long, help: "Ask whether clients may come: not while it starts or stops.")
    var ready = false

    @OptionGroup var socket: SocketOptions

    func run() throws {
        try finish(SocketCommands(socket: try socket.path()).health(ofReadiness: ready))
    }
}
