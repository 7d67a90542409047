internal import COpenSSL
internal import Kernel

/// A certificate with its chain and its private key, read from their files and checked against
/// each other.
@safe
package final class TLSCertificate: @unchecked Sendable {
    /// A file that has more is none.
    static let mostFileBytes = 1 << 20

    /// The kind of its key: a listener may have one of each for the same name.
    package enum KeyKind: String, Sendable {
        case rsa = "RSA"
        case ecdsa = "ECDSA"
        case other
    }

    /// The file of the certificate, the names that it is shown for, in lower case, and who it
    /// names.
    package let path: String
    package let names: [String]
    package let subject: String
    /// When it begins and ends to be good, in seconds since 1970.
    package let notBefore: Int64
    package let notAfter: Int64
    package let kind: KeyKind
    /// Whether it lists its names (subjectAltName); clients do not take the common name for one.
    package let hasNameList: Bool
    /// SHA-256 over it, in lower-case hexadecimal digits.
    package let fingerprint: String
    let leaf: OpaquePointer
    let chain: [OpaquePointer]
    let key: OpaquePointer
    /// What is stapled to it (RFC 6066 section 8), or nothing.
    let staple: [UInt8]

    /// Reads the files; the key is behind the certificate in one file unless it has its own.
    package init(
        certificate path: String, key keyPath: String, staple staplePath: String? = nil,
        for names: [String] = []
    ) throws(TLSLoadFault) {
        let staple = try staplePath.map(Self.staple) ?? []
        let key = unsafe try Self.readKey(keyPath)
        let all: [OpaquePointer]
        do throws(TLSLoadFault) {
            unsafe all = try Self.readChain(path)
        } catch {
            unsafe EVP_PKEY_free(key)
            throw error
        }
        let leaf = unsafe all[0]
        self.path = path
        self.staple = staple
        unsafe self.key = key
        unsafe self.leaf = leaf
        unsafe chain = Array(all.dropFirst())
        hasNameList = unsafe CertificateText.hasNameList(leaf)
        fingerprint = unsafe String(
            decoding: CertificateText.fingerprint(of: leaf) ?? [], as: UTF8.self)
        self.names = unsafe names.isEmpty ? CertificateText.names(of: leaf) : names
        subject = unsafe String(
            decoding: CertificateText.subject(of: leaf) ?? [], as: UTF8.self)
        notBefore = unsafe sluice_x509_seconds(X509_get0_notBefore(leaf))
        notAfter = unsafe sluice_x509_seconds(X509_get0_notAfter(leaf))
        switch unsafe sluice_key_kind(key) {
        case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS: kind = .rsa
        case EVP_PKEY_EC: kind = .ecdsa
        default: kind = .other
        }
        guard unsafe X509_check_private_key(leaf, key) == 1 else {
            throw TLSLoadFault(
                .key, keyPath, "the key does not belong to the certificate \(path)")
        }
    }

    deinit {
        unsafe PEMFile.free(chain)
        unsafe X509_free(leaf)
        unsafe EVP_PKEY_free(key)
    }

    /// Everything that is wrong with files: each is looked at by itself, then all together.
    package static func faults(
        certificate path: String, key keyPath: String, staple staplePath: String? = nil
    ) -> [TLSLoadFault] {
        var faults: [TLSLoadFault] = []
        func look(_ read: () throws(TLSLoadFault) -> Void) {
            do throws(TLSLoadFault) {
                try read()
            } catch {
                faults.append(error)
            }
        }
        look { () throws(TLSLoadFault) in unsafe PEMFile.free(try readChain(path)) }
        look { () throws(TLSLoadFault) in unsafe EVP_PKEY_free(try readKey(keyPath)) }
        if let staplePath { look { () throws(TLSLoadFault) in _ = try staple(staplePath) } }
        guard faults.isEmpty else { return faults }
        look { () throws(TLSLoadFault) in
            try TLSCertificate(certificate: path, key: keyPath, staple: staplePath).tryOut()
        }
        return faults
    }

    /// Whether it is good at a moment, in seconds since 1970.
    package func isGood(at seconds: Int64) -> Bool { notBefore <= seconds && seconds < notAfter }

    /// Puts it into a context, which may refuse it: for a key that is too small, say.
    func use(in context: OpaquePointer) throws(TLSLoadFault) {
        ERR_clear_error()
        var isUsed =
            unsafe SSL_CTX_use_certificate(context, leaf) == 1
            && SSL_CTX_use_PrivateKey(context, key) == 1
        for index in 0..<(unsafe chain.count) where isUsed {
            isUsed = unsafe sluice_ctx_add_chain(context, chain[index]) == 1
        }
        guard isUsed else {
            throw TLSLoadFault(.certificate, path, TLSLoadFault.lastReason("it is refused"))
        }
    }

    private func tryOut() throws(TLSLoadFault) {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else {
            throw TLSLoadFault(.context, "", TLSLoadFault.lastReason("no context of TLS"))
        }
        defer { unsafe SSL_CTX_free(context) }
        unsafe try use(in: context)
    }

    /// Whether it is for this name, also by a wildcard (RFC 9525).
    package func covers(_ name: String) -> Bool {
        let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
        // A wildcard of the settings is covered by the same one alone.
        if name.hasPrefix("*.") {
            return unsafe CertificateText.names(of: leaf).contains(name.lowercased())
        }
        return unsafe X509_check_host(leaf, name, name.utf8.count, flags, nil) == 1
    }

    private static func staple(_ path: String) throws(TLSLoadFault) -> [UInt8] {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DurableFile.read(path, limit: mostFileBytes)
        } catch {
            throw TLSLoadFault(.staple, path, "\(error)".lowercased())
        }
        let response = unsafe bytes.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_OCSP_RESPONSE(nil, &start, buffer.count)
        }
        guard let response = unsafe response else {
            throw TLSLoadFault(.staple, path, "no OCSP response; expected one in DER")
        }
        unsafe OCSP_RESPONSE_free(response)
        return bytes
    }

    private static func readKey(_ path: String) throws(TLSLoadFault) -> OpaquePointer {
        let file = try PEMFile(path, .key)
        // Nobody is there to be asked for a password.
        let key = unsafe PEM_read_bio_PrivateKey(file.bio, nil, { _, _, _, _ in -1 }, nil)
        guard let key = unsafe key else {
            throw TLSLoadFault(
                .key, path,
                TLSLoadFault.lastReason("no private key; expected one in PEM, without password"))
        }
        return unsafe key
    }

    /// The certificate and what stands behind it.
    private static func readChain(_ path: String) throws(TLSLoadFault) -> [OpaquePointer] {
        let file = try PEMFile(path, .certificate)
        return unsafe try file.certificates(
            "no certificate; expected one in PEM, its chain behind it")
    }
}
