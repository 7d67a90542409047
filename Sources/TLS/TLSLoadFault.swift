internal import COpenSSL
internal import Kernel

/// Why a certificate, a key or another file of TLS cannot be used.
package struct TLSLoadFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which of the files that belong together it is.
    package enum Part: Sendable {
        case certificate, key, staple, authority, ticketKeys, context
    }

    /// What is wrong with which file.
    package let part: Part
    package let path: String
    package let reason: String

    package init(_ part: Part, _ path: String, _ reason: String) {
        self.part = part
        self.path = path
        self.reason = reason
    }

    /// One line: the file and what is wrong.
    package var description: String { path.isEmpty ? reason : "\(path): \(reason)" }

    /// What OpenSSL says of its last failure.
    static func lastReason(_ fallback: String) -> String {
        let code = ERR_peek_error()
        guard code != 0, let text = unsafe ERR_reason_error_string(code) else { return fallback }
        return unsafe "\(fallback) (\(String(cString: text)))"
    }
}

/// A file's bytes as OpenSSL reads them, all of whose blocks are whole.
@safe
struct PEMFile: ~Copyable {
    let bio: OpaquePointer
    let blocks: PEMBlocks
    private let path: String
    private let part: TLSLoadFault.Part

    init(_ path: String, _ part: TLSLoadFault.Part) throws(TLSLoadFault) {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DurableFile.read(path, limit: TLSCertificate.mostFileBytes)
        } catch {
            throw TLSLoadFault(part, path, "\(error)".lowercased())
        }
        let blocks: PEMBlocks
        do throws(PEMBlocks.Fault) {
            blocks = try PEMBlocks(bytes)
        } catch {
            throw TLSLoadFault(part, path, "\(error)")
        }
        ERR_clear_error()
        guard let bio = unsafe BIO_new(BIO_s_mem()) else {
            throw TLSLoadFault(part, path, "no memory")
        }
        let written = unsafe bytes.withUnsafeBytes {
            unsafe BIO_write(bio, $0.baseAddress, Int32($0.count))
        }
        guard Int(written) == bytes.count || bytes.isEmpty else {
            unsafe BIO_free_all(bio)
            throw TLSLoadFault(part, path, "no memory")
        }
        unsafe self.bio = bio
        self.blocks = blocks
        self.path = path
        self.part = part
    }

    deinit { unsafe BIO_free_all(bio) }

    /// Every certificate of the file; `expected`: what is said where there is none.
    func certificates(_ expected: String) throws(TLSLoadFault) -> [OpaquePointer] {
        var found: [OpaquePointer] = unsafe []
        for (index, block) in blocks.certificates.enumerated() {
            ERR_clear_error()
            // Nobody is there to be asked for a password.
            let next = unsafe PEM_read_bio_X509_AUX(bio, nil, { _, _, _, _ in -1 }, nil)
            guard let next = unsafe next else {
                let reason = TLSLoadFault.lastReason(
                    "line \(block.line): certificate \(index + 1) of the file is broken")
                unsafe Self.free(found)
                throw TLSLoadFault(part, path, reason)
            }
            unsafe found.append(next)
        }
        guard unsafe !found.isEmpty else { throw TLSLoadFault(part, path, expected) }
        return unsafe found
    }

    static func free(_ certificates: [OpaquePointer]) {
        for index in 0..<(unsafe certificates.count) { unsafe X509_free(certificates[index]) }
    }
}
