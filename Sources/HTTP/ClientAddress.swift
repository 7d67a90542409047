package import Bytes

/// A client's IP address, 16 bytes in network order; IPv4 is held in its IPv4-mapped form.
package struct ClientAddress: Sendable, Equatable {
    /// The first byte highest.
    package let bits: UInt128

    package init(bits: UInt128) { self.bits = bits }

    /// Writes the canonical text (RFC 5952) without brackets and port; IPv4, mapped or not, in
    /// dotted decimal.
    package func append(to buffer: inout Buffer) {
        let low = UInt32(truncatingIfNeeded: bits)
        if bits &>> 32 == 0xffff {
            appendIPv4(low, to: &buffer)
        } else {
            appendIPv6(to: &buffer)
        }
    }

    /// All at once, gathered from the last byte to the first: there are at most 15.
    private func appendIPv4(_ address: UInt32, to buffer: inout Buffer) {
        var text: UInt128 = 0
        var count = 3
        var rest = address
        for index in 0..<4 {
            if index > 0 { text = text &<< 8 | UInt128(UInt8(ascii: ".")) }
            let octet = rest & 0xff
            rest = rest &>> 8
            text = text &<< 8 | UInt128(0x30 &+ octet % 10)
            if octet >= 10 { text = text &<< 8 | UInt128(0x30 &+ octet / 10 % 10) }
            if octet >= 100 { text = text &<< 8 | UInt128(0x30 &+ octet / 100) }
            count &+= octet >= 100 ? 3 : octet >= 10 ? 2 : 1
        }
        buffer.append(first: count, of: text)
    }

    private func appendIPv6(to buffer: inout Buffer) {
        let zeros = longestZeros()
        var index = 0
        while index < 8 {
            if index == zeros.start, !zeros.isEmpty {
                buffer.append("::")
                index = zeros.end
                continue
            }
            if index > 0, index != zeros.end || zeros.isEmpty {
                buffer.append(byte: ByteClass.colon)
            }
            buffer.append(hexadecimal: UInt64(group(index)))
            index &+= 1
        }
    }

    private func group(_ index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: bits &>> UInt128(112 &- 16 &* index))
    }

    /// The first of the longest runs of two or more groups that are 0.
    private func longestZeros() -> ByteRange {
        var longest = ByteRange.empty
        var start = 0
        for index in 0..<8 {
            if group(index) != 0 {
                start = index &+ 1
            } else if index &- start &+ 1 > max(1, longest.count) {
                longest = ByteRange(start, index &+ 1)
            }
        }
        return longest
    }
}
