/// By what an upstream was chosen for a request.
package enum ChoiceKind: Int, CaseIterable, Sendable {
    case sequence, sticky, pin, shift
}

/// How an attempt to connect to a target ended.
package enum ConnectResult: Int, CaseIterable, Sendable {
    case ok, refused, timeout, unreachable, reset, other
    /// Connected, but no session of TLS came about, or only with one who cannot be trusted.
    case handshake, unverified
}

/// Why an attempt to get an answer from an upstream failed.
package enum AttemptFailure: Int, CaseIterable, Sendable {
    /// No connection came about.
    case connect
    /// Connected, but the answer did not come or did not go on in time.
    case timeout
    /// The connection was reset.
    case reset
    /// The connection was closed before the answer was whole.
    case closed
    /// The answer broke the rules of its protocol.
    case `protocol`
    /// Anything else.
    case other
    /// The target's TLS came to nothing.
    case handshake
    /// The target's certificate cannot be trusted, or is for another name.
    case unverified
}

/// Which limit a client's connection was turned away for.
package enum Refusal: Int, CaseIterable, Sendable {
    case connections, connectionsPerClient

    /// The key of the limit in the settings.
    package var label: String {
        switch self {
        case .connections: "connections"
        case .connectionsPerClient: "connections_per_client"
        }
    }
}

/// What a guard refused a request for.
package enum GuardRefusal: String, CaseIterable, Sendable {
    case method, path, target, upgrade, override
}

/// Why an exchange did not get a place at a target.
package enum QueueRefusal: Int, CaseIterable, Sendable {
    /// As many as may wait did so already.
    case full
    /// It waited for as long as it may.
    case timeout
}

/// Whether an upstream connection waits in the pool or serves an exchange.
enum UpstreamConnectionState: Int, CaseIterable {
    case idle, active
}

/// Whether bytes came from an upstream or went to it.
enum ByteDirection: Int, CaseIterable {
    case received, sent
}

/// The columns of exact status codes: 0 (no answer was sent), then 100 to 999.
enum StatusColumn {
    static let count = 901

    /// The column of a code; what is no status code counts as 0.
    static func of(code: Int) -> Int {
        (100...999).contains(code) ? code - 99 : 0
    }

    /// The code of a column.
    static func code(of column: Int) -> Int {
        column == 0 ? 0 : column + 99
    }
}
