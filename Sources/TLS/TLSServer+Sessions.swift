internal import COpenSSL

/// Sessions of clients that have shown certificates: they end with what was shown.
extension TLSServer {
    private static let endBytes = 8

    /// Keeps the moment at which a client's certificates end to be good in each ticket, and takes
    /// up no session after it.
    func limitSessions(of context: OpaquePointer) {
        unsafe SSL_CTX_set_session_ticket_cb(
            context,
            { ssl, _ in
                if let ssl = unsafe ssl, let server = unsafe TLSServer.owner(of: ssl) {
                    unsafe server.noteEnd(in: ssl)
                }
                return 1
            },
            { ssl, session, _, _, status, _ in
                guard let server = unsafe TLSServer.owner(of: ssl) else {
                    return Int32(SSL_TICKET_RETURN_ABORT)
                }
                return unsafe server.verdict(on: session, status)
            }, nil)
    }

    private static func owner(of ssl: OpaquePointer?) -> TLSServer? {
        unsafe TLSSession.facts(of: ssl)?.owner as? TLSServer
    }

    /// A ticket is about to be made. That of a session which was taken up keeps the end of the one
    /// before: nobody has shown anything anew.
    private func noteEnd(in ssl: OpaquePointer) {
        guard let session = unsafe SSL_get_session(ssl) else { return }
        if unsafe SSL_session_reused(ssl) == 0 {
            let end = unsafe sluice_ssl_trust_end(ssl)
            guard end > 0 else { return }
            let bytes = (0..<Self.endBytes).map { UInt8(truncatingIfNeeded: end >> ($0 * 8)) }
            _ = unsafe SSL_SESSION_set1_ticket_appdata(session, bytes, bytes.count)
        }
        guard let end = unsafe end(of: session) else { return }
        // OpenSSL cannot put a session that ends at once into a ticket.
        let left = max(1, min(Int64(TLSTicketKeys.ticketSeconds), end - clock()))
        _ = unsafe SSL_SESSION_set_timeout(session, Int(left))
    }

    /// Whether a session may be taken up.
    private func verdict(on session: OpaquePointer?, _ status: Int32) -> Int32 {
        switch status {
        case SSL_TICKET_SUCCESS, SSL_TICKET_SUCCESS_RENEW:
            guard let session = unsafe session else { return Int32(SSL_TICKET_RETURN_ABORT) }
            if let end = unsafe end(of: session), end <= clock() {
                return Int32(SSL_TICKET_RETURN_IGNORE_RENEW)
            }
            return status == SSL_TICKET_SUCCESS
                ? Int32(SSL_TICKET_RETURN_USE) : Int32(SSL_TICKET_RETURN_USE_RENEW)
        default:
            return Int32(SSL_TICKET_RETURN_IGNORE_RENEW)
        }
    }

    /// When a session ends at the latest; nil where no certificate was shown.
    private func end(of session: OpaquePointer) -> Int64? {
        var data: UnsafeMutableRawPointer?
        var count = 0
        if unsafe SSL_SESSION_get0_ticket_appdata(session, &data, &count) == 1,
            count == Self.endBytes, let data = unsafe data
        {
            let bytes = unsafe UnsafeRawBufferPointer(start: data, count: count)
            return (0..<count).reduce(0) { end, index in
                unsafe end | Int64(bytes[index]) << (index * 8)
            }
        }
        guard let peer = unsafe SSL_SESSION_get0_peer(session) else { return nil }
        return unsafe sluice_x509_seconds(X509_get0_notAfter(peer))
    }
}
