package import Bytes
internal import COpenSSL

/// What is told of a session: to targets, and to whoever reads the log.
extension TLSSession {
    /// Whether the peer has sent anything yet.
    package var hasBegun: Bool { unsafe SSL_get_state(ssl) != TLS_ST_BEFORE || isHoldingBytes }

    /// Why the last call with this workspace failed, in OpenSSL's words; empty when it says
    /// nothing.
    package func reason(_ workspace: borrowing TLSWorkspace) -> String {
        guard let text = unsafe ERR_reason_error_string(workspace.errorCode) else { return "" }
        let reason = unsafe String(cString: text)
        guard sluice_err_is_ssl(workspace.errorCode) != 0,
            sluice_err_reason(workspace.errorCode) == SSL_R_CERTIFICATE_VERIFY_FAILED,
            let more = unsafe X509_verify_cert_error_string(SSL_get_verify_result(ssl))
        else { return reason }
        return unsafe "\(reason): \(String(cString: more))"
    }

    /// Appends the cipher's name, as OpenSSL writes it; nothing before there is one.
    package func appendCipherName(to buffer: inout Buffer) {
        guard let cipher = unsafe SSL_get_current_cipher(ssl) else { return }
        unsafe Self.append(SSL_CIPHER_get_name(cipher), to: &buffer)
    }

    /// Appends the protocol that was agreed on (ALPN), or nothing.
    package func appendProtocol(to buffer: inout Buffer) {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &bytes, &count)
        unsafe Self.append(bytes, Int(count), to: &buffer)
    }

    /// Whether any protocol was agreed on (ALPN).
    package var hasAgreedOnProtocol: Bool {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &bytes, &count)
        return count > 0
    }

    /// Whether HTTP/2 was agreed on (RFC 9113 section 3.2).
    package var isHTTP2: Bool {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &bytes, &count)
        guard count == 2, let bytes = unsafe bytes else { return false }
        return unsafe bytes[0] == UInt8(ascii: "h") && bytes[1] == UInt8(ascii: "2")
    }

    /// Appends the common name of the peer's certificate in UTF-8; nothing when it has none.
    package func appendPeerName(to buffer: inout Buffer) {
        guard let certificate = unsafe SSL_get0_peer_certificate(ssl) else { return }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = unsafe sluice_x509_common_name(certificate, &bytes)
        unsafe Self.append(UnsafePointer(bytes), Int(count), to: &buffer)
        unsafe sluice_free(bytes)
    }

    /// Appends what the own certificate is signed with, as `ecdsa-with-SHA256`.
    package func appendSignature(to buffer: inout Buffer) {
        guard let certificate = unsafe SSL_get_certificate(ssl) else { return }
        unsafe Self.append(OBJ_nid2sn(X509_get_signature_nid(certificate)), to: &buffer)
    }

    /// Appends the kind of the own certificate's key and its bits, as `RSA2048` or `EC256`.
    package func appendKeyKind(to buffer: inout Buffer) {
        guard let certificate = unsafe SSL_get_certificate(ssl),
            let key = unsafe X509_get0_pubkey(certificate)
        else { return }
        switch unsafe sluice_key_kind(key) {
        case EVP_PKEY_RSA: buffer.append("RSA")
        case EVP_PKEY_EC: buffer.append("EC")
        default: return
        }
        buffer.append(decimal: UInt64(max(unsafe EVP_PKEY_get_bits(key), 0)))
    }

    private static func append(_ text: UnsafePointer<CChar>?, to buffer: inout Buffer) {
        guard let text = unsafe text else { return }
        unsafe append(
            UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), strlen(text), to: &buffer)
    }

    /// What is longer than a fact may be is left out.
    private static func append(
        _ bytes: UnsafePointer<UInt8>?, _ count: Int, to buffer: inout Buffer
    ) {
        guard let bytes = unsafe bytes, (1...mostFactBytes).contains(count) else { return }
        for index in 0..<min(count, buffer.space) { unsafe buffer.append(byte: bytes[index]) }
    }

    private static var mostFactBytes: Int { 256 }
}
