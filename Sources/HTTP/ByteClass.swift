internal import Bytes

/// The classes of bytes that HTTP's grammar speaks of.
///
/// `Grammar` holds what is asked for each byte of a head in a table.
enum ByteClass {
    /// `token` characters, of which methods and field names are made (RFC 9110, 5.6.2).
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool { ByteSet.isToken(byte) }

    /// Characters of a registered name (RFC 3986, 3.2.2) but for `%`.
    @inline(__always)
    static func isHostName(_ byte: UInt8) -> Bool {
        ByteSet.isMember(byte, of: 0x2bff_7fd2_0000_0000, 0x47ff_fffe_87ff_fffe)
    }

    /// What may stand in a field's value: visible characters, space, tab, bytes from 0x80 on
    /// (RFC 9110, 5.5).
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool {
        (byte >= space && byte != 0x7f) || byte == tab
    }

    /// What may stand in a request target: visible ASCII but for `#`, which begins a fragment
    /// and is never sent.
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool {
        byte &- 0x21 < 0x5e && byte != UInt8(ascii: "#")
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Space or tab, the optional white space around values.
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// The value of a hexadecimal digit, nil for every other byte.
    @inline(__always)
    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// The same for all bytes that servers take for one another in a field's name: letters in
    /// either case, `_` and `-`.
    static func foldedInName(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "_"): UInt8(ascii: "-")
        default: byte
        }
    }

    static var tab: UInt8 { 0x09 }
    static var lineFeed: UInt8 { 0x0a }
    static var carriageReturn: UInt8 { 0x0d }
    static var space: UInt8 { 0x20 }
    static var comma: UInt8 { 0x2c }
    static var colon: UInt8 { 0x3a }
    static var slash: UInt8 { 0x2f }
}
