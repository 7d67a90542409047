internal import COpenSSL

/// What is told of a certificate, as text.
enum CertificateText {
    /// The subject as RFC 2253 writes it: what is not plain ASCII is escaped.
    static func subject(of certificate: OpaquePointer) -> [UInt8]? {
        guard let name = unsafe X509_get_subject_name(certificate),
            let memory = unsafe BIO_new(BIO_s_mem())
        else { return nil }
        defer { unsafe BIO_free_all(memory) }
        guard unsafe sluice_x509_name(name, memory) >= 0 else { return nil }
        var bytes: UnsafeMutablePointer<CChar>?
        let count = unsafe sluice_bio_bytes(memory, &bytes)
        guard let bytes = unsafe bytes, count > 0 else { return [] }
        let text = unsafe UnsafeBufferPointer(start: bytes, count: count)
        var plain: [UInt8] = []
        for index in 0..<count {
            let byte = unsafe UInt8(bitPattern: text[index])
            // Escaping leaves none of these; a field's value must not have any.
            plain.append((0x20...0x7e).contains(byte) ? byte : UInt8(ascii: "?"))
        }
        return plain
    }

    /// SHA-256 over the certificate, in lower-case hexadecimal digits.
    static func fingerprint(of certificate: OpaquePointer) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard unsafe X509_digest(certificate, EVP_sha256(), &digest, &count) == 1 else {
            return nil
        }
        return digest.prefix(Int(count)).flatMap { byte in
            [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x57 + $0 }
        }
    }

    /// The names of DNS that it is for, in lower case; the common name where it has no list.
    static func names(of certificate: OpaquePointer) -> [String] {
        guard let names = unsafe sluice_x509_names(certificate) else {
            return unsafe commonName(of: certificate).map { [$0] } ?? []
        }
        defer { unsafe sluice_names_free(names) }
        var found: [String] = []
        for index in 0..<(unsafe sluice_names_count(names)) {
            var count: Int32 = 0
            guard let bytes = unsafe sluice_names_dns(names, index, &count), count > 0 else {
                continue
            }
            let name = unsafe UnsafeBufferPointer(start: bytes, count: Int(count))
            found.append(unsafe String(decoding: name, as: UTF8.self).lowercased())
        }
        return found
    }

    /// Whether it has a list of names.
    static func hasNameList(_ certificate: OpaquePointer) -> Bool {
        unsafe X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0
    }

    private static func commonName(of certificate: OpaquePointer) -> String? {
        guard let name = unsafe X509_get_subject_name(certificate) else { return nil }
        var text = [CChar](repeating: 0, count: 256)
        let count = unsafe X509_NAME_get_text_by_NID(name, NID_commonName, &text, 256)
        guard count > 0 else { return nil }
        let bytes = text.prefix(Int(count)).map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self).lowercased()
    }
}
