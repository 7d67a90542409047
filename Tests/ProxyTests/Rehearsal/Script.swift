/// What the peers of a rehearsal say: good messages, hostile ones, and damaged ones.
struct Script {
    private var number = 0

    /// A request, often a good one.
    mutating func request(_ choices: inout Choices) -> [UInt8] {
        number += 1
        let text: String
        switch choices.below(16) {
        case 0...2: text = plain(&choices)
        case 3...5: text = withBody(&choices)
        case 6: text = old(&choices)
        case 7: text = upgrade(&choices)
        case 8:
            text = "GET http://other:81/\(number)?q HTTP/1.1\r\nHost: h\r\nX-N: \(number)\r\n\r\n"
        case 9: text = "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: \(choices.below(3))\r\n\r\n"
        case 10: text = expecting(&choices)
        case 11: text = withConnectionFields(&choices)
        case 12: text = large(&choices)
        case 13: text = "POST /\(number) HTTP/1.1\r\n" + choices.one(of: Self.hostileHeads)
        case 14:
            text =
                "POST /\(number) HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + choices.one(of: Self.hostileChunks)
        default: return choices.bytes(choices.below(64))
        }
        let bytes = Array(text.utf8)
        return choices.once(in: 5) ? choices.mutated(bytes) : bytes
    }

    private func plain(_ choices: inout Choices) -> String {
        let method = choices.one(of: ["GET", "HEAD", "GET", "DELETE", "PATCH", "X-OWN"])
        let close = choices.once(in: 8) ? "Connection: close\r\n" : ""
        let before = choices.once(in: 8) ? "\r\n" : ""
        return "\(before)\(method) /\(number) HTTP/1.1\r\nHost: h\r\n\(close)\r\n"
    }

    private func withBody(_ choices: inout Choices) -> String {
        let method = choices.one(of: ["POST", "PUT"])
        let body = Self.body("q\(number)", choices.below(200))
        let start = "\(method) /\(number) HTTP/1.1\r\nHost: h\r\n"
        switch choices.below(4) {
        case 0: return start + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        case 1:
            let count = body.utf8.count
            return start + "Content-Length: 00\(count), \(count)\r\n\r\n\(body)"
        case 2: return start + "Transfer-Encoding: chunked\r\n\r\n" + Self.chunked(body, "", "")
        default:
            return start + "Transfer-Encoding: Chunked\r\n\r\n"
                + Self.chunked(body, ";a=b", "X-Sum: \(number)\r\nHost: t\r\nX_Real_IP: 1\r\n")
        }
    }

    private func old(_ choices: inout Choices) -> String {
        let keep = choices.once(in: 2) ? "Connection: keep-alive\r\n" : ""
        if choices.once(in: 2) { return "GET /\(number) HTTP/1.0\r\n\(keep)\r\n" }
        return "POST /\(number) HTTP/1.0\r\nHost: h\r\n\(keep)Content-Length: 3\r\n\r\nold"
    }

    private func upgrade(_ choices: inout Choices) -> String {
        let name = choices.one(of: ["websocket", "WebSocket", "own/2", "h2c", "a, b"])
        let early = choices.once(in: 3) ? "frames of \(number)" : ""
        return "GET /\(number) HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\n"
            + "Upgrade: \(name)\r\n\r\n\(early)"
    }

    private func expecting(_ choices: inout Choices) -> String {
        let value = choices.once(in: 6) ? "x 100-continue" : "100-Continue"
        return "POST /\(number) HTTP/1.1\r\nHost: h\r\nExpect: \(value)\r\n"
            + "Content-Length: 4\r\n\r\nwait"
    }

    private func withConnectionFields(_ choices: inout Choices) -> String {
        let named = choices.one(of: ["X-A, close", "x_a,,Host,content-length", "TE", "X-Sum"])
        return "POST /\(number) HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\n"
            + "Connection: \(named)\r\ncontent_length: 9\r\nX-Forwarded-For: 1.2.3.4\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + Self.chunked("named \(number)", "", "X-Sum: 1\r\n")
    }

