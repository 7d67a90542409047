package import Telemetry

/// Why what comes before a connection's first bytes came to nothing.
package enum OpeningFault: Sendable, Hashable {
    /// A handshake of TLS with a client, or with a target.
    case handshake(HandshakeFailure)
    /// The header that a listener requires.
    case proxyHeader(ProxyHeaderRefusal)
    /// The first message of a TLS client, where the name in it chooses.
    case clientHello(ClientHelloResult)
}

/// A connection that did not get over its opening. Of one kind and place at most one in ten
/// seconds and worker is told of.
package struct OpeningReport: Sendable, Equatable {
    /// Between whom it was.
    package enum Place: Sendable, Equatable {
        /// The listener's name, and the address of the client.
        case listener(String, client: String)
        /// The upstream's name, and the address of the target.
        case upstream(String, target: String)
    }

    /// Between whom it was, and what went wrong.
    package let place: Place
    package let fault: OpeningFault
    /// What the library of TLS says of it, or the name that was asked for; empty for nothing.
    package let reason: String
    /// So many others of the kind there were since the report before, and not told of.
    package let untold: Int
}

/// Where an opening failed, by the id of the listener or of the target.
package enum OpeningPlace: Sendable, Hashable {
    case listener(Int)
    case target(Int)
}

/// The same as the worker posts it, with ids.
struct PostedOpening: Sendable {
    let place: OpeningPlace
    /// The client's address, for a listener.
    let client: String
    let fault: OpeningFault
    let reason: String
    let untold: Int
}
