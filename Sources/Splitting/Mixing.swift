/// Turns a counter into bits that look random: each input bit changes about half of the output.
///
/// A bijection of 64 bits, the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
func mixed(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
}

/// The odd number nearest to 2^64 divided by the golden ratio: its multiples spread evenly.
let goldenStride: UInt64 = 0x9E37_79B9_7F4A_7C15

/// Draws a number below `bound` from 64 random bits; the bias is `bound` in 2^64.
func scaled(_ bits: UInt64, below bound: UInt64) -> UInt64 {
    bits.multipliedFullWidth(by: bound).high
}
