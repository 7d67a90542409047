internal import HTTP

/// What may be sent once more, and on what.
extension Exchange {
    /// Whether sending the request again cannot do it twice (RFC 9110 section 9.2.2), and all of
    /// it that went out is still held.
    var maySendAgain: Bool { isHeld && (!requestHasBegun || method.isIdempotent) }

    /// Once a request has been sent, no connection that may have grown stale gets it; nor does a
    /// connection of a tcp listener, since nothing of it can be sent again.
    package var needsNewConnection: Bool { hasBeenRepeated || retries > 0 || isTCP }
}
