/// IP addresses as X-Forwarded-For has them, read in place.
enum AddressText {
    /// Reads an address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
    /// `[2001:db8::1]:80`. nil for anything else, such as `unknown`.
    static func parse(_ bytes: Span<UInt8>, _ range: ByteRange) -> ClientAddress? {
        guard !range.isEmpty else { return nil }
        if bytes[range.start] == UInt8(ascii: "[") {
            var end = range.start &+ 1
            while end < range.end, bytes[end] != UInt8(ascii: "]") { end &+= 1 }
            guard end < range.end, isPortOrEnd(bytes, ByteRange(end &+ 1, range.end)) else {
                return nil
            }
            return ipv6(bytes, ByteRange(range.start &+ 1, end))
        }
        var colon = range.start
        while colon < range.end, bytes[colon] != ByteClass.colon { colon &+= 1 }
        if let address = ipv4(bytes, ByteRange(range.start, colon)) {
            let isWhole = isPortOrEnd(bytes, ByteRange(colon, range.end))
            return isWhole ? ClientAddress(bits: 0xffff_0000_0000 | UInt128(address)) : nil
        }
        return ipv6(bytes, range)
    }

    private static func isPortOrEnd(_ bytes: Span<UInt8>, _ range: ByteRange) -> Bool {
        if range.isEmpty { return true }
        guard bytes[range.start] == ByteClass.colon else { return false }
        let port = Decimal.parse(bytes, ByteRange(range.start &+ 1, range.end))
        return port.map { $0 <= 65_535 } ?? false
    }

    /// Four numbers below 256, without leading zeros.
    static func ipv4(_ bytes: Span<UInt8>, _ range: ByteRange) -> UInt32? {
        var address: UInt32 = 0
        var count = 0
        var start = range.start
        while count < 4 {
            var end = start
            while end < range.end, bytes[end] != UInt8(ascii: ".") { end &+= 1 }
            let isLast = count == 3
            guard isLast == (end == range.end), end &- start <= 3,
                let octet = Decimal.parse(bytes, ByteRange(start, end)), octet < 256,
                end &- start == 1 || bytes[start] != UInt8(ascii: "0")
            else { return nil }
            address = address &<< 8 | UInt32(octet)
            count &+= 1
            start = end &+ 1
        }
        return address
    }

    static func ipv6(_ bytes: Span<UInt8>, _ range: ByteRange) -> ClientAddress? {
        guard IPv6Literal.isValid(bytes, range) else { return nil }
        var bits: UInt128 = 0
        var groups = 0
        /// How many groups stand before `::`, -1 without one.
        var gap = -1
        var at = range.start
        while at < range.end {
            if bytes[at] == ByteClass.colon {
                at &+= 1
                if at < range.end, bytes[at] == ByteClass.colon {
                    gap = groups
                    at &+= 1
                }
                continue
            }
            var end = at
            while end < range.end, ByteClass.hexadecimal(bytes[end]) != nil { end &+= 1 }
            if end < range.end, bytes[end] == UInt8(ascii: ".") {
                guard let low = ipv4(bytes, ByteRange(at, range.end)) else { return nil }
                bits = bits &<< 32 | UInt128(low)
                groups &+= 2
                break
            }
            var group: UInt128 = 0
            while at < end {
                group = group &<< 4 | UInt128(ByteClass.hexadecimal(bytes[at]) ?? 0)
                at &+= 1
            }
            bits = bits &<< 16 | group
            groups &+= 1
        }
        if gap < 0 { return ClientAddress(bits: bits) }
        let behind = UInt128(16 &* (groups &- gap))
        // A shift by all 128 bits would be one by none.
        let before = gap == 0 ? 0 : (bits &>> behind) &<< UInt128(128 &- 16 &* gap)
        return ClientAddress(bits: before | bits & ((1 &<< behind) &- 1))
    }
}
