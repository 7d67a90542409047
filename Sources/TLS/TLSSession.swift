package import Bytes
internal import CLinux
internal import COpenSSL

/// One connection's TLS, on either side.
///
/// It costs a pointer where it is kept. Each call gets the workspace, and one that reads the
/// descriptor of the socket, which it is only lent; what is to be sent stands in the workspace
/// afterwards, whatever the call came to.
@safe
package struct TLSSession: ~Copyable {
    let ssl: OpaquePointer

    /// Makes a session of a context; its owner lives as long as the session.
    init?(_ context: OpaquePointer, owner: any AnyObject & Sendable) {
        guard let ssl = unsafe SSL_new(context) else { return nil }
        guard let bio = unsafe SocketBIO.make() else {
            unsafe SSL_free(ssl)
            return nil
        }
        unsafe SSL_set_bio(ssl, bio, bio)
        unsafe sluice_ssl_set_argument(ssl, Unmanaged.passRetained(SessionFacts(owner)).toOpaque())
        unsafe self.ssl = ssl
    }

    deinit {
        let facts = unsafe sluice_ssl_argument(ssl)
        unsafe SSL_free(ssl)
        if let facts = unsafe facts {
            unsafe Unmanaged<SessionFacts>.fromOpaque(facts).release()
        }
    }

    static func facts(of ssl: OpaquePointer?) -> SessionFacts? {
        guard let facts = unsafe sluice_ssl_argument(ssl) else { return nil }
        return unsafe Unmanaged<SessionFacts>.fromOpaque(facts).takeUnretainedValue()
    }

    /// Goes on with the handshake as far as the peer's bytes allow.
    package func handshake(
        on descriptor: Int32, _ workspace: inout TLSWorkspace
    ) -> TLSProgress {
        workspace.hasEmptiedSocket = false
        let result = unsafe call(on: descriptor, &workspace) { unsafe SSL_do_handshake($0) }
        workspace.isDrained = workspace.hasEmptiedSocket && !isHoldingBytes
        if result == 1 {
            noteIdentity()
            return .done
        }
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsMore
        default: return .failed(fault(&workspace))
        }
    }

    /// Reads plain text into the free space of `buffer`, which must have some.
    package func read(
        on descriptor: Int32, into buffer: inout Buffer, _ workspace: inout TLSWorkspace
    ) -> TLSRead {
        precondition(buffer.space > 0, "no space to read into")
        workspace.hasEmptiedSocket = false
        var total = 0
        // One record a call: what came in one packet is taken in one go.
        repeat {
            var count = 0
            var result: Int32 = 0
            _ = unsafe buffer.fill { to, room in
                result = unsafe call(on: descriptor, &workspace) {
                    unsafe SSL_read_ex($0, to, room, &count)
                }
                return result == 1 ? count : 0
            }
            guard result == 1 else {
                let outcome = readOutcome(result, &workspace)
                // An end that is known already raises no event: it is asked for once more.
                workspace.isDrained = outcome == .wantsMore
                return total > 0 ? .done(total) : outcome
            }
            total += count
        } while buffer.space > 0 && isHoldingBytes
        workspace.isDrained = workspace.hasEmptiedSocket && !isHoldingBytes
        return .done(total)
    }

    private func readOutcome(_ result: Int32, _ workspace: inout TLSWorkspace) -> TLSRead {
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsMore
        case SSL_ERROR_ZERO_RETURN: return .ended
        default:
            if workspace.hasEnded { return .truncated }
            return .failed(fault(&workspace))
        }
    }

    /// Whether bytes that came from the socket wait inside, whole records or a part of one.
    package var isHoldingBytes: Bool { unsafe SSL_has_pending(ssl) == 1 }

    /// Makes records of `count` bytes of `buffer`, from `from` on; false when the session is
    /// broken, or the workspace has no room.
    package func write(
        _ buffer: borrowing Buffer, from: Int, count: Int, _ workspace: inout TLSWorkspace
    ) -> Bool {
        precondition(from >= 0 && count >= 0 && from + count <= buffer.count)
        var done = 0
        while done < count {
            var written = 0
            let result = unsafe buffer.read { bytes, _ in
                let part = unsafe bytes + from + done
                let left = count - done
                let result = unsafe call(on: -1, &workspace) {
                    unsafe SSL_write_ex($0, part, left, &written)
                }
                return Int(result)
            }
            guard result == 1 else { return false }
            done += written
        }
        return true
    }

    /// Tells the peer that nothing more will be sent (close_notify), once; nothing before the
    /// handshake is over or after a failure.
    package func close(_ workspace: inout TLSWorkspace) {
        guard unsafe SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0,
            unsafe SSL_is_init_finished(ssl) == 1
        else { return }
        _ = unsafe call(on: -1, &workspace) { unsafe SSL_shutdown($0) }
    }

    /// Lets the peer see the end as a broken one: `close` says nothing from here on.
    package func abandon() { unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN) }

    /// Whether this client made it, not one of earlier settings.
    package func isOf(_ client: TLSClient) -> Bool {
        unsafe Self.facts(of: ssl)?.owner === client
    }

    /// Whether the handshake took up an earlier session.
    package var isResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }

    /// Appends the name that the client has asked for, in lower case and without the root's dot;
    /// nothing when it asked for none.
    package func appendServerName(to buffer: inout Buffer) {
        guard let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else { return }
        var offset = 0
        while unsafe name[offset] != 0, buffer.space > 0 {
            let isRoot = unsafe name[offset + 1] == 0 && offset > 0
            if isRoot, unsafe UInt8(bitPattern: name[offset]) == UInt8(ascii: ".") { return }
            let byte = unsafe UInt8(bitPattern: name[offset])
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            buffer.append(byte: isUpper ? byte | 0x20 : byte)
            offset += 1
        }
    }

    /// Whether the peer has shown a certificate; one that was not good ends the handshake.
    package var hasPeerCertificate: Bool { unsafe SSL_get0_peer_certificate(ssl) != nil }

    /// What the two have agreed on.
    package var version: TLSVersion {
        unsafe SSL_version(ssl) >= TLS1_3_VERSION ? .tls13 : .tls12
    }

    /// The cipher's number (IANA's TLS Cipher Suites); 0 before there is one.
    package var cipher: UInt16 {
        guard let cipher = unsafe SSL_get_current_cipher(ssl) else { return 0 }
        return unsafe SSL_CIPHER_get_protocol_id(cipher)
    }

    @inline(__always)
    private func call(
        on descriptor: Int32, _ workspace: inout TLSWorkspace, _ body: (OpaquePointer) -> Int32
    ) -> Int32 {
        // What an earlier failure left behind would be taken for this call's (SSL_get_error(3)).
        ERR_clear_error()
        workspace.begin(descriptor)
        return unsafe withUnsafeMutablePointer(to: &workspace) { workspace in
            unsafe BIO_set_data(SSL_get_rbio(ssl), UnsafeMutableRawPointer(workspace))
            return unsafe body(ssl)
        }
    }

    private func fault(_ workspace: inout TLSWorkspace) -> TLSFault {
        if workspace.error != 0 { return .closed }
        let code = ERR_peek_error()
        workspace.errorCode = code
        if workspace.hasEnded, code == 0 { return .closed }
        let fault = TLSFault(code: code)
        let isLetter = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(workspace.firstByte)
        if fault == .garbage, workspace.hasReceived, isLetter,
            unsafe SSL_get_state(ssl) == TLS_ST_BEFORE
        {
            return .plainHTTP
        }
        return fault
    }
}

