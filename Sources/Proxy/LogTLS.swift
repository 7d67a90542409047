internal import Bytes
internal import TLS

/// What a line tells of the client's TLS.
struct LogTLS {
    let version: TLSVersion
    /// The cipher's number (IANA's TLS Cipher Suites).
    let cipher: UInt16

    func append(to line: inout Buffer) {
        line.append(",\"tls_version\":\"")
        line.append(version.label)
        line.append("\",\"tls_cipher\":\"")
        if let name = Self.name(of: cipher) {
            line.append(name)
        } else {
            line.append("0x")
            line.append(hexadecimal: UInt64(cipher))
        }
        line.append("\"")
    }

    /// The names of RFC 8446 and RFC 5289, as IANA lists them.
    private static func name(of cipher: UInt16) -> StaticString? {
        switch cipher {
        case 0x1301: "TLS_AES_128_GCM_SHA256"
        case 0x1302: "TLS_AES_256_GCM_SHA384"
        case 0x1303: "TLS_CHACHA20_POLY1305_SHA256"
        case 0xc02b: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        case 0xc02c: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
        case 0xc02f: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        case 0xc030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
        case 0xcca8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
        case 0xcca9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
        default: nil
        }
    }
}

extension Worker {
    /// What the log tells of a client's TLS; nil where none is spoken.
    func logTLS(_ client: Int) -> LogTLS? {
        let client = transport(of: client)
        guard connections[client].tls != nil, let version = connections[client].tls?.version,
            let cipher = connections[client].tls?.cipher
        else { return nil }
        return LogTLS(version: version, cipher: cipher)
    }
}
