internal import COpenSSL
internal import Kernel

/// What a listener offers and asks for.
package struct TLSServerOptions: Sendable {
    /// How old a client may be.
    package enum Profile: Sendable {
        /// TLS 1.3 alone.
        case modern
        /// TLS 1.2 with forward secrecy and authenticated encryption, and 1.3.
        case intermediate
    }

    /// Whether clients show certificates.
    package enum Verification: Sendable {
        case none
        /// One that is shown must be good.
        case optional
        case required
    }

    /// Which protocol is agreed on inside (RFC 7301).
    package enum Protocols: Sendable, Equatable {
        /// No word of it.
        case unsaid
        /// One of these, the most wanted first; a client that offers others alone is refused.
        case only([String])
        /// Whatever it is, as what is inside is passed on as it is: that of a client that offers
        /// one, and none of several, which leaves it to what is spoken without a word of it.
        case any
    }

    /// Whose sessions may be resumed here: those of the same name.
    package var name: String
    package var profile = Profile.intermediate
    package var verification = Verification.none
    /// The file with the authorities of clients' certificates.
    package var authority: String?
    /// Whether a client that asks for a name that no certificate has, or for none, is refused.
    package var refusesUnknownNames = false
    package var protocols = Protocols.unsaid
    /// The time by which sessions of clients with certificates end, in seconds since 1970.
    package var clock: @Sendable () -> Int64 = { WallClock.nanoseconds() / 1_000_000_000 }

    package init(name: String) { self.name = name }
}

/// The server's side of TLS for one listener: its certificates, chosen by the name that a client
/// asks for. Immutable, and shared by all workers.
@safe
package final class TLSServer: @unchecked Sendable {
    /// Its certificates, in the order of the settings.
    package let certificates: [TLSCertificate]
    /// Whether clients' certificates are asked for.
    package let asksForCertificates: Bool
    private let keys: TLSTicketKeys
    private let refusesUnknownNames: Bool
    private let protocols: TLSServerOptions.Protocols
    /// Those that are spoken, each behind its length.
    private let spoken: [UInt8]
    let clock: @Sendable () -> Int64
    /// One for each set of certificates that a name has; the first is the one of unknown names.
    private var contexts: [OpaquePointer] = unsafe []
    private var exact: [String: Int] = [:]
    /// By what stands behind the `*`, with its dot.
    private var wildcards: [String: Int] = [:]

    /// Makes the contexts. There is at least one certificate.
    package init(
        _ certificates: [TLSCertificate], _ options: TLSServerOptions, keys: TLSTicketKeys
    ) throws(TLSLoadFault) {
        precondition(!certificates.isEmpty, "at least one certificate")
        self.certificates = certificates
        self.keys = keys
        asksForCertificates = options.verification != .none
        refusesUnknownNames = options.refusesUnknownNames
        protocols = options.protocols
        if case .only(let names) = options.protocols {
            spoken = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        } else {
            spoken = []
        }
        clock = options.clock
        let id = try Self.sessionID(options)
        var made: [[Int]: Int] = [:]
        func context(of set: [Int]) throws(TLSLoadFault) -> Int {
            if let known = made[set] { return known }
            unsafe contexts.append(try makeContext(set.map { certificates[$0] }, options, id))
            made[set] = unsafe contexts.count - 1
            return unsafe contexts.count - 1
        }
        let first = certificates[0]
        _ = try context(of: Self.set(certificates) { $0 === first || $0.sharesName(with: first) })
        for name in Set(certificates.flatMap(\.names)) {
            let index = try context(of: Self.set(certificates) { $0.names.contains(name) })
            if name.hasPrefix("*.") {
                wildcards[String(name.dropFirst())] = index
            } else {
                exact[name] = index
            }
        }
    }

    deinit { for index in 0..<(unsafe contexts.count) { unsafe SSL_CTX_free(contexts[index]) } }

    /// A session for a client's connection; nil when there is no memory.
    package func session() -> TLSSession? {
        guard let session = unsafe TLSSession(contexts[0], owner: self) else { return nil }
        unsafe SSL_set_accept_state(session.ssl)
        return session
    }

    /// At most one certificate of each kind: the first.
    private static func set(
        _ all: [TLSCertificate], where isWanted: (TLSCertificate) -> Bool
    ) -> [Int] {
        var kinds: Set<TLSCertificate.KeyKind> = []
        return all.indices.filter { isWanted(all[$0]) && kinds.insert(all[$0].kind).inserted }
    }

    /// A session is taken up only where it began: at the same listener, with the same demands.
    private static func sessionID(_ options: TLSServerOptions) throws(TLSLoadFault) -> [UInt8] {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        mix("\(options.name)/\(options.verification)".utf8)
        if let authority = options.authority {
            mix(try Authorities.bytes(authority))
        }
        return (0..<8).map { UInt8(truncatingIfNeeded: hash >> ($0 * 8)) }
    }
}

extension TLSCertificate {
    fileprivate func sharesName(with other: TLSCertificate) -> Bool {
        !Set(names).isDisjoint(with: other.names)
    }
}

