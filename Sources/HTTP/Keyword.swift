/// The words in field names and values that mean something here; the raw value is the word in
/// lower case, packed into 16 bytes.
enum Keyword: UInt128 {
    case chunked = 0x63_6875_6e6b_6564
    case close = 0x63_6c6f_7365
    /// `100-continue`
    case `continue` = 0x3130_302d_636f_6e74_696e_7565
    case http = 0x6874_7470
    case https = 0x68_7474_7073
    case keepAlive = 0x6b65_6570_2d61_6c69_7665
    /// Refused as a protocol to change to: its requests would pass unseen.
    case h2c = 0x68_3263
    /// `kong/`, which begins how Kong names itself.
    case kong = 0x6b_6f6e_672f
    case server = 0x7365_7276_6572
    case trailers = 0x7472_6169_6c65_7273
    case upgrade = 0x75_7067_7261_6465
    case via = 0x76_6961

    /// Recognizes a word in upper or lower case; the range must hold no control characters.
    init?(_ bytes: Span<UInt8>, _ range: ByteRange) {
        guard range.count <= 16 else { return nil }
        var word: UInt128 = 0
        for index in range.start..<range.end {
            word = word &<< 8 | UInt128(bytes[index] | 0x20)
        }
        self.init(rawValue: word)
    }
}