    private func large(_ choices: inout Choices) -> String {
        let body = Self.body("big\(number)", 1_000 * (1 + choices.below(250)))
        let start = "PUT /\(number) HTTP/1.1\r\nHost: h\r\n"
        if choices.once(in: 2) {
            return start + "Transfer-Encoding: chunked\r\n\r\n" + Self.chunked(body, "", "")
        }
        return start + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// A body that tells where it comes from.
    static func body(_ mark: String, _ count: Int) -> String {
        String(repeating: mark + ".", count: count / (mark.utf8.count + 1) + 1)
    }

    /// A body in chunks of growing sizes.
    static func chunked(_ body: String, _ extensions: String, _ trailers: String) -> String {
        var rest = Substring(body)
        var text = ""
        var size = 1
        while !rest.isEmpty {
            let chunk = rest.prefix(size)
            text += String(chunk.utf8.count, radix: 16) + extensions + "\r\n" + chunk + "\r\n"
            rest = rest.dropFirst(chunk.count)
            size *= 3
        }
        return text + "0\(extensions)\r\n\(trailers)\r\n"
    }
}

extension Script {
    private static let inner = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

    /// What follows `POST /n HTTP/1.1`: framings that servers have read in two ways.
    private static let hostileHeads = [
        "Host: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(inner)",
        "Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 46\r\n\r\n0\r\n\r\n\(inner)",
        "Host: h\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n\(inner)",
        "Host: h\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n\(inner)",
        "Host: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n\(inner)",
        "Host: h\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n0\r\n\r\n\(inner)",
        "Host: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n\(inner)",
        "Host: h\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(inner)",
        "Host: h\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(inner)",
        "Host: h\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n\(inner)",
        "Host: h\r\nContent-Length: +44\r\n\r\n\(inner)",
        "Host: h\r\nContent-Length: 0x2c\r\n\r\n\(inner)",
        "Host: h\r\nContent-Length: 18446744073709551660\r\n\r\n\(inner)",
        "Host: h\r\nContent-Length: \r\n\r\n\(inner)",
        "Host: h\r\nContent_Length: 44\r\n\r\n\(inner)",
        "Host: h\r\nTransfer_Encoding: chunked\r\n\r\n\(inner)",
        "Host: h\r\nContent-Length\u{0}: 44\r\n\r\n\(inner)",
        "Host: h\r\nHost: i\r\n\r\n\(inner)", "\r\n\(inner)",
        "Host: h\r\nConnection: Content-Length\r\nContent-Length: 3\r\n\r\nabc\(inner)",
        "Host: h\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Host: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 3\r\n\r\nabc",
    ]

    /// Chunked bodies that servers have read in two ways.
    private static let hostileChunks = [
        "0\r\n\r\n\(inner)", "2c\n\(inner)\r\n0\r\n\r\n", "1;\n\r\na\r\n0\r\n\r\n\(inner)",
        "10000000000000000\r\na\r\n0\r\n\r\n", "ffffffffffffffff\r\na\r\n0\r\n\r\n",
        "1 \r\na\r\n0\r\n\r\n\(inner)", "0x1\r\na\r\n0\r\n\r\n\(inner)",
        "1\r\nab\r\n0\r\n\r\n\(inner)", "1\r\na0\r\n\r\n\(inner)", "-1\r\na\r\n0\r\n\r\n",
        "1;a=\"\r\n\r\n\"\r\na\r\n0\r\n\r\n\(inner)", "1;a\u{0}\r\na\r\n0\r\n\r\n",
        "0\r\nContent-Length: 44\r\n\r\n\(inner)", "0\r\nX: 1\r\n folded\r\n\r\n\(inner)",
        "0\r\nTransfer-Encoding: chunked\r\n\r\n\(inner)", "0\r\n\r\(inner)", "0\r\nX\r\n\r\n",
        "00000000000000000\r\n\r\n\(inner)", "1\r\na\r\n\r\n\(inner)", "\r\n0\r\n\r\n\(inner)",
    ]
}

/// What upstreams say.
extension Script {
    /// An answer to a request, often a good one.
    mutating func answer(to request: StrictRequest, _ choices: inout Choices) -> [UInt8] {
        number += 1
        let text: String
        if request.upgrade != nil, choices.once(in: 2) {
            return Array(switching(request, &choices).utf8)
        }
        switch choices.below(16) {
        case 0...2: text = good(to: request)
        case 3...4: text = framed(request, &choices)
        case 5: text = interim(&choices) + good(to: request)
        case 6: text = switching(request, &choices)
        case 7:
            text = "HTTP/1.1 304 Not Modified\r\nETag: \"\(number)\"\r\nContent-Length: 9\r\n\r\n"
        case 8: text = "HTTP/1.1 204 No Content\r\nX-N: \(number)\r\n\r\n"
        case 9: text = old(request, &choices)
        case 10:
            text =
                "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\n"
                + (request.method == "HEAD" ? "" : "large")
        case 11: text = large(request, &choices)
        case 12: text = good(to: request) + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
        case 13: text = choices.one(of: Self.hostileAnswers)
        case 14:
            text =
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + choices.one(of: Self.hostileChunks)
        default: return choices.bytes(choices.below(64))
        }
        let bytes = Array(text.utf8)
        return choices.once(in: 5) ? choices.mutated(bytes) : bytes
    }

