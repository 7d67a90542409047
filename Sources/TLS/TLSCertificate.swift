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
    let leaf: OpaquePointer
    private(set) var chain: [OpaquePointer] = unsafe []
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
        var chain: [OpaquePointer] = unsafe []
        let leaf: OpaquePointer
        do throws(TLSLoadFault) {
            unsafe leaf = try Self.readChain(path, &chain)
        } catch {
            unsafe EVP_PKEY_free(key)
            throw error
        }
        self.path = path
        self.staple = staple
        unsafe self.key = key
        unsafe self.leaf = leaf
        unsafe self.chain = chain
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
        for index in 0..<(unsafe chain.count) { unsafe X509_free(chain[index]) }
        unsafe X509_free(leaf)
        unsafe EVP_PKEY_free(key)
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

    private static func readChain(
        _ path: String, _ chain: inout [OpaquePointer]
    ) throws(TLSLoadFault) -> OpaquePointer {
        let file = try PEMFile(path, .certificate)
        guard let leaf = unsafe PEM_read_bio_X509_AUX(file.bio, nil, nil, nil) else {
            throw TLSLoadFault(
                .certificate, path,
                TLSLoadFault.lastReason("no certificate; expected one in PEM, its chain behind it"))
        }
        while let next = unsafe PEM_read_bio_X509(file.bio, nil, nil, nil) {
            unsafe chain.append(next)
        }
        return unsafe leaf
    }
}
