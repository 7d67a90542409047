/// An IPv4 or IPv6 address in 128 bits, in network order from the highest bit; IPv4 is held
/// as its IPv4-mapped form (RFC 4291 section 2.5.5.2), so both are compared alike.
package struct IPAddress: Sendable, Hashable {
    /// The address, from its highest bit.
    package let bits: UInt128

    /// The address of 128 bits.
    package init(bits: UInt128) {
        self.bits = bits
    }

    /// The address of four octets, the first being the highest.
    package init(ipv4: UInt32) {
        bits = Self.mappedPrefix | UInt128(ipv4)
    }

    /// Whether this is an IPv4 address (or an IPv6 address that stands for one).
    package var isIPv4: Bool { bits >> 32 == Self.mappedPrefix >> 32 }

    /// The IPv4 address in its low 32 bits; meaningful when `isIPv4`.
    package var ipv4: UInt32 { UInt32(truncatingIfNeeded: bits) }

    private static let mappedPrefix: UInt128 = 0xffff << 32
}
