/// How the process ends, in milliseconds.
package struct ShutdownTimes: Sendable, Equatable {
    /// Exchanges that run when the process stops may go on this long.
    package var graceMilliseconds: Int
    /// Accepting goes on this long after the stop signal.
    package var delayMilliseconds: Int

    /// The presets, except for what is said.
    package init(graceMilliseconds: Int = 30_000, delayMilliseconds: Int = 0) {
        self.graceMilliseconds = graceMilliseconds
        self.delayMilliseconds = delayMilliseconds
    }
}
