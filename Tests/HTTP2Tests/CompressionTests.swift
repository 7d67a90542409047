import HTTP2
import Testing

/// Heads as RFC 7541 writes them: its own examples, and what has to keep the tables of both sides
/// equal.
struct CompressionTests {
    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.filter { $0 != " " && $0 != "\n" }
        return stride(from: 0, to: digits.count, by: 2).compactMap { at in
            let start = digits.index(digits.startIndex, offsetBy: at)
            return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
        }
    }

    /// Appendix C.3, and C.4 with Huffman's code: three requests on one connection.
    static let requests: [[String]] = [
        [
            "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
            "8286 84be 5808 6e6f 2d63 6163 6865",
            "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
        ],
        [
            "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
            "8286 84be 5886 a8eb 1064 9cbf",
            "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
        ],
    ]

    @Test(arguments: requests, [1, .max])
    func `the standard's requests are read`(blocks: [String], piece: Int) {
        let server = Peer.server()
        for (number, block) in blocks.enumerated() {
            server.take(
                Wire.frame(.headers, 5, stream: Int32(2 * number + 1), Self.bytes(block)),
                piece: piece)
        }
        let host = "host: www.example.com\r\n"
        #expect(server.messages[1]?.heads == ["GET / HTTP/1.1\r\n\(host)\r\n"])
        #expect(
            server.messages[3]?.heads == [
                "GET / HTTP/1.1\r\n\(host)cache-control: no-cache\r\n\r\n"
            ])
        #expect(
            server.messages[5]?.heads == [
                "GET /index.html HTTP/1.1\r\n\(host)custom-key: custom-value\r\n\r\n"
            ])
    }

    /// Appendix C.5, and C.6 with Huffman's code: three answers with a table of 256 bytes, from
    /// which entries are thrown out.
    static let answers: [[String]] = [
        [
            """
            4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
            2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
            6c65 2e63 6f6d
            """,
            "4803 3330 37c1 c0bf",
            """
            88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
            54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
            5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
            3d31
            """,
        ],
        [
            """
            4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
            2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3
            """,
            "4883 640e ffc1 c0bf",
            """
            88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
            77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
            9587 3160 65c0 03ed 4ee5 b106 3d50 07
            """,
        ],
    ]

    @Test(arguments: answers)
    func `the standard's answers are read`(blocks: [String]) throws {
        let client = Peer.client()
        for _ in 0..<2 { _ = client.open("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n") }
        _ = client.gather()
        for (number, block) in blocks.enumerated() {
            // The table is made one of 256 bytes first.
            let size: [UInt8] = number == 0 ? [0x3f, 0xe1, 0x01] : []
            client.take(
                Wire.frame(.headers, 4, stream: Int32(2 * number + 1), size + Self.bytes(block)))
        }
        func lines(_ stream: Int32) -> [Substring] {
            client.messages[stream]?.heads.first?.split(separator: "\r\n") ?? []
        }
        let place = "location: https://www.example.com"
        #expect(
            lines(1).starts(with: [
                "HTTP/1.1 302 ", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT",
                Substring(place),
            ]))
        #expect(
            lines(3).starts(with: [
                "HTTP/1.1 307 ", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT",
                Substring(place),
            ]))
        #expect(
            lines(5).starts(with: [
                "HTTP/1.1 200 ", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:22 GMT",
                Substring(place), "content-encoding: gzip",
                "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ]))
    }

    /// The ways to write a field that is not in the table (section 6.2).
    @Test(
        arguments: [
            // With a name of its own: kept, not kept, never to be kept.
            [0x40, 1, 0x78, 1, 0x79], [0x00, 1, 0x78, 1, 0x79], [0x10, 1, 0x78, 1, 0x79],
            // "x" and "y" in Huffman's code.
            [0x40, 0x81, 0xf3, 0x81, 0xf5],
        ] as [[UInt8]])
    func `a field is read however it is written`(field: [UInt8]) {
        let server = Peer.server()
        let head: [UInt8] = [0x82, 0x87, 0x84]
        // A known name (:authority, index 1) with a new value, in three ways.
        for (number, kind) in ([0x41, 0x01, 0x11] as [UInt8]).enumerated() {
            server.take(
                Wire.frame(
                    .headers, 5, stream: Int32(2 * number + 1), head + [kind, 1, 0x61] + field))
            #expect(
                server.messages[Int32(2 * number + 1)]?.heads == [
                    "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\n\r\n"
                ])
        }
    }

    @Test func `the table's size may change before a head, many times, and what it held is gone`() {
        let server = Peer.server()
        let head: [UInt8] = [0x82, 0x87, 0x84, 0x41, 1, 0x61]
        server.take(Wire.frame(.headers, 5, stream: 1, head))
        server.take(Wire.frame(.headers, 5, stream: 3, [0x82, 0x87, 0x84, 0xbe]))
        #expect(server.messages[3]?.heads == ["GET / HTTP/1.1\r\nhost: a\r\n\r\n"])
        server.take(Wire.frame(.headers, 5, stream: 5, [0x20, 0x3f, 0xe1, 0x1f] + head))
        #expect(server.messages[5]?.hasEnded == true)
        server.take(Wire.frame(.headers, 5, stream: 7, [0x20, 0x82, 0x87, 0x84, 0xbe]))
        #expect(Wire.frames(server.gather()).contains { $0.kind == 7 && $0.code == 9 })
    }

    /// Heads that are not served, each with a field that the table keeps all the same.
    static let unserved: [ConformanceTests.Case] = [
        .init(
            "malformed", 1, [0x82, 0x87, 0x84, 0x40] + Wire.string(Array("X".utf8)) + [1, 0x79]),
        .init(
            "too large", 0,
            [0x82, 0x87, 0x84, 0x41, 1, 0x61]
                + Array([[UInt8]](repeating: Wire.block([("x", "y")]), count: 300).joined())),
        .init("a path that is none", 1, [0x82, 0x87, 0x04, 1, 0x61]),
    ]

    @Test(arguments: unserved)
    func `the tables stay equal where a head is not served`(test: ConformanceTests.Case) {
        let server = Peer.server()
        server.take(
            Wire.frame(
                .headers, 5, stream: 1, test.bytes + [0x40, 3, 0x6b, 0x65, 0x79, 1, 0x79]))
        // Index 62 is the last field of the head above.
        server.take(Wire.frame(.headers, 5, stream: 3, [0x82, 0x87, 0x84, 0x01, 1, 0x61, 0xbe]))
        #expect(server.messages[3]?.heads == ["GET / HTTP/1.1\r\nhost: a\r\nkey: y\r\n\r\n"])
    }

    @Test func `the tables stay equal where a stream is refused, over, or has trailers`() {
        var limits = HTTP2Limits()
        limits.streams = 2
        let server = Peer.server(limits)
        let head: [UInt8] = [0x82, 0x87, 0x84, 0x01, 1, 0x61]
        func kept(_ letter: UInt8) -> [UInt8] { [0x40, 1, letter, 1, 0x79] }
        // Trailers.
        server.take(Wire.frame(.headers, 4, stream: 1, [0x83] + head.dropFirst()))
        server.take(Wire.frame(.headers, 5, stream: 1, kept(0x61)))
        server.take(Wire.frame(.headers, 5, stream: 3, head + [0xbe]))
        #expect(server.messages[3]?.heads == ["GET / HTTP/1.1\r\nhost: a\r\na: y\r\n\r\n"])
        // Above the limit of streams.
        server.take(Wire.frame(.headers, 5, stream: 5, head + kept(0x62)))
        // On a stream that is over.
        server.take(Wire.frame(.reset, stream: 3, Wire.big(8)))
        server.take(Wire.frame(.headers, 5, stream: 3, kept(0x63)))
        server.take(Wire.frame(.headers, 5, stream: 7, head + [0xbe, 0xbf, 0xc0]))
        #expect(
            server.messages[7]?.heads == [
                "GET / HTTP/1.1\r\nhost: a\r\nc: y\r\nb: y\r\na: y\r\n\r\n"
            ])
    }
}
