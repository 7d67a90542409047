import Admin
import ArgumentParser
import Kernel

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a token for the admin address, prints it, and keeps its hash in a file.",
        discussion: """
            The file's mode is 0600: where the proxy is another user than you, give the file to \
            its group and let that read it. SIGHUP lets a running proxy read it.
            """)

    @Argument(help: "The file that gets the hash.", completion: .file())
    var file: String

    @Flag(name: .long, help: "Put another token in place of one that is there.")
    var replace = false

    func run() throws {
        ProcessFacts.keepNewFilesPrivate()
        try finish(TokenCommand.run(file, isReplacing: replace))
    }
}
