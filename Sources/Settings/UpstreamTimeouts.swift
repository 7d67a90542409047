/// How long an upstream's targets may take for each step, in milliseconds.
package struct UpstreamTimeouts: Sendable, Equatable {
    /// To connect to a target.
    package var connectMilliseconds: Int
    /// From the request's last byte to the response's head.
    package var responseMilliseconds: Int
    /// Between two pieces of a response's body, and while a target takes nothing of the request.
    package var idleMilliseconds: Int
    /// An idle upstream connection is kept this long: less than Kong's own 75 s, so that
    /// Sluice closes first and no request meets a connection that is just being closed.
    package var keepaliveMilliseconds: Int
    /// From the head of a request to the last byte of its answer, tunnels excluded; nil: any time.
    package var totalMilliseconds: Int?
    /// A connection of HTTP/2 with open streams is asked so often whether the target is still
    /// there; nil: never.
    package var pingMilliseconds: Int?

    /// The presets, except for what is said.
    package init(
        connectMilliseconds: Int = 5_000,
        responseMilliseconds: Int = 75_000,
        idleMilliseconds: Int = 75_000,
        keepaliveMilliseconds: Int = 50_000,
        totalMilliseconds: Int? = nil,
        pingMilliseconds: Int? = nil
    ) {
        self.connectMilliseconds = connectMilliseconds
        self.responseMilliseconds = responseMilliseconds
        self.idleMilliseconds = idleMilliseconds
        self.keepaliveMilliseconds = keepaliveMilliseconds
        self.totalMilliseconds = totalMilliseconds
        self.pingMilliseconds = pingMilliseconds
    }
}
