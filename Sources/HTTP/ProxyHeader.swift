/// What a proxy says of a connection before the connection's own bytes: the header of the PROXY
/// protocol, version 1 (text) or 2 (binary).
package struct ProxyHeader: Equatable, Sendable {
    /// The two ends of the connection that the proxy has accepted.
    package struct Ends: Equatable, Sendable {
        /// The client, and the address that it has connected to.
        package let source: ClientAddress
        package let sourcePort: UInt16
        package let destination: ClientAddress
        package let destinationPort: UInt16

        package init(
            source: ClientAddress, sourcePort: UInt16, destination: ClientAddress,
            destinationPort: UInt16
        ) {
            self.source = source
            self.sourcePort = sourcePort
            self.destination = destination
            self.destinationPort = destinationPort
        }
    }

    /// nil where the proxy speaks for itself (LOCAL) or does not tell for whom (UNKNOWN, UNSPEC,
    /// a Unix socket): the connection's own address counts then.
    package let ends: Ends?
    /// The length of the header in bytes.
    package let byteCount: Int

    /// The longest header of version 1, its line end included.
    package static let mostTextBytes = 107
    /// The longest header of version 2 that is taken: addresses and many facts fit in.
    package static let mostBinaryBytes = 4_096

    /// The first bytes of version 2.
    static let signature: [12 of UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]

    /// Reads a header from the start of `bytes`. Stateless: an incomplete header is read again
    /// from its start when more has arrived.
    package static func parse(_ bytes: Span<UInt8>) -> ProxyHeaderProgress {
        guard bytes.count > 0 else { return .incomplete }
        return bytes[0] == signature[0] ? parseBinary(bytes) : parseText(bytes)
    }
}

/// What a look at the first bytes of a connection came to.
package enum ProxyHeaderProgress: Equatable, Sendable {
    /// It may become a header.
    case incomplete
    case complete(ProxyHeader)
    case refused(ProxyHeaderFault)
}

/// What is wrong with a header.
package enum ProxyHeaderFault: CaseIterable, Sendable {
    /// The connection does not begin with a header.
    case missing
    /// It has more bytes than a header may have.
    case tooLong
    /// It begins like a header and breaks its rules.
    case malformed
    /// A version, command or family that there is not, or not for streams.
    case unsupported
    /// Its checksum is that of other bytes.
    case badChecksum
}