/// What belongs to a session and is not OpenSSL's.
final class SessionFacts: @unchecked Sendable {
    /// The server or client that made it.
    let owner: any AnyObject & Sendable
    /// The field lines that tell who the client is.
    fileprivate(set) var identity: [UInt8] = []

    init(_ owner: any AnyObject & Sendable) { self.owner = owner }
}

extension TLSSession {
    /// Appends the field lines that tell an upstream who the client is, by its certificate;
    /// nothing when it has shown none. They take at most `mostIdentityBytes`.
    package func appendIdentity(to buffer: inout Buffer) {
        guard let facts = unsafe Self.facts(of: ssl) else { return }
        buffer.append(facts.identity.span)
    }

    /// How much space `appendIdentity` needs at most.
    package static var mostIdentityBytes: Int { mostSubjectBytes + 192 }

    /// A longer subject is left out.
    private static var mostSubjectBytes: Int { 4_096 }

    /// Keeps who the client is, for each of its requests.
    private func noteIdentity() {
        guard unsafe SSL_is_server(ssl) == 1,
            let certificate = unsafe SSL_get0_peer_certificate(ssl),
            let facts = unsafe Self.facts(of: ssl)
        else { return }
        var lines: [UInt8] = []
        if let subject = unsafe CertificateText.subject(of: certificate),
            subject.count <= Self.mostSubjectBytes
        {
            lines += Array("X-Client-Cert-Subject: ".utf8) + subject + [13, 10]
        }
        if let digits = unsafe CertificateText.fingerprint(of: certificate) {
            lines += Array("X-Client-Cert-Fingerprint: ".utf8) + digits + [13, 10]
        }
        facts.identity = lines
    }
}
