import HTTP
import Testing

struct `A bad request` {
    @Test(arguments: BadRequests.all)
    func `is refused with its kind`(sample: String, kind: String) {
        #expect(refusal(progress(sample)) == kind)
    }

    @Test(arguments: BadRequests.all)
    func `is refused alike when it arrives byte by byte`(sample: String, kind: String) {
        #expect(refusal(progressByByte(sample + "\r\n\r\n")) == kind)
    }

    @Test(arguments: BadRequests.all)
    func `is incomplete or refused alike wherever it is cut`(sample: String, kind: String) {
        let bytes = wire(sample)
        var head = RequestHead()
        for count in 0..<bytes.count {
            let progress = head.parse(bytes.span.extracting(first: count), limits: HeadLimits())
            #expect(progress == .incomplete || refusal(progress) == kind, "cut at \(count)")
        }
    }

    @Test(arguments: [
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET /" + String(repeating: "p", count: 16_384) + " HTTP/1.1\r\n", 414),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", 200),
        ("TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", 501),
        ("TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: +1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n" + String(repeating: "X: 1\r\n", count: 201), 431),
        ("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 65_536), 431),
    ])
    func `is answered with its status`(sample: String, status: Int) {
        guard case .refused(let fault) = progress(sample) else {
            Issue.record("not refused")
            return
        }
        #expect(fault.status == status)
    }

    private func refusal(_ progress: HeadProgress) -> String? {
        if case .refused(let fault) = progress { "\(fault.kind)" } else { nil }
    }
}

struct `A limit` {
    static let line = "GET / HTTP/1.1\r\n"

    @Test func `of the target is exact`() {
        let most = "GET /" + String(repeating: "p", count: 16_383)
        #expect(progress(most + " HTTP/1.1\r\nHost: a\r\n\r\n") == .complete)
        #expect(progress(most + "p") == .refused(.targetTooLong))
    }

    @Test func `of the head is exact`() {
        let rest = HeadLimits.mostHeadBytes - (Self.line + "Host: a\r\nX: \r\n\r\n").utf8.count
        let most = Self.line + "Host: a\r\nX: " + String(repeating: "x", count: rest)
        #expect(progress(most + "\r\n\r\n") == .complete)
        #expect(progress(most + "\r\n\r\nGET /") == .complete)
        #expect(progress(most + "\r\n\r") == .incomplete)
        #expect(progress(most + "x\r\n\r\n") == .refused(.headTooLarge))
    }

    @Test func `of field lines is exact`() {
        let most = Self.line + "Host: a\r\n" + String(repeating: "X: 1\r\n", count: 199)
        #expect(progress(most + "\r\n") == .complete)
        #expect(progress(most + "Y: 1\r\n\r\n") == .refused(.field(.tooManyFields)))
    }

    @Test func `can be lower than the most`() {
        let limits = HeadLimits(headBytes: 40, fields: 2, targetBytes: 3)
        let most = "GET /ab HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n"
        #expect(progress(most, limits: limits) == .complete)
        #expect(progress("GET /abc", limits: limits) == .refused(.targetTooLong))
        let third = "GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY:\r\n"
        #expect(progress(third, limits: limits) == .refused(.field(.tooManyFields)))
        let long = "GET / HTTP/1.1\r\nHost: a\r\nX: 1234567890\r\n"
        #expect(progress(long, limits: limits) == .refused(.headTooLarge))
    }

    @Test func `bounds the options of Connection`() {
        let options = Self.line + "Host: a\r\nConnection: " + String(repeating: "x,", count: 32)
        #expect(progress(options + "\r\n\r\n") == .complete)
        let fault = HeadProgress.refused(.field(.tooManyConnectionOptions))
        #expect(progress(options + "y\r\n\r\n") == fault)
    }
}
