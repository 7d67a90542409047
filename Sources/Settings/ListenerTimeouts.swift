/// How long a listener's clients may take for each step, in milliseconds.
package struct ListenerTimeouts: Sendable, Equatable {
    /// From a client's first byte of a head to its last, however many pieces it comes in.
    package var headMilliseconds: Int
    /// Between two pieces of a request's body, and while a client takes nothing of its answer.
    package var bodyIdleMilliseconds: Int
    /// An idle client connection is kept this long; also one that has not sent anything yet.
    package var keepaliveMilliseconds: Int
    /// A tunnel in which nothing moves is kept this long.
    package var tunnelMilliseconds: Int
    /// What stands before a connection's own bytes, or tells where it is to go, must be whole so
    /// soon: a header of the PROXY protocol, the first message of TLS, a handshake.
    package var handshakeMilliseconds: Int
    /// A connection through a tcp listener is closed when it is so old; nil: never.
    package var lifetimeMilliseconds: Int?
    /// A client of HTTP/2 whose streams are open is asked so often whether it is still there; nil:
    /// never.
    package var pingMilliseconds: Int?

    /// The presets, except for what is said.
    package init(
        headMilliseconds: Int = 10_000,
        bodyIdleMilliseconds: Int = 30_000,
        keepaliveMilliseconds: Int = 75_000,
        tunnelMilliseconds: Int = 600_000,
        handshakeMilliseconds: Int = 10_000,
        lifetimeMilliseconds: Int? = nil,
        pingMilliseconds: Int? = nil
    ) {
        self.headMilliseconds = headMilliseconds
        self.bodyIdleMilliseconds = bodyIdleMilliseconds
        self.keepaliveMilliseconds = keepaliveMilliseconds
        self.tunnelMilliseconds = tunnelMilliseconds
        self.handshakeMilliseconds = handshakeMilliseconds
        self.lifetimeMilliseconds = lifetimeMilliseconds
        self.pingMilliseconds = pingMilliseconds
    }
}
