/// A handshake of TLS that was good.
package struct Handshake: Sendable, Equatable {
    /// Whether TLS 1.3 was agreed on, else 1.2; whether an earlier session was taken up.
    package let isVersion13: Bool
    package let isResumed: Bool

    package init(isVersion13: Bool, isResumed: Bool) {
        self.isVersion13 = isVersion13
        self.isResumed = isResumed
    }

    static let all = [false, true].flatMap { version in
        [false, true].map { Handshake(isVersion13: version, isResumed: $0) }
    }

    var column: Int { (isVersion13 ? 2 : 0) + (isResumed ? 1 : 0) }
    var version: String { isVersion13 ? "TLSv1.3" : "TLSv1.2" }
    var kind: String { isResumed ? "resumed" : "full" }
}

/// Why a handshake came to nothing.
package enum HandshakeFailure: Int, CaseIterable, Sendable {
    case closed, timeout, garbage, plainHTTP, notExpected, version, cipher, unknownName
    case certificateMissing, verification, alert, other, applicationProtocol

    /// Its word in metrics.
    package var label: String {
        switch self {
        case .closed: "closed"
        case .timeout: "timeout"
        case .garbage: "garbage"
        case .plainHTTP: "plain_http"
        case .notExpected: "tls_on_plain_port"
        case .version: "version"
        case .cipher: "cipher"
        case .unknownName: "unknown_name"
        case .certificateMissing: "certificate_missing"
        case .verification: "verification"
        case .alert: "alert"
        case .other: "other"
        case .applicationProtocol: "alpn"
        }
    }
}

/// What one worker counts of handshakes: by listener, and by upstream.
struct HandshakeCounters: Sendable {
    var ofListeners = CountTable(columns: Handshake.all.count)
    var ofUpstreams = CountTable(columns: Handshake.all.count)
    var failuresOfListeners = CountTable(columns: HandshakeFailure.allCases.count)
    var failuresOfUpstreams = CountTable(columns: HandshakeFailure.allCases.count)

    mutating func grow(listeners: Int, upstreams: Int) {
        ofListeners.grow(rows: listeners)
        ofUpstreams.grow(rows: upstreams)
        failuresOfListeners.grow(rows: listeners)
        failuresOfUpstreams.grow(rows: upstreams)
    }

    mutating func merge(_ other: HandshakeCounters) {
        ofListeners.merge(other.ofListeners)
        ofUpstreams.merge(other.ofUpstreams)
        failuresOfListeners.merge(other.failuresOfListeners)
        failuresOfUpstreams.merge(other.failuresOfUpstreams)
    }
}
