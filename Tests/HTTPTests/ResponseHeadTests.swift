import HTTP
import Testing

/// What the parser says of a response, given as a whole.
private func progress(
    _ response: String, to method: HTTP.Method = .get
) -> ResponseProgress {
    var head = ResponseHead()
    return head.parse(wire(response).span, to: method, limits: HeadLimits())
}

struct `A good response` {
    static let samples = [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 \r\n\r\n",
        "HTTP/1.1 200\r\n\r\n", "HTTP/1.0 999 \u{e9}\t!\r\nA:\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
    ]

    @Test(arguments: samples)
    func `is complete with its last byte and not before`(sample: String) {
        let bytes = wire(sample)
        var head = ResponseHead()
        for count in 0..<bytes.count {
            let part = bytes.span.extracting(first: count)
            #expect(head.parse(part, to: .get, limits: HeadLimits()) == .incomplete)
        }
        let more = wire(sample + "HTTP/1.1 x")
        #expect(head.parse(more.span, to: .get, limits: HeadLimits()) == .complete)
        #expect(head.byteCount == bytes.count)
    }

    static let framings: [(String, HTTP.Method, BodyFraming, Bool)] = [
        ("1.1 200 OK", .get, .untilClose, false),
        ("1.1 200 OK\r\nContent-Length: 5", .get, .length(5), true),
        ("1.1 200 OK\r\nContent-Length: 5, 5", .get, .length(5), true),
        ("1.1 200 OK\r\nContent-Length: 5\r\nConnection: close", .get, .length(5), false),
        ("1.1 200 OK\r\nTransfer-Encoding: chunked", .get, .chunked, true),
        ("1.1 200 OK\r\nTransfer-Encoding: chunked", .head, .none, true),
        ("1.1 200 OK\r\nContent-Length: 5", .head, .none, true),
        ("1.1 200 OK", .head, .none, true),
        ("1.1 304 Not Modified\r\nContent-Length: 5", .get, .none, true),
        ("1.1 304 Not Modified\r\nTransfer-Encoding: chunked", .get, .none, true),
        ("1.1 204 No Content", .get, .none, true),
        ("1.1 204 No Content\r\nContent-Length: 0", .get, .none, true),
        ("1.1 204 No Content\r\nContent-Length: 5", .get, .none, false),
        ("1.1 204 No Content\r\nTransfer-Encoding: chunked", .get, .none, false),
        ("1.1 205 Reset Content\r\nContent-Length: 0", .get, .length(0), true),
        ("1.0 200 OK\r\nContent-Length: 5", .get, .length(5), false),
        ("1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive", .get, .length(5), true),
        ("1.0 200 OK\r\nConnection: keep-alive", .get, .untilClose, false),
        ("1.1 100 Continue", .post, .none, true),
    ]

    @Test(arguments: framings)
    func `has a framing, and says whether its connection stays`(
        start: String, method: HTTP.Method, framing: BodyFraming, stays: Bool
    ) {
        var head = ResponseHead()
        let bytes = wire("HTTP/\(start)\r\n\r\n")
        #expect(head.parse(bytes.span, to: method, limits: HeadLimits()) == .complete)
        #expect(head.framing == framing)
        #expect(head.keepAlive == stays)
    }

    @Test(arguments: [
        (100, true), (103, true), (199, true), (200, false), (999, false),
    ])
    func `tells its status`(status: Int, isInterim: Bool) {
        var head = ResponseHead()
        let bytes = wire("HTTP/1.1 \(status) x\r\n\r\n")
        #expect(head.parse(bytes.span, to: .get, limits: HeadLimits()) == .complete)
        #expect(head.status == status)
        #expect(head.isInterim == isInterim)
    }
}

