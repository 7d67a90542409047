/// How a connection through a tcp listener ended.
package enum TCPEnd: Int, CaseIterable, Sendable {
    /// Both sides have ended it.
    case closed
    /// The client, or the target, broke it.
    case clientReset, upstreamReset
    /// Nothing moved for too long.
    case idle
    /// It was as old as its listener lets connections become.
    case lifetime
    /// It was closed so that its client connects anew, by the weights of that moment.
    case shifted
    /// It never got to a target.
    case notConnected

    /// The value of the label.
    package var label: String {
        switch self {
        case .closed: "closed"
        case .clientReset: "client_reset"
        case .upstreamReset: "upstream_reset"
        case .idle: "idle_timeout"
        case .lifetime: "lifetime"
        case .shifted: "shifted"
        case .notConnected: "not_connected"
        }
    }

    /// Whether nobody wanted it so.
    package var isFault: Bool {
        switch self {
        case .closed, .lifetime, .shifted: false
        case .clientReset, .upstreamReset, .idle, .notConnected: true
        }
    }
}

/// Why a connection was closed that had to begin with a header of the PROXY protocol.
package enum ProxyHeaderRefusal: Int, CaseIterable, Sendable {
    /// Whoever connected may not announce anybody.
    case untrusted
    case missing, malformed, tooLong, unsupported, badChecksum
    /// The header was not whole in time, or the connection ended before it was.
    case timeout, closed

    /// The value of the label.
    package var label: String {
        switch self {
        case .tooLong: "too_long"
        case .badChecksum: "bad_checksum"
        default: "\(self)"
        }
    }
}

/// What came of looking for the name that a TLS client asks for.
package enum ClientHelloResult: Int, CaseIterable, Sendable {
    /// There is one, or none.
    case named, unnamed
    case notTLS, malformed, tooLarge
    /// The message was not whole in time, or the connection ended before it was.
    case timeout, closed

    /// The value of the label.
    package var label: String {
        switch self {
        case .notTLS: "not_tls"
        case .tooLarge: "too_large"
        default: "\(self)"
        }
    }
}
