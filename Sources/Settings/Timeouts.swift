/// How long each step may take, in milliseconds.
package struct Timeouts: Sendable, Equatable {
    /// From a client's first byte of a head to its last.
    package let headMilliseconds: Int
    /// Between two pieces of a request's body, and while a peer takes nothing of what is sent.
    package let bodyIdleMilliseconds: Int
    /// To connect to a target.
    package let connectMilliseconds: Int
    /// From the request's last byte to the response's head.
    package let responseMilliseconds: Int
    /// An idle client connection is kept this long.
    package let clientKeepaliveMilliseconds: Int
    /// An idle upstream connection is kept this long: less than Kong's own 75 s, so that
    /// Sluice closes first and no request meets a connection that is just being closed.
    package let upstreamKeepaliveMilliseconds: Int
    /// A tunnel in which nothing moves is kept this long.
    package let tunnelMilliseconds: Int
    /// Exchanges that run when the process stops may go on this long.
    package let shutdownGraceMilliseconds: Int
    /// Accepting goes on this long after the stop signal.
    package let shutdownDelayMilliseconds: Int

    /// The presets, except for what is said.
    package init(
        headMilliseconds: Int = 10_000,
        bodyIdleMilliseconds: Int = 30_000,
        connectMilliseconds: Int = 5_000,
        responseMilliseconds: Int = 75_000,
        clientKeepaliveMilliseconds: Int = 75_000,
        upstreamKeepaliveMilliseconds: Int = 50_000,
        tunnelMilliseconds: Int = 600_000,
        shutdownGraceMilliseconds: Int = 30_000,
        shutdownDelayMilliseconds: Int = 0
    ) {
        self.headMilliseconds = headMilliseconds
        self.bodyIdleMilliseconds = bodyIdleMilliseconds
        self.connectMilliseconds = connectMilliseconds
        self.responseMilliseconds = responseMilliseconds
        self.clientKeepaliveMilliseconds = clientKeepaliveMilliseconds
        self.upstreamKeepaliveMilliseconds = upstreamKeepaliveMilliseconds
        self.tunnelMilliseconds = tunnelMilliseconds
        self.shutdownGraceMilliseconds = shutdownGraceMilliseconds
        self.shutdownDelayMilliseconds = shutdownDelayMilliseconds
    }
}
