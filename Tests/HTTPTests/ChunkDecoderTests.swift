import Bytes
import HTTP
import Testing

/// What comes out of a decoder that gets bytes in pieces, each time with what it did not consume.
private struct Decoding: Equatable {
    var data = ""
    var trailers = ""
    /// How many bytes the message took, if it ended.
    var end: Int?
    var fault: String?

    /// Decodes the bytes, cut at the given offsets.
    init(_ bytes: [UInt8], cuts: [Int] = [], mostBytes: UInt64 = .max) {
        var decoder = ChunkDecoder(mostBytes: mostBytes)
        var at = 0
        for cut in cuts + [bytes.count] {
            let arrived = bytes.span.extracting(first: cut)
            pieces: while true {
                switch decoder.next(arrived, from: at) {
                case .needMore(let next):
                    at = next
                    break pieces
                case .data(let range):
                    data += text(bytes, range)
                    at = range.end
                case .trailer(let range):
                    trailers += text(bytes, range)
                    at = range.end
                case .end(let offset):
                    end = offset
                    return
                case .refused(let found):
                    fault = "\(found.kind)"
                    return
                }
            }
        }
    }
}

struct `A chunked body` {
    static let good: [(String, String, String)] = [
        ("0\r\n\r\n", "", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
        ("1\r\na\r\n2\r\n\r\n\r\n00a\r\n0123456789\r\n000\r\n\r\n", "a\r\n0123456789", ""),
        ("A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a", ""),
        ("0000000000000001\r\nx\r\n0\r\n\r\n", "x", ""),
        ("5;a=b;c=\"d e\"\r\nhello\r\n0;last\r\n\r\n", "hello", ""),
        ("1;\r\na\r\n1; \t\u{e9}\r\nb\r\n0\r\n\r\n", "ab", ""),
        ("0\r\nX: 1\r\nY:2 \r\n\r\n", "", "X: 1\r\nY:2 \r\n"),
        (
            String(repeating: "4;signature=0123456789\r\nabcd\r\n", count: 900) + "0\r\n\r\n",
            String(repeating: "abcd", count: 900), ""
        ),
        (
            "1\r\na\r\n0\r\nContent-Length: 5\r\nX: 1\r\nHost: b\r\nAuthorization: c\r\n"
                + "transfer_encoding: chunked\r\nX_Forwarded_For: d\r\nSet-Cookie: e\r\n\r\n",
            "a", "X: 1\r\n"
        ),
    ]

    @Test(arguments: good)
    func `is the same wherever it is cut`(sample: String, data: String, trailers: String) {
        let bytes = wire(sample + "GET / HTTP/1.1\r\n")
        let whole = Decoding(bytes)
        #expect(whole.data == data)
        #expect(whole.trailers == trailers)
        #expect(whole.end == wire(sample).count)
        #expect(Decoding(bytes, cuts: Array(0..<bytes.count)) == whole)
        for cut in 0..<bytes.count {
            #expect(Decoding(bytes, cuts: [cut]) == whole, "cut at \(cut)")
        }
    }

    @Test(arguments: good)
    func `is not over before its last byte`(sample: String, data: String, trailers: String) {
        let bytes = wire(sample)
        for count in 0..<bytes.count {
            let part = Decoding(Array(bytes[..<count]))
            #expect(part.end == nil && part.fault == nil)
        }
    }

    static let bad: [(String, String)] = [
        ("\r\n", "bad_chunk_size"), ("x\r\n", "bad_chunk_size"), ("-1\r\n", "bad_chunk_size"),
        ("+1\r\n", "bad_chunk_size"), ("0x1\r\n", "bad_chunk_size"), (" 1\r\n", "bad_chunk_size"),
        ("1 \r\n", "bad_chunk_size"), ("1\t\r\n", "bad_chunk_size"), ("1 ;a\r\n", "bad_chunk_size"),
        ("1_0\r\n", "bad_chunk_size"), ("1g\r\n", "bad_chunk_size"), (";a\r\n", "bad_chunk_size"),
        ("1,1\r\n", "bad_chunk_size"), ("\u{0}1\r\n", "bad_chunk_size"),
        ("8000000000000000\r\n", "bad_chunk_size"), ("ffffffffffffffff\r\n", "bad_chunk_size"),
        ("00000000000000001\r\n", "bad_chunk_size"), ("10000000000000001\r\n", "bad_chunk_size"),
        ("1\n", "bad_chunk_end"), ("1\r1", "bad_chunk_end"), ("1;a\n", "bad_chunk_end"),
        ("1;a\r \n", "bad_chunk_end"), ("1;a\u{0}\r\n", "bad_chunk_extension"),
        ("1;\u{b}\r\n", "bad_chunk_extension"), ("1\r\nab\r\n", "bad_chunk_end"),
        ("1\r\na\n", "bad_chunk_end"), ("1\r\na\r\r\n", "bad_chunk_end"),
        ("1\r\na0\r\n\r\n", "bad_chunk_end"), ("1\r\na\r\n\r\n", "bad_chunk_size"),
        ("0\r\n\n", "bare_lf"), ("0\r\n\rX", "bad_chunk_end"), ("0\r\nX\r\n", "bad_field_name"),
        ("0\r\nX : 1\r\n", "white_space_before_colon"), ("0\r\n X: 1\r\n", "folded_line"),
        ("0\r\nX: 1\r\n folded\r\n", "folded_line"), ("0\r\nX: 1\n", "bare_lf"),
        ("0\r\nX: \u{0}\r\n", "bad_field_value"), ("0\r\nX: 1\r2\r\n", "bare_cr"),
        ("1;" + String(repeating: "e", count: 16_385), "chunk_extensions_too_large"),
        ("0\r\nX: " + String(repeating: "x", count: 8189), "trailers_too_large"),
        ("0\r\n" + String(repeating: "X: 12345\r\n", count: 820), "trailers_too_large"),
    ]

    @Test(arguments: bad.indices)
    func `is refused with its kind wherever it is cut`(index: Int) {
        let (sample, kind) = Self.bad[index]
        let bytes = wire(sample)
        #expect(Decoding(bytes).fault == kind)
        #expect(Decoding(bytes, cuts: Array(0..<bytes.count)).fault == kind)
        for cut in 0..<min(200, bytes.count) {
            #expect(Decoding(bytes, cuts: [cut]).fault == kind, "cut at \(cut)")
        }
    }

    /// What a head says, and a trailer must not.
    static let forbidden = [
        "Content-Length", "Transfer-Encoding", "Host", "Connection", "Keep-Alive", "TE", "Upgrade",
        "Proxy-Connection", "Trailer", "Expect", "Max-Forwards", "Cache-Control", "Pragma",
        "Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
        "If-Range", "Authorization", "Proxy-Authorization", "Proxy-Authenticate",
        "Proxy-Authentication-Info", "WWW-Authenticate", "Cookie", "Set-Cookie", "Age", "Date",
        "Expires", "Location", "Retry-After", "Vary", "Via", "Warning", "Content-Encoding",
        "Content-Type", "Content-Range", "Forwarded", "X-Real-IP", "X-Forwarded-For",
        "X-Forwarded-Prefix",
    ]

    @Test(arguments: forbidden)
    func `loses the trailers that only a head may say`(name: String) {
        for spelling in [name, name.uppercased(), name.lowercased()] {
            let bytes = wire("0\r\nA: 1\r\n\(spelling): x\r\nB: 2\r\n\r\n")
            #expect(Decoding(bytes).trailers == "A: 1\r\nB: 2\r\n", "\(spelling)")
        }
    }

    @Test(arguments: [
        "x_forwarded_for", "X_Real_IP", "content_length", "proxy_authorization", "if_match",
    ])
    func `loses the trailers that look like them`(name: String) {
        #expect(Decoding(wire("0\r\n\(name): x\r\nB: 2\r\n\r\n")).trailers == "B: 2\r\n")
    }

    @Test(arguments: [
        "ETag", "Digest", "Server-Timing", "grpc-status", "X-Forwarded", "Vari", "Range2", "Ag",
    ])
    func `keeps its other trailers`(name: String) {
        let trailer = "\(name): x\r\n"
        #expect(Decoding(wire("0\r\n\(trailer)\r\n")).trailers == trailer)
    }

    @Test func `loses all trailers when it is told so`() {
        let bytes = wire("1\r\na\r\n0\r\nA: 1\r\nB: 2\r\n\r\n")
        var decoder = ChunkDecoder(keepsTrailers: false)
        #expect(decoder.next(bytes.span, from: 0) == .data(ByteRange(3, 4)))
        #expect(decoder.next(bytes.span, from: 4) == .end(bytes.count))
    }

    @Test(arguments: [
        ("0\r\n\r\n", 0, ""), ("1\r\na\r\n0\r\n\r\n", 0, "refused"),
        ("5\r\nhello\r\n0\r\n\r\n", 5, "hello"), ("5\r\nhello\r\n0\r\n\r\n", 4, "refused"),
        ("3\r\nhel\r\n2\r\nlo\r\n0\r\nX: 1\r\n\r\n", 5, "hello"),
        ("3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n", 5, "hel refused"),
        ("5;a=b\r\nhello\r\n1;c\r\n", 5, "hello refused"),
        ("7fffffffffffffff\r\n", 1 << 40, "refused"), ("x\r\n", 0, ""),
    ])
    func `may have so many bytes, whatever surrounds them, and is refused before one more`(
        sample: String, limit: UInt64, expected: String
    ) {
        let bytes = wire(sample)
        let whole = Decoding(bytes, mostBytes: limit)
        let words = [whole.data, whole.fault == "body_too_large" ? "refused" : ""]
        #expect(words.filter { !$0.isEmpty }.joined(separator: " ") == expected)
        #expect(Decoding(bytes, cuts: Array(0..<bytes.count), mostBytes: limit) == whole)
    }

    @Test func `has a largest chunk`() {
        let bytes = wire("7fffffffffffffff\r\nabc")
        #expect(Decoding(bytes).data == "abc")
    }

    @Test func `comes back from its own chunks`() {
        var buffer = Buffer(capacity: 1000)
        let data = wire("0123456789abcdef")
        for range in [1..<2, 0..<16] {
            ChunkEncoder.begin(size: range.count, into: &buffer)
            buffer.append(data.span, from: range.lowerBound, to: range.upperBound)
            ChunkEncoder.end(into: &buffer)
        }
        ChunkEncoder.beginLast(into: &buffer)
        buffer.append("X: 1\r\n")
        ChunkEncoder.finish(into: &buffer)
        let expected = "1\r\n1\r\n10\r\n0123456789abcdef\r\n0\r\nX: 1\r\n\r\n"
        #expect(text(buffer.bytes) == expected)
        let decoding = Decoding(wire(expected))
        #expect(decoding.data == "10123456789abcdef")
        #expect(decoding.trailers == "X: 1\r\n")
        #expect(decoding.end == expected.utf8.count)
    }
}
