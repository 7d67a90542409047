internal import COpenSSL

/// Why a handshake came to nothing, or a session broke.
package enum TLSFault: Int, CaseIterable, Sendable {
    /// The peer closed, or its connection broke, before the handshake was over.
    case closed
    /// It was not over in time.
    case timeout
    /// What came is not TLS, or breaks its rules.
    case garbage
    /// A plain HTTP request came instead.
    case plainHTTP
    /// A handshake of TLS came where plain HTTP is spoken.
    case notExpected
    /// The two have no version in common.
    case version
    /// The two have no cipher, group or kind of signature in common.
    case cipher
    /// The client offers only protocols (ALPN) that are not spoken here.
    case applicationProtocol
    /// The client asked for a name that is not served here.
    case unknownName
    /// The client showed no certificate, though one is required.
    case certificateMissing
    /// The peer's certificate cannot be trusted, or is for another name.
    case verification
    /// The peer refused with an alert of its own.
    case refusedByPeer
    /// Anything else.
    case other

    /// From the oldest error in OpenSSL's queue.
    init(code: UInt) {
        guard code != 0, sluice_err_is_ssl(code) != 0 else {
            self = code == 0 ? .closed : .other
            return
        }
        switch sluice_err_reason(code) {
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST:
            self = .plainHTTP
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_UNKNOWN_PROTOCOL, SSL_R_VERSION_TOO_LOW,
            SSL_R_VERSION_TOO_HIGH, SSL_R_UNSUPPORTED_SSL_VERSION,
            SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, SSL_R_INAPPROPRIATE_FALLBACK:
            self = .version
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
            SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SHARED_GROUPS,
            SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
            self = .cipher
        case SSL_R_NO_APPLICATION_PROTOCOL:
            self = .applicationProtocol
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            self = .certificateMissing
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            self = .verification
        case SSL_R_CALLBACK_FAILED:
            self = .unknownName
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            self = .closed
        case SSL_AD_REASON_OFFSET..<SSL_AD_REASON_OFFSET + 256:
            self = .refusedByPeer
        case let reason where reason >= SSL_AD_REASON_OFFSET:
            // An error of its own: no memory, say.
            self = .other
        default:
            self = .garbage
        }
    }
}

/// What a step of the handshake came to.
package enum TLSProgress: Equatable, Sendable {
    /// It is over and good.
    case done
    /// The peer's next bytes are needed.
    case wantsMore
    case failed(TLSFault)
}

/// What a read came to.
package enum TLSRead: Equatable, Sendable {
    /// So many bytes of plain text came; at least one.
    case done(Int)
    /// The peer's next bytes are needed.
    case wantsMore
    /// The peer has said that it sends nothing more (close_notify).
    case ended
    /// The connection ended without that: what came may not be all.
    case truncated
    case failed(TLSFault)
}

/// A version of TLS, as the peers agreed on it.
package enum TLSVersion: Int, CaseIterable, Sendable {
    case tls12, tls13

    /// Its name in metrics and logs.
    package var label: StaticString {
        switch self {
        case .tls12: "TLSv1.2"
        case .tls13: "TLSv1.3"
        }
    }
}
