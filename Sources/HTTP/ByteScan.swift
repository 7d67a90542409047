internal import Bytes

/// Searches that look at eight bytes at once.
enum ByteScan {
    /// The end of what may stand in a field's value (RFC 9110, 5.5), from `start` on: visible
    /// characters, space, tab, bytes from 0x80 on.
    @inline(__always)
    static func endOfValue(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var at = start
        while at &+ 8 <= bytes.count {
            let hits = ByteWord.controls(word(bytes, at: at))
            if hits == 0 {
                at &+= 8
                continue
            }
            at &+= hits.trailingZeroBitCount &>> 3
            if bytes[at] != ByteClass.tab { return at }
            at &+= 1
        }
        while at < bytes.count, ByteClass.isFieldValue(bytes[at]) { at &+= 1 }
        return at
    }

    /// The end of the letters and hyphens from `start` on, which is where most names end; it may
    /// stop before the end of the bytes, up to seven short of it.
    @inline(__always)
    static func endOfLetters(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var at = start
        while at &+ 8 <= bytes.count {
            let strays = ByteWord.strays(word(bytes, at: at))
            if strays != 0 { return at &+ strays.trailingZeroBitCount &>> 3 }
            at &+= 8
        }
        return at
    }

    /// Eight bytes as a number, the first one lowest: one check of the bounds and one load, once
    /// it is compiled, since the last byte is read first.
    @inline(__always)
    static func word(_ bytes: Span<UInt8>, at start: Int) -> UInt64 {
        let eight = bytes.extracting(start..<(start &+ 8))
        var word: UInt64 = 0
        for index in 0..<8 { word = word &<< 8 | UInt64(eight[7 &- index]) }
        return word
    }
}
