/// Sets of bytes of ASCII, each kept as the bits of two numbers.
package enum ByteSet {
    /// Whether methods and names of fields may have a byte (`token` in RFC 9110 section 5.6.2).
    @inlinable
    @inline(__always)
    package static func isToken(_ byte: UInt8) -> Bool {
        isMember(byte, of: 0x03ff_6cfa_0000_0000, 0x57ff_ffff_c7ff_fffe)
    }

    /// Whether the bit of an ASCII byte is set in `low` (0 to 63) or `high` (64 to 127).
    @inlinable
    @inline(__always)
    package static func isMember(_ byte: UInt8, of low: UInt64, _ high: UInt64) -> Bool {
        let set = byte < 64 ? low : high
        return byte < 128 && (set &>> UInt64(byte)) & 1 != 0
    }
}
