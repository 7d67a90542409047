internal import Bytes
internal import HTTP

/// Texts that a client sent, written so that a line stays one line, whatever they are.
enum LogText {
    /// What one byte becomes at most.
    static let mostBytesPerByte = 6

    /// Inside a JSON string. What is valid UTF-8 stays as it is, but for what ends a line
    /// somewhere or moves a terminal's cursor; a byte that is not becomes the Latin-1 character
    /// of its number.
    static func append(json bytes: Span<UInt8>, _ range: ByteRange, to line: inout Buffer) {
        var at = range.start
        while at < range.end {
            let special = endOfPlain(bytes, from: at, to: range.end)
            line.append(bytes, from: at, to: special)
            if special == range.end { return }
            at = special &+ appendSpecial(bytes, special, range.end, to: &line)
        }
    }

    /// Inside the quotes of the combined format: only printable ASCII, all else as `\xHH`.
    static func append(quoted bytes: Span<UInt8>, _ range: ByteRange, to line: inout Buffer) {
        var at = range.start
        while at < range.end {
            let special = endOfPlain(bytes, from: at, to: range.end)
            line.append(bytes, from: at, to: special)
            if special == range.end { return }
            line.append("\\x")
            append(twoDigits: bytes[special], tenIs: UInt8(ascii: "A"), to: &line)
            at = special &+ 1
        }
    }

    /// Writes what begins at a byte that is not plain; how many bytes that were.
    private static func appendSpecial(
        _ bytes: Span<UInt8>, _ at: Int, _ end: Int, to line: inout Buffer
    ) -> Int {
        let byte = bytes[at]
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            line.append(byte: UInt8(ascii: "\\"))
            line.append(byte: byte)
            return 1
        }
        let count = utf8Count(bytes, at, end)
        if count == 2, byte == 0xc2, bytes[at &+ 1] < 0xa0 {
            appendEscape(bytes[at &+ 1], to: &line)
        } else if count == 3, byte == 0xe2, bytes[at &+ 1] == 0x80, bytes[at &+ 2] & 0xfe == 0xa8 {
            line.append(bytes[at &+ 2] == 0xa8 ? "\\u2028" : "\\u2029")
        } else if count > 1 {
            line.append(bytes, from: at, to: at &+ count)
        } else {
            appendEscape(byte, to: &line)
        }
        return max(1, count)
    }

    private static func appendEscape(_ byte: UInt8, to line: inout Buffer) {
        line.append("\\u00")
        append(twoDigits: byte, tenIs: UInt8(ascii: "a"), to: &line)
    }

    private static func append(
        twoDigits byte: UInt8, tenIs letter: UInt8, to line: inout Buffer
    ) {
        let high = byte &>> 4
        let low = byte & 15
        line.append(byte: high < 10 ? 0x30 &+ high : letter &+ high &- 10)
        line.append(byte: low < 10 ? 0x30 &+ low : letter &+ low &- 10)
    }

    /// The length of the character of two or more bytes that begins here; 1 for one byte, 0 for
    /// what is not valid UTF-8 (RFC 3629 section 4).
    static func utf8Count(_ bytes: Span<UInt8>, _ at: Int, _ end: Int) -> Int {
        let first = bytes[at]
        let count: Int
        switch first {
        case 0x00...0x7f: return 1
        case 0xc2...0xdf: count = 2
        case 0xe0...0xef: count = 3
        case 0xf0...0xf4: count = 4
        default: return 0
        }
        guard end &- at >= count else { return 0 }
        let second = bytes[at &+ 1]
        switch first {
        case 0xe0: guard second >= 0xa0 else { return 0 }
        case 0xed: guard second < 0xa0 else { return 0 }
        case 0xf0: guard second >= 0x90 else { return 0 }
        case 0xf4: guard second < 0x90 else { return 0 }
        default: break
        }
        for index in (at &+ 1)..<(at &+ count) where !isContinuation(bytes[index]) { return 0 }
        return count
    }

    /// Whether a byte goes on with a character of several bytes.
    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }

    /// The end of printable ASCII without quotes and backslashes, from `start` on.
    private static func endOfPlain(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            let hits = specials(word(bytes, at: at))
            if hits != 0 { return at &+ hits.trailingZeroBitCount &>> 3 }
            at &+= 8
        }
        while at < end, isPlain(bytes[at]) { at &+= 1 }
        return at
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte &- 0x20 < 0x5f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// Eight bytes as a number, the first one lowest.
    private static func word(_ bytes: Span<UInt8>, at start: Int) -> UInt64 {
        let eight = bytes.extracting(start..<(start &+ 8))
        var word: UInt64 = 0
        for index in 0..<8 { word = word &<< 8 | UInt64(eight[7 &- index]) }
        return word
    }

    /// The highest bit of each byte that is not plain. Only the lowest bit that is set is certain:
    /// a borrow may set those above it.
    private static func specials(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let below = (word &- ones &* 0x20) & ~word
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5c)
        let delete = word ^ (ones &* 0x7f)
        let zeros =
            (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
            | (delete &- ones) & ~delete
        return (word | below | zeros) & (ones &* 0x80)
    }
}
