package import Bytes

/// Writes headers of the PROXY protocol.
package enum ProxyHeaderEncoder {
    /// Room for any header that is written here, facts included.
    package static let mostBytes = ProxyHeader.mostBinaryBytes

    /// Appends a header of version 1; without ends one of a proxy that does not tell for whom it
    /// speaks.
    package static func appendText(_ ends: ProxyHeader.Ends?, to buffer: inout Buffer) {
        guard let ends else { return buffer.append("PROXY UNKNOWN\r\n") }
        let isIPv4 = ends.areIPv4
        if isIPv4 { buffer.append("PROXY TCP4 ") } else { buffer.append("PROXY TCP6 ") }
        append(ends.source, isIPv4: isIPv4, to: &buffer)
        buffer.append(" ")
        append(ends.destination, isIPv4: isIPv4, to: &buffer)
        buffer.append(" ")
        buffer.append(decimal: UInt64(ends.sourcePort))
        buffer.append(" ")
        buffer.append(decimal: UInt64(ends.destinationPort))
        buffer.append("\r\n")
    }

    /// Appends a header of version 2 with facts, which `ProxyFact` writes; without ends one of a
    /// proxy that speaks for itself.
    package static func appendBinary(
        _ ends: ProxyHeader.Ends?, facts: Span<UInt8>, to buffer: inout Buffer
    ) {
        for index in 0..<ProxyHeader.signature.count {
            buffer.append(byte: ProxyHeader.signature[index])
        }
        guard let ends else {
            buffer.append(byte: 0x20)
            buffer.append(byte: 0x00)
            append(UInt16(0), to: &buffer)
            return
        }
        let isIPv4 = ends.areIPv4
        buffer.append(byte: 0x21)
        buffer.append(byte: isIPv4 ? 0x11 : 0x21)
        append(UInt16((isIPv4 ? 12 : 36) + facts.count), to: &buffer)
        append(bytesOf: ends.source, isIPv4: isIPv4, to: &buffer)
        append(bytesOf: ends.destination, isIPv4: isIPv4, to: &buffer)
        append(ends.sourcePort, to: &buffer)
        append(ends.destinationPort, to: &buffer)
        buffer.append(facts)
    }

    static func append(_ number: UInt16, to buffer: inout Buffer) {
        buffer.append(byte: UInt8(truncatingIfNeeded: number &>> 8))
        buffer.append(byte: UInt8(truncatingIfNeeded: number))
    }

    private static func append(
        bytesOf address: ClientAddress, isIPv4: Bool, to buffer: inout Buffer
    ) {
        for index in (isIPv4 ? 12 : 0)..<16 {
            let shift = UInt128(120 &- 8 &* index)
            buffer.append(byte: UInt8(truncatingIfNeeded: address.bits &>> shift))
        }
    }

    /// Where one end is IPv6, an IPv4 address is written in its mapped form.
    private static func append(
        _ address: ClientAddress, isIPv4: Bool, to buffer: inout Buffer
    ) {
        if address.isIPv4, !isIPv4 { buffer.append("::ffff:") }
        address.append(to: &buffer)
    }
}

/// A fact in a header of version 2: type, length and value.
package enum ProxyFact {
    /// The protocol inside TLS (ALPN), the name that the client asks for, a checksum, and TLS.
    package static let alpn: UInt8 = 0x01
    package static let authority: UInt8 = 0x02
    static let checksum: UInt8 = 0x03
    private static let tls: UInt8 = 0x20

    /// Appends a fact; one without a byte is left out.
    package static func append(_ type: UInt8, _ value: Span<UInt8>, to facts: inout Buffer) {
        if value.isEmpty { return }
        facts.append(byte: type)
        ProxyHeaderEncoder.append(UInt16(value.count), to: &facts)
        facts.append(value)
    }

    /// The facts of TLS, within the one of that name.
    package static let version: UInt8 = 0x21
    package static let commonName: UInt8 = 0x22
    package static let cipher: UInt8 = 0x23
    package static let signature: UInt8 = 0x24
    package static let keyKind: UInt8 = 0x25

    /// What is told of a client's certificate.
    package enum ClientCertificate: Sendable {
        /// The client has shown none.
        case none
        /// It has shown a good one, on this connection, or earlier in the session that this one
        /// takes up.
        case shown, shownEarlier
    }

    /// Appends that the client speaks TLS, and `facts` of that, which `append` has written.
    package static func appendTLS(
        _ certificate: ClientCertificate, facts: Span<UInt8>, to buffer: inout Buffer
    ) {
        buffer.append(byte: Self.tls)
        ProxyHeaderEncoder.append(UInt16(5 + facts.count), to: &buffer)
        switch certificate {
        case .none: buffer.append(byte: 0x01)
        case .shown: buffer.append(byte: 0x07)
        case .shownEarlier: buffer.append(byte: 0x05)
        }
        // 0 is what a certificate comes to that was shown and is good.
        ProxyHeaderEncoder.append(0, to: &buffer)
        ProxyHeaderEncoder.append(certificate == .none ? 1 : 0, to: &buffer)
        buffer.append(facts)
    }
}

extension ProxyHeader.Ends {
    fileprivate var areIPv4: Bool { source.isIPv4 && destination.isIPv4 }
}

extension ClientAddress {
    /// Whether it is an IPv4 address in its mapped form.
    fileprivate var isIPv4: Bool { bits &>> 32 == 0xffff }
}
