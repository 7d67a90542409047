internal import COpenSSL
internal import Kernel

/// Who may sign the peer's certificate.
enum Authorities {
    /// The bytes of a file.
    static func bytes(_ path: String) throws(TLSLoadFault) -> [UInt8] {
        do throws(Errno) {
            return try DurableFile.read(path, limit: TLSCertificate.mostFileBytes)
        } catch {
            throw TLSLoadFault(.authority, path, "\(error)".lowercased())
        }
    }

    /// Takes the certificates of a file as the only ones that are trusted.
    static func trust(_ path: String, in context: OpaquePointer) throws(TLSLoadFault) {
        // OpenSSL reads the file itself, but tells a missing one as a fault of PEM.
        _ = try bytes(path)
        ERR_clear_error()
        guard unsafe SSL_CTX_load_verify_file(context, path) == 1 else {
            throw TLSLoadFault(
                .authority, path,
                TLSLoadFault.lastReason("no certificate of an authority; expected PEM"))
        }
    }

    /// Asks clients for a certificate that one of a file's authorities has signed.
    static func askClients(
        _ context: OpaquePointer, of path: String?, isRequired: Bool
    ) throws(TLSLoadFault) {
        if let path {
            try unsafe trust(path, in: context)
            guard let names = unsafe SSL_load_client_CA_file(path) else {
                throw TLSLoadFault(.authority, path, "no certificate of an authority")
            }
            unsafe SSL_CTX_set_client_CA_list(context, names)
        }
        let mode = SSL_VERIFY_PEER | (isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0)
        unsafe SSL_CTX_set_verify(context, mode, nil)
    }
}
