import HTTP2
import Testing

/// Names and values of heads on their way to a peer, byte by byte.
struct HeadWriterTests {
    /// Every byte that a name may have (RFC 9110 section 5.6.2), in places of all kinds.
    private static let name = "aZz!#$%&'*+-.^_`|~09AMNYbmnyxX-Q"

    private func request(_ lines: String) -> String {
        "GET / HTTP/1.1\r\nHost: a.test\r\n\(lines)\r\n"
    }

    /// Whether a stream is opened for a request with these lines, whatever a server makes of it.
    private func opens(_ lines: String) -> Bool {
        Peer(isServer: false).open(request(lines)) != nil
    }

    /// What the server gets of a request with these lines.
    private func head(_ lines: String) -> String? {
        let (client, server) = (Peer(isServer: false), Peer(isServer: true))
        guard let stream = client.open(request(lines)) else { return nil }
        Peer.exchange(client, server)
        return server.messages[stream]?.heads.first
    }

    @Test func `names of every length come in lower case, and values as they are`() {
        let value = "Value:\t 1, \"[Ä]\"; {~}"
        for count in 1...Self.name.count {
            let name = String(Self.name.prefix(count))
            for line in ["\(name):\(value)", "\(name):\t \(value)", "\(name): \(value) \t"] {
                let told = head("\(line)\r\n")
                let name = name.lowercased()
                #expect(
                    told == "GET / HTTP/1.1\r\nhost: a.test\r\n\(name): \(value)\r\n\r\n")
            }
        }
        #expect(head("x:\r\n")?.hasSuffix("x: \r\n\r\n") == true)
    }

    @Test func `a line without a name, or with a byte that ends none, opens no stream`() {
        for offset in 0..<20 {
            let before = String(repeating: "N", count: offset)
            for byte in [" ", "\t", "\u{0}", "\r", "\n", "ä"] {
                #expect(!opens("\(before)\(byte)x: 1\r\n"), "\(offset) \(byte)")
            }
            #expect(!opens("\(before)\r\n"))
        }
        #expect(!opens(": 1\r\n"))
        #expect(!opens("last"))
    }

    @Test func `a name has the characters of a token, and none besides, wherever they stand`() {
        let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        let token = letters.union("!#$%&'*+-.^_`|~")
        for offset in [0, 3, 7, 8, 12] {
            let before = String(repeating: "N", count: offset)
            for byte in UInt8(0)..<0x80 where byte != UInt8(ascii: ":") {
                let character = Character(UnicodeScalar(byte))
                // In the middle of eight bytes, and among the last ones.
                for after in ["x: 1\r\n", "xXxXxXxX: 1\r\n"] {
                    let line = "\(before)\(character)\(after)"
                    guard token.contains(character) else {
                        #expect(!opens(line), "\(offset) \(byte)")
                        continue
                    }
                    let end = "\r\n\(line.lowercased())\r\n"
                    #expect(head(line)?.hasSuffix(end) == true, "\(offset) \(byte)")
                }
            }
        }
    }

    @Test func `a value with a control in it opens no stream`() {
        for offset in 0..<20 {
            let before = String(repeating: "v", count: offset)
            for byte in ["\u{0}", "\u{8}", "\n", "\u{1f}", "\u{7f}", "\r"] {
                // What stands behind it may be no line of its own either.
                for after in ["z", "zy: 1", "y: 1"] {
                    #expect(!opens("x: \(before)\(byte)\(after)\r\n"), "\(offset) \(byte)")
                }
            }
        }
    }

    @Test func `a head that ends before its empty line, or behind it, opens no stream`() {
        for rest in ["\r\n\r", "\r\n", "\r", "", "\r\n\r\nx", "\r\n\rx"] {
            let head = "GET / HTTP/1.1\r\nHost: a\(rest)"
            #expect(Peer(isServer: false).open(head) == nil, "\(rest)")
        }
    }

    @Test func `heads of an answer are told from its body wherever they meet`() throws {
        for count in 0..<20 {
            let (client, server) = (Peer(isServer: false), Peer(isServer: true))
            let stream = try #require(client.open("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
            Peer.exchange(client, server)
            let name = "X-" + String(repeating: "Y", count: count)
            let body = "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
            server.write(
                "HTTP/1.1 103 Early\r\n\(name): 1\r\n\r\nHTTP/1.1 200 OK\r\n\(name): 2\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)", to: stream)
            Peer.exchange(client, server)
            let message = try #require(client.messages[stream])
            #expect(
                message.heads == [
                    "HTTP/1.1 103 \r\n\(name.lowercased()): 1\r\n\r\n",
                    "HTTP/1.1 200 \r\n\(name.lowercased()): 2\r\n"
                        + "content-length: \(body.utf8.count)\r\n\r\n",
                ])
            #expect(String(decoding: message.body, as: UTF8.self) == body)
            #expect(message.closedWith == 0)
        }
    }
}
