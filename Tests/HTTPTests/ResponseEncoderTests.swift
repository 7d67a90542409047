import HTTP
import Testing

struct `A delivered response` {
    @Test func `keeps everything else byte for byte`() {
        let head = "HTTP/1.1 404 No  \u{e9} such\r\nSet-Cookie: a\r\nset-cookie:b \r\nx_y:\t1\r\n"
        #expect(
            delivered(head + "Content-Length: 5\r\n\r\n") == head + "Content-Length: 5\r\n\r\n")
    }

    @Test(arguments: [
        "Connection: keep-alive\r\n", "Connection: close, X-A\r\nX_A: 1\r\n",
        "Keep-Alive: 5\r\n", "Proxy-Connection: x\r\n", "Upgrade: h2c\r\n", "TE: x\r\n",
        "Content_Length: 9\r\n", "transfer_encoding: chunked\r\n", "Keep_Alive: 5\r\n",
    ])
    func `loses what is not for the client`(fields: String) {
        let sent = "HTTP/1.1 200 OK\r\nA: 1\r\n\(fields)Content-Length: 5\r\nB: 2\r\n\r\n"
        #expect(
            delivered(sent) == "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nContent-Length: 5\r\n\r\n")
    }

    @Test(arguments: [
        ("HTTP/1.0 200 OK\r\n", "HTTP/1.1 200 OK\r\n"), ("HTTP/1.1 200\r\n", "HTTP/1.1 200 \r\n"),
        ("HTTP/1.0 200\r\n", "HTTP/1.1 200 \r\n"), ("HTTP/1.1 200 \r\n", "HTTP/1.1 200 \r\n"),
    ])
    func `has a whole HTTP 1-1 status line`(sent: String, line: String) {
        let rest = "Content-Length: 5\r\n\r\n"
        #expect(delivered(sent + rest) == line + rest)
    }

    static let framings: [(String, HTTPVersion, Bool, String)] = [
        ("Content-Length: 5", .http11, true, "Content-Length: 5\r\n"),
        ("Content-Length: 5", .http11, false, "Content-Length: 5\r\nConnection: close\r\n"),
        ("Content-Length: 5", .http10, true, "Content-Length: 5\r\nConnection: keep-alive\r\n"),
        ("Content-Length: 5", .http10, false, "Content-Length: 5\r\nConnection: close\r\n"),
        ("Transfer-Encoding: chunked", .http11, true, "Transfer-Encoding: chunked\r\n"),
        ("Transfer-Encoding: chunked", .http10, true, "Connection: close\r\n"),
        ("A: 1", .http11, true, "A: 1\r\nTransfer-Encoding: chunked\r\n"),
        ("A: 1", .http10, true, "A: 1\r\nConnection: close\r\n"),
    ]

    @Test(arguments: framings)
    func `is framed for the client's version`(
        sent: String, version: HTTPVersion, keepAlive: Bool, expected: String
    ) {
        let start = "HTTP/1.1 200 OK\r\n"
        let result = delivered(
            start + sent + "\r\n\r\n", version: version, keepAlive: keepAlive)
        #expect(result == start + expected + "\r\n")
    }

    @Test(arguments: [
        ("200 OK", HTTP.Method.head, "Content-Length: 5\r\n", "Content-Length: 5\r\n"),
        ("200 OK", .head, "Transfer-Encoding: chunked\r\n", ""), ("200 OK", .head, "", ""),
        ("304 Not Modified", .get, "Content-Length: 5\r\n", "Content-Length: 5\r\n"),
        ("304 Not Modified", .get, "Transfer-Encoding: chunked\r\n", ""),
        ("204 No Content", .get, "Content-Length: 5\r\n", ""),
        ("204 No Content", .get, "Transfer-Encoding: chunked\r\n", ""),
    ])
    func `without a body tells a length only where that is allowed`(
        status: String, method: HTTP.Method, sent: String, expected: String
    ) {
        let result = delivered("HTTP/1.1 \(status)\r\n\(sent)\r\n", to: method)
        #expect(result == "HTTP/1.1 \(status)\r\n\(expected)\r\n")
    }

    @Test(arguments: [("200 OK", ""), ("404 Not Found", "Dat: x\r\n"), ("304 Not Modified", "")])
    func `says when it came if it does not say so itself`(status: String, fields: String) {
        var date = DateLine()
        date.set(secondsSince1970: 784_111_777)
        let head = "HTTP/1.1 \(status)\r\n\(fields)Content-Length: 5\r\n"
        let added = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
        #expect(delivered(head + "\r\n", date: date) == head + added)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ndATE:\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
    ])
    func `has no second Date, and none when it is an interim one`(response: String) {
        var date = DateLine()
        date.set(secondsSince1970: 784_111_777)
        #expect(delivered(response, date: date) == response)
    }

    @Test func `says nothing of connections when it is an interim one`() {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        #expect(delivered(interim, keepAlive: false) == interim)
    }
}
