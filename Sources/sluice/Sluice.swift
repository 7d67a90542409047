import Admin
import ArgumentParser
import Foundation
import Kernel

/// `sluice` and its commands; what they do is in Admin.
@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Splits live API traffic between upstreams by weight.",
        version: "sluice \(Version.text)",
        subcommands: [
            Run.self, Check.self, Demo.self, Split.self, Rollback.self, Drain.self,
            Undrain.self, Shift.self, Freeze.self, Unfreeze.self, Latch.self, Unlatch.self,
            Upgrade.self, Rollout.self, Audit.self, Status.self, Health.self, Top.self, Token.self,
            Metrics.self, LogLevelCommand.self, Doctor.self, Schema.self, ShowVersion.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if let run = command as? Run {
                // Nothing has been waited for yet: this is the only thread.
                let start = run.prepare()
                try finish(await RunCommand.run(start))
            } else if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Wrong usage ends with 2, as shells do it, and not with the parser's own code.
    private static func end(with error: any Error) -> Never {
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if code == .success { Foundation.exit(ExitStatus.printing("\(text)\n")) }
        if !text.isEmpty { StandardStream.error.write("\(text)\n") }
        Foundation.exit(code == .validationFailure ? ExitStatus.usage : code.rawValue)
    }
}

/// A name that is none would make a path of another meaning.
func expect(_ name: String?, _ what: String = "a split") throws {
    if let name, name.allSatisfy(\.isWhitespace) {
        throw ValidationError("\(name.debugDescription): expected the name of \(what)")
    }
}

/// Ends a command with an exit status that is not 0.
func finish(_ status: Int32) throws {
    if status != ExitStatus.done { throw ExitCode(status) }
}