    /// An answer that nothing is wrong with.
    mutating func good(to request: StrictRequest) -> String {
        number += 1
        let body = "\(number):\(request.method) \(request.target) \(request.body.bytes.count)"
        let head = "HTTP/1.1 200 OK\r\nX-N: \(number)\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return request.method == "HEAD" ? head : head + body
    }

    private func framed(_ request: StrictRequest, _ choices: inout Choices) -> String {
        let body = request.method == "HEAD" ? "" : Self.body("a\(number)", choices.below(200))
        let start = "HTTP/1.1 200 OK\r\nX-N: \(number)\r\n"
        switch choices.below(4) {
        case 0: return start + "\r\n" + body
        case 1: return start + "Connection: close\r\nContent-Length: 3\r\n\r\n" + body.prefix(3)
        case 2:
            let chunks = request.method == "HEAD" ? "" : Self.chunked(body, "", "")
            return start + "Transfer-Encoding: chunked\r\n\r\n" + chunks
        default:
            let trailers = "X-Sum: \(number)\r\nSet-Cookie: t\r\nX_Real_IP: 1\r\n"
            let chunks = request.method == "HEAD" ? "" : Self.chunked(body, ";a", trailers)
            return start
                + "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunks
        }
    }

    private func interim(_ choices: inout Choices) -> String {
        let one = choices.one(of: [
            "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
            "HTTP/1.1 102 Processing\r\nConnection: X-H\r\nX-H: 1\r\n\r\n",
        ])
        return String(repeating: one, count: 1 + choices.below(40))
    }

    private func switching(_ request: StrictRequest, _ choices: inout Choices) -> String {
        let name = choices.once(in: 4) ? "other" : request.upgrade ?? "websocket"
        return "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: \(name)\r\n\r\n"
            + "frames from \(number)"
    }

    private func old(_ request: StrictRequest, _ choices: inout Choices) -> String {
        let body = request.method == "HEAD" ? "" : "old \(number)"
        switch choices.below(3) {
        case 0: return "HTTP/1.0 200 OK\r\n\r\n\(body)"
        case 1: return "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n\(body.prefix(5))"
        default:
            return "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n"
                + body.prefix(5)
        }
    }

    private func large(_ request: StrictRequest, _ choices: inout Choices) -> String {
        let body = Self.body("vast\(number)", 1_000 * (1 + choices.below(250)))
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        if request.method == "HEAD" { return head }
        if choices.once(in: 2) { return head + body }
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + Self.chunked(body, "", "")
    }

    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"

    /// Answers that clients have read in two ways.
    private static let hostileAnswers = [
        ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + poison,
        ok + "Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + poison,
        ok + "Content-Length: 1, 2\r\n\r\n" + poison, ok + "Content-Length: -1\r\n\r\n" + poison,
        ok + "Content-Length:\r\n\r\n" + poison, ok + "Content-Length: 0\n\r\n\r\n" + poison,
        ok + "X: a\rContent-Length: 0\r\n\r\n" + poison,
        ok + "X: a\r\n folded\r\nContent-Length: 0\r\n\r\n",
        ok + "Content-Length : 0\r\n\r\n" + poison,
        ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        ok + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 60\r\n\r\n" + poison,
        "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + poison,
        "HTTP/1.1 205 Reset Content\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 100 Continue\r\nContent-Length: 60\r\n\r\n" + poison,
        "HTTP/1.1 199 Odd\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + poison,
        "HTTP/1.1 101 Switching Protocols\r\n\r\n" + poison, "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n", "HTTP/1.1 20 Short\r\n\r\n", "HTTP/1.1 2000 Long\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n", "\r\n" + poison, "<html>an answer of HTTP/0.9</html>",
        ok + "X\u{0}: 1\r\n\r\n", ok + "no colon\r\n\r\n", ok + ": no name\r\n\r\n",
    ]
}
