import HTTP
import Testing

struct `What a log asks of a head` {
    @Test(arguments: [
        ("User-Agent: curl/8\r\nReferer: http://a/\r\n", "curl/8", "http://a/"),
        ("referer:\thttp://a/ \r\nUSER-AGENT: a b\r\n", "a b", "http://a/"),
        ("Host2: b\r\nX: User-Agent\r\n", "", ""),
        ("User_Agent: a\r\nReferers: b\r\nReferrer: c\r\n", "", ""),
        ("User-Agent:\r\nReferer: \r\n", "", ""),
        ("User-Agent: a\r\nUser-Agent: b\r\nReferer: c\r\nReferer: d\r\n", "a", "c"),
        ("User-Agent: \u{e9}\u{ff}\r\nConnection: user-agent\r\n", "\u{e9}\u{ff}", ""),
    ])
    func `is found by name alone`(fields: String, agent: String, referer: String) {
        let bytes = wire("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        var head = RequestHead()
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        let found = head.agentAndReferer(bytes.span)
        #expect(text(bytes, found.agent) == agent)
        #expect(text(bytes, found.referer) == referer)
    }
}

struct `A refused request` {
    @Test(arguments: [
        ("GET /a b HTTP/1.1\r\n", "GET", "/a"), ("GET /\u{1} HTTP/1.1\r\n", "GET", "/\u{1}"),
        ("\r\n\r\nPOST /x", "POST", "/x"), ("GET ", "GET", ""), ("GET", "", "GET"), ("", "", ""),
        ("\r\n", "", ""), ("G(T / HTTP/1.1\r\nA: b\r\n", "", "G(T / HTTP/1.1"),
        (" / HTTP/1.1\r\n", "", " / HTTP/1.1"), ("GET\r\n /", "", "GET"),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}", "", "\u{16}\u{3}\u{1}\u{2}\u{0}"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI", "*"),
        (String(repeating: "A", count: 33) + " /", "", String(repeating: "A", count: 33) + " /"),
        (String(repeating: "A", count: 32) + " /", String(repeating: "A", count: 32), "/"),
        ("GET\t/ HTTP/1.1\n", "", "GET\t/ HTTP/1.1"),
    ])
    func `has the method and target that it seems to have`(
        sent: String, method: String, target: String
    ) {
        let bytes = wire(sent)
        let line = RequestHead.guessRequestLine(bytes.span)
        #expect(text(bytes, line.method) == method)
        #expect(text(bytes, line.target) == target)
    }
}
