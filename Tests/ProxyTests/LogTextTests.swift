import Bytes
import Foundation
import HTTP
import Testing

@testable import Proxy

@Suite
struct LogTextTests {
    private static let hostile: [(sent: [UInt8], json: String, quoted: String)] = [
        (Array("plain /a?b=c&d".utf8), "plain /a?b=c&d", "plain /a?b=c&d"),
        (Array("a\"b\\c".utf8), #"a\"b\\c"#, #"a\x22b\x5Cc"#),
        (Array("a\r\nb\u{0}\t".utf8), #"a\u000d\u000ab\u0000\u0009"#, #"a\x0D\x0Ab\x00\x09"#),
        ([0x1b, 0x5b, 0x32, 0x4a], #"\u001b[2J"#, #"\x1B[2J"#),
        ([0x7f], #"\u007f"#, #"\x7F"#),
        (Array("é€😀".utf8), "é€😀", #"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"#),
        // Latin-1, a lone continuation, cut short, overlong, a surrogate, beyond Unicode.
        ([0xe9, 0x61], #"\u00e9a"#, #"\xE9a"#),
        ([0x80], #"\u0080"#, #"\x80"#),
        ([0xe2, 0x82], #"\u00e2\u0082"#, #"\xE2\x82"#),
        ([0xc0, 0xaf], #"\u00c0\u00af"#, #"\xC0\xAF"#),
        ([0xe0, 0x80, 0xaf], #"\u00e0\u0080\u00af"#, #"\xE0\x80\xAF"#),
        ([0xed, 0xa0, 0x80], #"\u00ed\u00a0\u0080"#, #"\xED\xA0\x80"#),
        ([0xf4, 0x90, 0x80, 0x80], #"\u00f4\u0090\u0080\u0080"#, #"\xF4\x90\x80\x80"#),
        ([0xf5, 0x80, 0x80, 0x80], #"\u00f5\u0080\u0080\u0080"#, #"\xF5\x80\x80\x80"#),
        ([0xff, 0xfe], #"\u00ff\u00fe"#, #"\xFF\xFE"#),
        // Valid, but ends a line somewhere or steers a terminal.
        (Array("\u{85}\u{9b}2J".utf8), #"\u0085\u009b2J"#, #"\xC2\x85\xC2\x9B2J"#),
        (
            Array("\u{2028}\u{2029}\u{2027}".utf8), #"\u2028\u2029"# + "\u{2027}",
            #"\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xA7"#
        ),
    ]

    @Test(arguments: hostile)
    func `a text stays inside its quotes`(sent: [UInt8], json: String, quoted: String) {
        // Wherever it stands among plain bytes, which are looked at eight at once.
        for before in 0..<9 {
            let filling = String(repeating: "x", count: before)
            let bytes = Array(filling.utf8) + sent + Array("tail".utf8)
            #expect(written(bytes, LogText.append(json:_:to:)) == filling + json + "tail")
            #expect(written(bytes, LogText.append(quoted:_:to:)) == filling + quoted + "tail")
        }
    }

    @Test
    func `every byte alone and every pair are readable JSON`() throws {
        for first in UInt8.min...UInt8.max {
            try expectReadable([first])
            for second in UInt8.min...UInt8.max { try expectReadable([first, second]) }
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `random bytes are readable JSON, and valid UTF-8 comes back as it was`(
        seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<3_000 {
            let count = Int.random(in: 0...40, using: &random)
            let isText = Bool.random(using: &random)
            let bytes: [UInt8] =
                isText
                ? Array(String((0..<count).map { _ in character(&random) }).utf8)
                : (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            try expectReadable(bytes)
            if isText {
                let read = try read(written(bytes, LogText.append(json:_:to:)))
                #expect(Array(read.utf8) == bytes, "seed \(seed)")
            }
        }
    }

    @Test
    func `what was escaped for the combined format can be told apart again`() {
        let bytes = Array(UInt8.min...UInt8.max)
        let quoted = written(bytes, LogText.append(quoted:_:to:))
        var back: [UInt8] = []
        var rest = Array(quoted.utf8)[...]
        while let byte = rest.first {
            let isEscape = byte == UInt8(ascii: "\\")
            let digits = String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self)
            back.append(isEscape ? UInt8(digits, radix: 16) ?? 0 : byte)
            rest = rest.dropFirst(isEscape ? 4 : 1)
        }
        #expect(back == bytes)
        #expect(quoted.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "\"") })
    }

    @Test
    func `no byte becomes longer than is reckoned with`() {
        for byte in UInt8.min...UInt8.max {
            let json = written([byte, byte], LogText.append(json:_:to:)).utf8.count
            let quoted = written([byte, byte], LogText.append(quoted:_:to:)).utf8.count
            #expect(json <= 2 * LogText.mostBytesPerByte)
            #expect(quoted <= 2 * LogText.mostBytesPerByte)
        }
    }

    @Test(
        arguments: [
            ("abc", 3, "abc", 0), ("abcd", 3, "abc", 1), ("", 3, "", 0),
            ("aé", 3, "aé", 0), ("abé", 3, "ab", 2), ("a€x", 3, "a", 4), ("€€", 5, "€", 3),
            ("😀😀", 7, "😀", 4), ("😀😀", 4, "😀", 4), ("😀", 3, "", 4),
        ])
    func `a long text is cut between two characters`(
        sent: String, most: Int, kept: String, left: Int
    ) {
        var block = Buffer(capacity: 64)
        block.append("before")
        let bytes = Array(sent.utf8)
        let piece = LogTexts.keep(
            bytes.span, ByteRange(0, bytes.count), most: most, in: &block)
        #expect(piece.range == ByteRange(6, 6 + kept.utf8.count))
        #expect(Int(piece.left) == left)
        #expect(text(block) == "before" + kept)
    }

    @Test
    func `a text of continuations alone is cut somewhere`() {
        var block = Buffer(capacity: 64)
        let bytes = Array(repeating: UInt8(0x80), count: 20)
        let piece = LogTexts.keep(bytes.span, ByteRange(0, 20), most: 10, in: &block)
        #expect(piece.range.count + Int(piece.left) == 20)
        #expect(piece.range.count <= 10)
    }

    private func character(_ random: inout SeededRandom) -> Character {
        let ranges: [ClosedRange<UInt32>] = [
            0...0x7f, 0x80...0x7ff, 0x800...0xd7ff, 0xe000...0xffff, 0x1_0000...0x10_ffff,
        ]
        let range = ranges[Int.random(in: 0..<5, using: &random)]
        let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random))
        return Character(scalar ?? "a")
    }

    private func expectReadable(_ bytes: [UInt8]) throws {
        let json = written(bytes, LogText.append(json:_:to:))
        #expect(json.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f })
        _ = try read(json)
    }

    private func read(_ json: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data("[\"\(json)\"]".utf8))
        return try #require((object as? [String])?.first)
    }

    private func written(
        _ bytes: [UInt8], _ append: (Span<UInt8>, ByteRange, inout Buffer) -> Void
    ) -> String {
        var line = Buffer(capacity: bytes.count * LogText.mostBytesPerByte + 1)
        append(bytes.span, ByteRange(0, bytes.count), &line)
        return text(line)
    }
}

/// The filled bytes of a buffer as text.
func text(_ buffer: borrowing Buffer) -> String {
    let bytes = buffer.bytes
    return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
}
