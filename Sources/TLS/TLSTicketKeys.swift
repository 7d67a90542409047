internal import COpenSSL
package import Kernel

/// The keys that session tickets are sealed with (RFC 5077), shared by all workers and listeners.
///
/// The first one seals; those behind it still open what they have sealed.
package final class TLSTicketKeys: Sendable {
    /// The bytes of one key: its name, then one key to authenticate and one to encrypt with.
    package static let keyBytes = 80
    /// Keys that open tickets: a ticket is good for two hours, a key seals for one.
    private static let mostKeys = 3
    static let ticketSeconds = 7_200
    private static let mostKeysOfFile = 16

    private struct State {
        var keys: [[UInt8]] = []
        var isOfFile = false
        var sealsSince = Instant.now()
    }

    private let state = Lock(State())

    /// Keys of our own that nobody else knows: sessions end with the process.
    package init() { rotate() }

    /// A new key seals from now on; without effect where a file has them.
    package func rotate() {
        let fresh = Self.random()
        state.withLock { state in
            guard !state.isOfFile else { return }
            state.keys = Array(([fresh] + state.keys).prefix(Self.mostKeys))
            state.sealsSince = .now()
        }
    }

    /// A new key seals once the present one has done so for an hour.
    package func rotateIfDue(_ now: Instant) {
        let isDue = state.withLock { state in
            now.since(state.sealsSince) > UInt64(Self.ticketSeconds / 2) * 1_000_000_000
        }
        if isDue { rotate() }
    }

    /// Takes the keys of a file, or keys of our own when there is none any more.
    package func adopt(file path: String?) throws(TLSLoadFault) {
        guard let path else {
            let wasOfFile = state.withLock { state in
                let wasOfFile = state.isOfFile
                if wasOfFile { state = State() }
                return wasOfFile
            }
            if wasOfFile { rotate() }
            return
        }
        let keys = try Self.read(path)
        state.withLock { state in
            state.keys = keys
            state.isOfFile = true
        }
    }

    /// The keys of a file, which has one behind the other.
    package static func read(_ path: String) throws(TLSLoadFault) -> [[UInt8]] {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DurableFile.read(path, limit: keyBytes * mostKeysOfFile)
        } catch {
            throw TLSLoadFault(.ticketKeys, path, "\(error)".lowercased())
        }
        let count = bytes.count / keyBytes
        guard bytes.count % keyBytes == 0, (1...mostKeysOfFile).contains(count) else {
            throw TLSLoadFault(
                .ticketKeys, path,
                "\(bytes.count) bytes; expected 1 to \(mostKeysOfFile) keys of \(keyBytes) "
                    + "random bytes each")
        }
        return (0..<count).map { Array(bytes[($0 * keyBytes)..<(($0 + 1) * keyBytes)]) }
    }

    private static func random() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: keyBytes)
        precondition(unsafe RAND_bytes(&bytes, Int32(keyBytes)) == 1, "no random bytes")
        return bytes
    }

    /// OpenSSL's question for a key: to seal a new ticket, or to open that of the name.
    func provide(
        _ name: UnsafeMutablePointer<UInt8>, _ vector: UnsafeMutablePointer<UInt8>,
        _ cipher: OpaquePointer?, _ mac: OpaquePointer?, seals: Bool
    ) -> Int32 {
        state.withLock { state in
            if seals {
                guard let key = state.keys.first, unsafe RAND_bytes(vector, 16) == 1 else {
                    return -1
                }
                for index in 0..<16 { unsafe name[index] = key[index] }
                return unsafe Self.begin(key, vector, cipher, mac, seals: true) ? 1 : -1
            }
            for position in state.keys.indices {
                let key = state.keys[position]
                guard (0..<16).allSatisfy({ unsafe name[$0] == key[$0] }) else { continue }
                guard unsafe Self.begin(key, vector, cipher, mac, seals: false) else { return -1 }
                // 2 asks for a new ticket, sealed by the first key.
                return position == 0 ? 1 : 2
            }
            return 0
        }
    }

    private static func begin(
        _ key: [UInt8], _ vector: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer?,
        _ mac: OpaquePointer?, seals: Bool
    ) -> Bool {
        unsafe key.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            guard unsafe sluice_mac_begin(mac, base + 16, 32) == 1 else { return false }
            let kind = unsafe EVP_aes_256_cbc()
            let result =
                seals
                ? unsafe EVP_EncryptInit_ex(cipher, kind, nil, base + 48, vector)
                : unsafe EVP_DecryptInit_ex(cipher, kind, nil, base + 48, vector)
            return result == 1
        }
    }
}
