/// Version 2: a signature, command and family, a length, addresses, and facts as type, length and
/// value.
extension ProxyHeader {
    /// Signature, command, family and length.
    private static let fixedBytes = 16

    static func parseBinary(_ bytes: Span<UInt8>) -> ProxyHeaderProgress {
        for index in 0..<min(bytes.count, signature.count) where bytes[index] != signature[index] {
            return .refused(.missing)
        }
        guard bytes.count > signature.count else { return .incomplete }
        // The version, 2, and the command: LOCAL or PROXY.
        let command = bytes[12]
        guard command == 0x20 || command == 0x21 else { return .refused(.unsupported) }
        guard bytes.count >= fixedBytes else { return .incomplete }
        let length = fixedBytes + (Int(bytes[14]) << 8 | Int(bytes[15]))
        guard length <= mostBinaryBytes else { return .refused(.tooLong) }
        guard bytes.count >= length else { return .incomplete }
        let header = bytes.extracting(first: length)
        if command == 0x20 { return .complete(ProxyHeader(ends: nil, byteCount: length)) }
        return parseAddresses(header)
    }

    private static func parseAddresses(_ header: Span<UInt8>) -> ProxyHeaderProgress {
        let length: Int
        switch header[13] {
        case 0x00: return .complete(ProxyHeader(ends: nil, byteCount: header.count))
        case 0x11: length = 12
        case 0x21: length = 36
        case 0x31: length = 216
        default: return .refused(.unsupported)
        }
        guard header.count >= fixedBytes + length else { return .refused(.malformed) }
        if let fault = faultOfFacts(header, from: fixedBytes + length) { return .refused(fault) }
        let ends = length == 216 ? nil : ends(header, size: length == 12 ? 4 : 16)
        return .complete(ProxyHeader(ends: ends, byteCount: header.count))
    }

    private static func ends(_ header: Span<UInt8>, size: Int) -> Ends {
        let ports = fixedBytes + 2 * size
        return Ends(
            source: address(header, at: fixedBytes, size: size),
            sourcePort: number(header, at: ports),
            destination: address(header, at: fixedBytes + size, size: size),
            destinationPort: number(header, at: ports + 2))
    }

    private static func address(
        _ header: Span<UInt8>, at start: Int, size: Int
    ) -> ClientAddress {
        var bits: UInt128 = size == 4 ? 0xffff : 0
        for index in start..<start + size { bits = bits &<< 8 | UInt128(header[index]) }
        return ClientAddress(bits: bits)
    }

    private static func number(_ header: Span<UInt8>, at start: Int) -> UInt16 {
        UInt16(header[start]) << 8 | UInt16(header[start + 1])
    }

    /// The facts must fill the rest of the header exactly; a checksum among them must be right.
    private static func faultOfFacts(_ header: Span<UInt8>, from start: Int) -> ProxyHeaderFault? {
        var at = start
        while at < header.count {
            guard at + 3 <= header.count else { return .malformed }
            let length = Int(number(header, at: at + 1))
            guard at + 3 + length <= header.count else { return .malformed }
            if header[at] == ProxyFact.checksum {
                guard length == 4 else { return .malformed }
                let told =
                    UInt32(number(header, at: at + 3)) << 16
                    | UInt32(number(header, at: at + 5))
                guard CRC32C.of(header, zeroFrom: at + 3, to: at + 7) == told else {
                    return .badChecksum
                }
            }
            at += 3 + length
        }
        return nil
    }
}

/// The checksum of iSCSI (RFC 3720 section 12.1), bit by bit: few headers have one.
enum CRC32C {
    /// Of all bytes, those from `start` up to `end` taken as 0.
    static func of(_ bytes: Span<UInt8>, zeroFrom start: Int, to end: Int) -> UInt32 {
        var sum = UInt32.max
        for index in 0..<bytes.count {
            sum ^= start <= index && index < end ? 0 : UInt32(bytes[index])
            for _ in 0..<8 { sum = sum &>> 1 ^ (sum & 1 == 0 ? 0 : 0x82f6_3b78) }
        }
        return ~sum
    }
}
