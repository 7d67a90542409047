internal import Kernel

/// How a command ended, for the shell.
package enum ExitStatus {
    /// As asked.
    package static let done: Int32 = 0
    /// Refused or failed; the reason is on standard error.
    package static let failed: Int32 = 1
    /// The command line is wrong.
    package static let usage: Int32 = 2
    /// Nobody listens on the control socket (EX_UNAVAILABLE of sysexits.h).
    package static let unavailable: Int32 = 69

    /// Prints the result of a command: done, or failed when it cannot be printed.
    package static func printing(_ text: String) -> Int32 {
        guard let error = StandardStream.output.write(text) else { return done }
        StandardStream.error.write("standard output: \(error)\n")
        return failed
    }
}
