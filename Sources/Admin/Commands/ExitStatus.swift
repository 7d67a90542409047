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
}
