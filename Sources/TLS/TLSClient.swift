internal import COpenSSL

/// What is asked of an upstream's targets, and shown to them.
package struct TLSClientOptions: Sendable {
    /// Whether the certificate must be good, and for the name of the target.
    package var verifies = true
    /// The file with the authorities that are trusted; nil: those of the system.
    package var authority: String?
    /// What is shown when a target asks for a certificate.
    package var certificate: TLSCertificate?

    package init() {}
}

/// The protocols that a target is offered (ALPN).
package enum TLSOffer: Sendable {
    case nothing, http1, http2
    /// Either of them, HTTP/2 first.
    case both

    /// Each behind its length.
    var text: StaticString {
        switch self {
        case .nothing: ""
        case .http1: "\u{8}http/1.1"
        case .http2: "\u{2}h2"
        case .both: "\u{2}h2\u{8}http/1.1"
        }
    }
}

/// The client's side of TLS for one upstream. Immutable, and shared by all workers.
@safe
package final class TLSClient: @unchecked Sendable {
    private let context: OpaquePointer
    private let verifies: Bool
    /// What is shown to targets; nil: nothing.
    package let certificate: TLSCertificate?

    /// Makes the context, with the certificates that are trusted.
    package init(_ options: TLSClientOptions) throws(TLSLoadFault) {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw TLSLoadFault(.context, "", TLSLoadFault.lastReason("no context of TLS"))
        }
        unsafe self.context = context
        verifies = options.verifies
        certificate = options.certificate
        ERR_clear_error()
        unsafe sluice_ctx_set_options(context, 0)
        unsafe sluice_ctx_set_modes(context)
        unsafe sluice_ctx_set_cache(context, 1)
        guard unsafe sluice_ctx_set_versions(context, TLS1_2_VERSION, TLS1_3_VERSION) == 1 else {
            throw TLSLoadFault(.context, "", TLSLoadFault.lastReason("no version of TLS"))
        }
        unsafe SSL_CTX_sess_set_new_cb(context) { ssl, session in
            unsafe TLSClient.keep(session, of: ssl)
        }
        unsafe SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        if let authority = options.authority {
            try unsafe Authorities.trust(authority, in: context)
        } else if verifies {
            guard unsafe SSL_CTX_set_default_verify_paths(context) == 1 else {
                throw TLSLoadFault(
                    .authority, "", TLSLoadFault.lastReason("the system has no authorities"))
            }
        }
        if let certificate { unsafe try certificate.use(in: context) }
    }

    deinit { unsafe SSL_CTX_free(context) }

    /// A session for a connection to a target that goes by `name`, a name of DNS or an address;
    /// nil when there is no memory. An earlier session is taken up if the target agrees.
    package func session(
        for name: String, isAddress: Bool, resuming slot: borrowing TLSResumptionSlot,
        offering offer: TLSOffer = .nothing
    ) -> TLSSession? {
        guard let session = unsafe TLSSession(context, owner: self) else { return nil }
        unsafe SSL_set_connect_state(session.ssl)
        if !isAddress {
            guard unsafe sluice_ssl_set_name(session.ssl, name) == 1 else { return nil }
        }
        if verifies {
            unsafe sluice_ssl_set_host_flags(session.ssl)
            let isSet =
                isAddress
                ? unsafe sluice_ssl_set_address(session.ssl, name)
                : unsafe SSL_set1_host(session.ssl, name)
            guard isSet == 1 else { return nil }
        }
        if offer != .nothing {
            let text = offer.text
            let result = unsafe SSL_set_alpn_protos(
                session.ssl, text.utf8Start, UInt32(text.utf8CodeUnitCount))
            guard result == 0 else { return nil }
        }
        slot.offer(to: session)
        return session
    }

    /// A server gave a ticket: it goes to whoever made the call that brought it.
    private static func keep(_ session: OpaquePointer?, of ssl: OpaquePointer?) -> Int32 {
        guard let session = unsafe session,
            let workspace = unsafe BIO_get_data(SSL_get_rbio(ssl))
        else { return 0 }
        unsafe workspace.assumingMemoryBound(to: TLSWorkspace.self).pointee.resumption =
            TLSResumption(owning: session)
        return 1
    }
}

extension TLSResumptionSlot {
    fileprivate borrowing func offer(to session: borrowing TLSSession) {
        switch resumption {
        case .some(let kept): _ = unsafe SSL_set_session(session.ssl, kept.session)
        case .none: return
        }
    }
}
