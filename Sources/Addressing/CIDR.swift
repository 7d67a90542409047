/// A range of addresses that share their first bits (RFC 4632).
package struct CIDR: Sendable, Hashable {
    /// The shared bits; the others are 0.
    package let network: UInt128
    /// How many bits are shared, counted in 128: an IPv4 `/8` is 104.
    package let prefix: Int

    /// The range around an address; `prefix` is within 0...128.
    package init(around address: IPAddress, prefix: Int) {
        self.prefix = prefix
        network = address.bits & Self.mask(prefix)
    }

    /// Whether the address is in the range.
    package func contains(_ address: IPAddress) -> Bool {
        address.bits & Self.mask(prefix) == network
    }

    private static func mask(_ prefix: Int) -> UInt128 {
        UInt128.max << (128 - prefix)
    }
}