extension TLSServer {
    private func makeContext(
        _ certificates: [TLSCertificate], _ options: TLSServerOptions, _ id: [UInt8]
    ) throws(TLSLoadFault) -> OpaquePointer {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else {
            throw TLSLoadFault(.context, "", TLSLoadFault.lastReason("no context of TLS"))
        }
        do throws(TLSLoadFault) {
            try unsafe set(context, options, id)
            for certificate in certificates { try unsafe certificate.use(in: context) }
            if options.verification != .none {
                try unsafe Authorities.askClients(
                    context, of: options.authority, isRequired: options.verification == .required)
            }
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        return unsafe context
    }

    private func set(
        _ context: OpaquePointer, _ options: TLSServerOptions, _ id: [UInt8]
    ) throws(TLSLoadFault) {
        ERR_clear_error()
        let least = options.profile == .modern ? TLS1_3_VERSION : TLS1_2_VERSION
        unsafe sluice_ctx_set_options(context, 1)
        unsafe sluice_ctx_set_modes(context)
        unsafe sluice_ctx_set_cache(context, 0)
        let isSet =
            unsafe sluice_ctx_set_versions(context, least, TLS1_3_VERSION) == 1
            && SSL_CTX_set_cipher_list(context, Suites.tls12) == 1
            && SSL_CTX_set_ciphersuites(context, Suites.tls13) == 1
            && sluice_ctx_set_groups(context, Suites.groups) == 1
            && SSL_CTX_set_num_tickets(context, 1) == 1
            && SSL_CTX_set_session_id_context(context, id, UInt32(id.count)) == 1
        guard isSet else {
            throw TLSLoadFault(.context, "", TLSLoadFault.lastReason("the profile is refused"))
        }
        unsafe SSL_CTX_set_timeout(context, TLSTicketKeys.ticketSeconds)
        unsafe sluice_ctx_set_ticket_callback(context) { ssl, name, vector, cipher, mac, seals in
            guard let server = unsafe TLSSession.facts(of: ssl)?.owner as? TLSServer,
                let name = unsafe name, let vector = unsafe vector
            else { return -1 }
            let result = unsafe server.keys.provide(name, vector, cipher, mac, seals: seals == 1)
            // A ticket of TLS 1.3 is used once: who shows one gets the next.
            let isUsedUp = unsafe seals == 0 && SSL_version(ssl) == TLS1_3_VERSION
            return isUsedUp && result == 1 ? 2 : result
        }
        unsafe sluice_ctx_set_name_callback(
            context,
            { ssl, alert, _ in
                unsafe (TLSSession.facts(of: ssl)?.owner as? TLSServer)?.chooseByName(ssl)
                    ?? SSL_TLSEXT_ERR_ALERT_FATAL
            }, nil)
        unsafe sluice_ctx_set_status_callback(
            context,
            { ssl, _ in
                unsafe (TLSSession.facts(of: ssl)?.owner as? TLSServer)?.staple(to: ssl)
                    ?? SSL_TLSEXT_ERR_NOACK
            }, nil)
        if asksForCertificates { unsafe limitSessions(of: context) }
        guard protocols != .unsaid else { return }
        unsafe SSL_CTX_set_alpn_select_cb(
            context,
            { ssl, chosen, length, offered, count, _ in
                unsafe (TLSSession.facts(of: ssl)?.owner as? TLSServer)?
                    .chooseProtocol(chosen, length, offered, count) ?? SSL_TLSEXT_ERR_ALERT_FATAL
            }, nil)
    }

    /// Takes the certificates of the name that the client asks for.
    private func chooseByName(_ ssl: OpaquePointer?) -> Int32 {
        let asked = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
        guard let asked = unsafe asked else {
            return refusesUnknownNames ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK
        }
        guard let index = unsafe index(of: String(cString: asked)) else {
            return refusesUnknownNames ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_OK
        }
        if index != 0 { _ = unsafe SSL_set_SSL_CTX(ssl, contexts[index]) }
        return SSL_TLSEXT_ERR_OK
    }

    private func index(of name: String) -> Int? {
        var name = name.lowercased()
        // The root's dot is none of the name (RFC 6066 section 3).
        if name.hasSuffix(".") { name.removeLast() }
        if let index = exact[name] { return index }
        // A wildcard stands for a label, which is not empty.
        guard !wildcards.isEmpty, let dot = name.firstIndex(of: "."), dot > name.startIndex else {
            return nil
        }
        return wildcards[String(name[dot...])]
    }

    /// Staples what the chosen certificate has.
    private func staple(to ssl: OpaquePointer?) -> Int32 {
        let chosen = unsafe SSL_get_certificate(ssl)
        let certificate = certificates.first { unsafe $0.leaf == chosen }
        guard let certificate, !certificate.staple.isEmpty else { return SSL_TLSEXT_ERR_NOACK }
        let isSet = unsafe sluice_ssl_set_status(
            ssl, certificate.staple, certificate.staple.count)
        return isSet == 1 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK
    }

    /// The protocol that is agreed on (RFC 7301 section 3.2).
    private func chooseProtocol(
        _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ length: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ count: UInt32
    ) -> Int32 {
        guard let offered = unsafe offered else { return SSL_TLSEXT_ERR_NOACK }
        if protocols == .any {
            let first = unsafe offered[0]
            guard UInt32(first) + 1 == count else { return SSL_TLSEXT_ERR_NOACK }
            unsafe chosen?.pointee = offered + 1
            unsafe length?.pointee = first
            return SSL_TLSEXT_ERR_OK
        }
        return unsafe spoken.withUnsafeBufferPointer { wanted in
            var found: UnsafeMutablePointer<UInt8>?
            let result = unsafe SSL_select_next_proto(
                &found, length, wanted.baseAddress, UInt32(wanted.count), offered, count)
            guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
            unsafe chosen?.pointee = UnsafePointer(found)
            return SSL_TLSEXT_ERR_OK
        }
    }
}

/// What is offered, as Mozilla's recommendations have it.
enum Suites {
    static let tls12 =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
        + "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        + "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
    static let tls13 =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    static let groups = "X25519:P-256:P-384"
}
