/// How a response goes to the client.
package struct ResponseDelivery: Equatable, Sendable {
    /// The version of the client's request.
    package let version: HTTPVersion
    /// Whether the client's connection stays open afterwards.
    package let keepAlive: Bool
    /// How the body is framed towards the client.
    package let framing: BodyFraming

    package init(version: HTTPVersion, keepAlive: Bool, framing: BodyFraming) {
        self.version = version
        self.keepAlive = keepAlive
        self.framing = framing
    }

    /// The delivery that a client of `version` can read: what has no known length goes out in
    /// chunks, and to an HTTP/1.0 client until its connection is closed. `keepAlive` says whether
    /// the connection may stay open as far as the request and the listener are concerned.
    package init(of head: borrowing ResponseHead, to version: HTTPVersion, keepAlive: Bool) {
        switch head.framing {
        case .none, .length:
            self.init(version: version, keepAlive: keepAlive, framing: head.framing)
        case .chunked, .untilClose:
            let isChunked = version == .http11
            self.init(
                version: version, keepAlive: keepAlive && isChunked,
                framing: isChunked ? .chunked : .untilClose)
        }
    }
}
