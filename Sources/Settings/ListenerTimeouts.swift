/// How long a listener's clients may take for each step, in milliseconds.
package struct ListenerTimeouts: Sendable, Equatable {
    /// A handshake of TLS must be over so soon after the connection came.
    package var handshakeMilliseconds = 10_000
    /// From a client's first byte of a head to its last, however many pieces it comes in.
    package var headMilliseconds: Int
    /// Between two pieces of a request's body, and while a client takes nothing of its answer.
    package var bodyIdleMilliseconds: Int
    /// An idle client connection is kept this long; also one that has not sent anything yet.
    package var keepaliveMilliseconds: Int
    /// A tunnel in which nothing moves is kept this long.
    package var tunnelMilliseconds: Int

    /// The presets, except for what is said.
    package init(
        headMilliseconds: Int = 10_000,
        bodyIdleMilliseconds: Int = 30_000,
        keepaliveMilliseconds: Int = 75_000,
        tunnelMilliseconds: Int = 600_000
    ) {
        self.headMilliseconds = headMilliseconds
        self.bodyIdleMilliseconds = bodyIdleMilliseconds
        self.keepaliveMilliseconds = keepaliveMilliseconds
        self.tunnelMilliseconds = tunnelMilliseconds
    }
}
