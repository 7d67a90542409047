import Foundation
import Testing

/// What Sluice answers itself.
@Suite(.ownThreads)
struct RefusalTests {
    struct Refusal: CustomTestStringConvertible {
        let request: String
        let status: Int
        let kind: String?

        init(_ request: String, _ status: Int, _ kind: String? = nil) {
            (self.request, self.status, self.kind) = (request, status, kind)
        }

        var testDescription: String { String(request.prefix(80)).debugDescription }
    }

    private static func post(_ lines: String) -> String {
        "POST / HTTP/1.1\r\nHost: test\r\n\(lines)\r\n"
    }

    /// Everything about a message's end that two readers could understand in two ways.
    static let ambiguous = [
        Refusal(post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400),
        Refusal(post("Content-Length: 3\r\nContent-Length: 4\r\n"), 400),
        Refusal(post("Content-Length: 3, 4\r\n"), 400),
        Refusal(post("Content-Length: +3\r\n"), 400),
        Refusal(post("Content-Length: -1\r\n"), 400),
        Refusal(post("Content-Length: 0x3\r\n"), 400),
        Refusal(post("Content-Length:\r\n"), 400),
        Refusal(post("Content-Length: 99999999999999999999\r\n"), 400),
        Refusal(post("Transfer-Encoding: chunked, gzip\r\n"), 400),
        Refusal(post("Transfer-Encoding: gzip, chunked\r\n"), 501),
        Refusal(post("Transfer-Encoding: xchunked\r\n"), 400),
        Refusal(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400),
        Refusal(post("Transfer-Encoding : chunked\r\n"), 400),
        Refusal(post("Content-Length : 3\r\n"), 400),
        Refusal(post("X-A: 1\r\n folded\r\n"), 400),
        Refusal(post("X-A: a\u{0}b\r\n"), 400),
        Refusal(post("X-A: a\rb\r\n"), 400),
        Refusal("GET / HTTP/1.1\nHost: test\n\n", 400),
        Refusal("GET / HTTP/1.1\r\nHost: test\nX-A: 1\r\n\r\n", 400),
        Refusal("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        Refusal("GET / HTTP/1.1\r\n\r\n", 400, "missing_host"),
        Refusal("GET  / HTTP/1.1\r\nHost: test\r\n\r\n", 400),
        Refusal("GET / HTTP/1.1 \r\nHost: test\r\n\r\n", 400),
    ]

    static let beyondLimits = [
        Refusal("GET / HTTP/2.0\r\nHost: test\r\n\r\n", 505, "unsupported_version"),
        Refusal("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501, "connect_not_supported"),
        Refusal(
            "GET /\(String(repeating: "a", count: 70_000)) HTTP/1.1\r\nHost: test\r\n\r\n", 414,
            "uri_too_long"),
        Refusal(post("X-A: \(String(repeating: "a", count: 70_000))\r\n"), 431, "head_too_large"),
        Refusal(post(String(repeating: "X-A: 1\r\n", count: 300)), 431),
    ]

    @Test(arguments: ambiguous + beyondLimits)
    func `it is refused, and the connection closed`(refusal: Refusal) throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        try client.send(refusal.request + "GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n")
        let answer = try client.takeResponse()
        try expectOwn(answer, status: refusal.status, kind: refusal.kind)
        #expect(answer["Connection"] == "close")
        #expect(try client.isEnded())
        #expect(x.requests.isEmpty)
    }

    @Test(arguments: [
        "z\r\n", "-1\r\n", "0x1\r\n", "1 \r\na\r\n", "1\na\r\n", "1\r\nab\r\n", "\r\n",
        "11111111111111111\r\n",
    ])
    func `a body of bad chunks never arrives whole`(chunks: String) throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        try client.send(Self.post("Transfer-Encoding: chunked\r\n") + chunks + "0\r\n\r\n")
        try expectOwn(try client.takeResponse(), status: 400, kind: nil)
        #expect(try client.isEnded())
        #expect(x.requests.isEmpty)
    }

    @Test func `one refusal does not disturb the requests before it`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        let good = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"
        try client.send(good + good + "GET / HTTP/1.1\r\n\r\n" + good)
        #expect(try client.takeResponse().text == "x")
        #expect(try client.takeResponse().text == "x")
        #expect(try client.takeResponse().status == 400)
        #expect(try client.isEnded())
    }

    @Test func `refusals are counted at the listener`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        _ = try sluice.get()
        _ = try sluice.connect().exchange("GET / HTTP/1.1\r\n\r\n")
        let isCounted = try eventually {
            let page = try sluice.metrics()
            let count = { page.sum("sluice_downstream_requests_total", ["code": $0]) }
            return count("200") == 1 && count("400") == 1
        }
        #expect(isCounted)
    }

    private func expectOwn(_ answer: Message, status: Int, kind: String?) throws {
        #expect(answer.status == status)
        #expect(answer["Content-Type"] == "application/json")
        let body = try JSONDecoder().decode([String: String].self, from: answer.body)
        #expect(body.keys.sorted() == ["error", "message"])
        #expect(body["error"] == answer["X-Sluice-Error"])
        #expect(body["message"]?.isEmpty == false)
        if let kind { #expect(body["error"] == kind) }
    }
}