struct `A bad response` {
    static let ok = "HTTP/1.1 200 OK\r\n"
    static let samples: [(String, String)] = [
        ("\r\nHTTP/1.1 200 OK\r\n", "bad_status_line"),
        ("<html>", "bad_status_line"),
        ("\u{0}\u{0}\u{12}\u{4}", "bad_status_line"),
        ("http/1.1 200 OK\r\n", "bad_status_line"),
        ("HTTP/1.1  200 OK\r\n", "bad_status_line"),
        ("HTTP/1.1\t200 OK\r\n", "bad_status_line"),
        ("HTTP/1.1 20 OK\r\n", "bad_status_line"),
        ("HTTP/1.1 099 OK\r\n", "bad_status_line"),
        ("HTTP/1.1 2000 OK\r\n", "bad_status_line"),
        ("HTTP/1.1 +20 OK\r\n", "bad_status_line"),
        ("HTTP/1.1 200OK\r\n", "bad_status_line"),
        ("HTTP/1.1 200 a\u{0}b\r\n", "bad_status_line"),
        ("HTTP/1.1 200 a\u{1b}b\r\n", "bad_status_line"),
        ("HTTP/1.1 200 OK\n", "bare_lf"),
        ("HTTP/1.1 200\n", "bare_lf"),
        ("HTTP/1.1 200 OK\rX: 1\r\n", "bare_cr"),
        ("HTTP/1.2 200 OK\r\n", "unsupported_version"),
        ("HTTP/2.0 200 OK\r\n", "unsupported_version"),
        ("HTTP/0.9 200 OK\r\n", "unsupported_version"),
        (ok + "X : 1\r\n", "white_space_before_colon"),
        (ok + "X: 1\r\n folded\r\n", "folded_line"),
        (ok + "X: \u{0}\r\n", "bad_field_value"),
        (ok + "X: 1\n\r\n", "bare_lf"),
        (ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "ambiguous_framing"),
        (ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "ambiguous_framing"),
        (ok + "Content-Length: x\r\n\r\n", "bad_content_length"),
        (ok + "Transfer-Encoding: gzip\r\n\r\n", "bad_transfer_encoding"),
        (ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", "unsupported_transfer_coding"),
        (
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "transfer_encoding_in_http10"
        ),
        ("HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "unrequested_upgrade"),
        ("HTTP/1.1 100 C\r\nContent-Length: 5\r\n\r\n", "body_after_interim"),
        ("HTTP/1.1 103 E\r\nTransfer-Encoding: chunked\r\n\r\n", "body_after_interim"),
        (ok + String(repeating: "X: 1\r\n", count: 201), "too_many_fields"),
        (ok + "X: " + String(repeating: "x", count: 65_536), "head_too_large"),
    ]

    static let switches: [(String, String)] = [
        ("HTTP/1.1 101 S\r\nUpgrade: b\r\nConnection: upgrade\r\n", "another protocol"),
        ("HTTP/1.1 101 S\r\nUpgrade: a/1\r\nConnection: upgrade\r\n", "another version"),
        ("HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: upgrade\r\n", "HTTP/2"),
        ("HTTP/1.1 101 S\r\nUpgrade: a, b\r\nConnection: upgrade\r\n", "two protocols"),
        ("HTTP/1.1 101 S\r\nUpgrade: a\r\n", "no Connection"),
        ("HTTP/1.1 101 S\r\nConnection: upgrade\r\n", "no Upgrade"),
        ("HTTP/1.0 101 S\r\nUpgrade: a\r\nConnection: upgrade\r\n", "HTTP/1.0"),
        (
            "HTTP/1.1 101 S\r\nUpgrade: a\r\nConnection: upgrade\r\nContent-Length: 0\r\n",
            "a length"
        ),
        (
            "HTTP/1.1 101 S\r\nUpgrade: a\r\nConnection: upgrade\r\n"
                + "Transfer-Encoding: chunked\r\n", "chunks"
        ),
    ]

    @Test(arguments: switches)
    func `is a switch to anything but what was asked for`(sample: String, why: String) {
        let asked = wire(
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n")
        var request = RequestHead()
        #expect(request.parse(asked.span, limits: HeadLimits()) == .complete)
        var head = ResponseHead()
        let result = head.parse(
            wire(sample + "\r\n").span, to: .get, upgradeMark: request.upgradeMark,
            limits: HeadLimits())
        #expect(result == .refused(.unrequestedUpgrade), "\(why)")
        let right = wire("HTTP/1.1 101 S\r\nUpgrade: A\r\nConnection: Upgrade\r\n\r\n")
        let progress = head.parse(
            right.span, to: .get, upgradeMark: request.upgradeMark, limits: HeadLimits())
        #expect(progress == .complete)
    }

    @Test(arguments: samples.indices)
    func `is refused with its kind, and incomplete or refused alike wherever it is cut`(
        index: Int
    ) {
        let (sample, kind) = Self.samples[index]
        #expect(refusal(progress(sample)) == kind)
        let bytes = wire(sample)
        var head = ResponseHead()
        for count in 0..<min(300, bytes.count) {
            let part = bytes.span.extracting(first: count)
            let progress = head.parse(part, to: .get, limits: HeadLimits())
            #expect(progress == .incomplete || refusal(progress) == kind, "cut at \(count)")
        }
    }

    private func refusal(_ progress: ResponseProgress) -> String? {
        if case .refused(let fault) = progress { "\(fault.kind)" } else { nil }
    }
}
