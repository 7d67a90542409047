internal import Kernel
internal import NIOCore
internal import NIOSSL
internal import Settings

/// The certificate of the admin address. One that was read anew goes to the next handshake.
final class AdminCertificate: Sendable {
    /// Why a certificate cannot be used.
    struct Fault: Error, CustomStringConvertible {
        /// Which file, and what is wrong with it.
        let description: String
    }

    private struct Contents {
        var chain: [NIOSSLCertificate]
        var key: NIOSSLPrivateKey
    }

    /// Longer than any chain.
    private static let longestFile = 1 << 20
    private let contents = Lock<Contents?>(nil)

    /// Reads it and says how the server speaks TLS: 1.2 and newer.
    func begin(_ settings: AdminTLS) throws(Fault) -> TLSConfiguration {
        let read = try Self.read(settings)
        contents.withLock { $0 = read }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: read.chain.map { .certificate($0) },
            privateKey: .privateKey(read.key))
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["http/1.1"]
        tls.sslContextCallback = { [contents] _, promise in
            var override = NIOSSLContextConfigurationOverride()
            if let now = contents.withLock({ $0 }) {
                override.certificateChain = now.chain.map { .certificate($0) }
                override.privateKey = .privateKey(now.key)
            }
            promise.succeed(override)
        }
        return tls
    }

    /// Reads it anew; nothing has changed when it throws. Without TLS there is nothing to read.
    func reload(_ settings: AdminTLS?) throws(Fault) {
        guard let settings, contents.withLock({ $0 != nil }) else { return }
        let read = try Self.read(settings)
        contents.withLock { $0 = read }
    }

    private static func read(_ settings: AdminTLS) throws(Fault) -> Contents {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(try bytes(settings.certificate))
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(
                description: "admin.tls: \(settings.certificate): expected certificates in PEM")
        }
        guard !chain.isEmpty else {
            throw Fault(
                description: "admin.tls: \(settings.certificate): expected certificates in PEM")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(bytes: try bytes(settings.key), format: .pem)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(
                description: "admin.tls: \(settings.key): expected a key in PEM without a password")
        }
        do {
            // Says whether the two belong together.
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) },
                    privateKey: .privateKey(key)))
        } catch {
            throw Fault(
                description: "admin.tls: \(settings.key) is not the key of "
                    + "\(settings.certificate)")
        }
        return Contents(chain: chain, key: key)
    }

    private static func bytes(_ path: String) throws(Fault) -> [UInt8] {
        do throws(Errno) {
            return try DurableFile.read(path, limit: longestFile)
        } catch {
            throw Fault(description: "admin.tls: \(path): \(error)")
        }
    }
}
