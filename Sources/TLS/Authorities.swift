internal import COpenSSL
internal import Kernel

/// Who may sign the peer's certificate.
package enum Authorities {
    /// What a file has: how many certificates, and the subjects of those among them that can have
    /// signed none and are not trusted for themselves either.
    package struct Contents: Sendable, Equatable {
        /// How many certificates there are.
        package let count: Int
        /// Those that can have signed none.
        package let strangers: [String]
    }

    /// Reads the certificates of a file.
    package static func contents(of path: String) throws(TLSLoadFault) -> Contents {
        let certificates = unsafe try certificates(of: path)
        defer { unsafe PEMFile.free(certificates) }
        var strangers: [String] = []
        for index in 0..<(unsafe certificates.count) {
            let isUsed =
                unsafe X509_check_ca(certificates[index]) != 0
                || X509_self_signed(certificates[index], 0) == 1
            if isUsed { continue }
            let subject = unsafe CertificateText.subject(of: certificates[index]) ?? []
            strangers.append(String(decoding: subject, as: UTF8.self))
        }
        return unsafe Contents(count: certificates.count, strangers: strangers)
    }

    private static func certificates(of path: String) throws(TLSLoadFault) -> [OpaquePointer] {
        let file = try PEMFile(path, .authority)
        return unsafe try file.certificates("no certificate of an authority; expected PEM")
    }

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
        unsafe PEMFile.free(try certificates(of: path))
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
