import Admin
import ArgumentParser
import Foundation

struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows splits, latencies, errors and the rollout live in the terminal.",
        discussion: """
            Keys: arrows choose a split, + and - move its candidate's weight, r rolls it back, p \
            pauses the rollout; Enter confirms, Escape does not; q quits. Into a pipe it prints \
            once. NO_COLOR takes the colours away.
            """)

    @Flag(name: .long, help: "Print everything once.")
    var once = false

    @Option(name: .long, help: "What + and - move, in percent of the split.")
    var step = 1.0

    @OptionGroup var socket: SocketOptions

    func validate() throws {
        guard (0.01...50).contains(step) else {
            throw ValidationError("--step: \(step); expected 0.01 to 50")
        }
    }

    func run() async throws {
        let top = TopCommand(
            socket: try socket.path(), stepPercent: step,
            noColour: ProcessInfo.processInfo.environment["NO_COLOR"])
        try finish(once ? top.once() : await top.run())
    }
}
