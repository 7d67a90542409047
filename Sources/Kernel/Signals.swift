internal import CLinux

/// What the process does about signals that no service waits for.
package enum Signals {
    /// A write to a connection that its peer has closed fails with an error and is no reason to
    /// end the process (SIGPIPE, signal(7)).
    package static func ignoreBrokenPipes() { sluice_ignore_sigpipe() }
}
