import Testing

/// One exchange on the wire: what the client and the upstream send, and what each must get.
struct WireSample: CustomTestStringConvertible, Sendable {
    let name: String
    let request: String
    /// The request's target, body and trailers as the upstream must read them.
    var target = "/"
    var requestBody = ""
    var requestTrailers: [String] = []
    let response: String
    /// Whether the upstream ends its answer by closing.
    var closes = false
    /// The answer as the client must read it.
    var status = 200
    var body = ""
    var trailers: [String] = []
    /// The final answer's interim ones.
    var interim: [Int] = []
    var isHead = false
    /// Whether the client's connection is closed afterwards.
    var endsClient = false

    var testDescription: String { name }

    /// Whether a client can tell that an answer that was cut short is not whole.
    var tellsItsEnd: Bool { !closes }

    static let all: [WireSample] = plain + bodiless + chunked + old

    private static let plain = [
        WireSample(
            name: "GET and a length", request: "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n",
            target: "/a?b=c", response: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            body: "hello"),
        WireSample(
            name: "POST with a length",
            request: "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\nrequest",
            target: "/p", requestBody: "request",
            response: "HTTP/1.1 201 Created\r\nContent-Length: 4\r\nX-A: b\r\n\r\nmade",
            status: 201, body: "made"),
        WireSample(
            name: "an empty body of known length",
            request: "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
            response: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        WireSample(
            name: "the client wants to close",
            request: "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
            response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", body: "ok",
            endsClient: true),
        WireSample(
            name: "an answer until the close", request: "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
            response: "HTTP/1.1 200 OK\r\n\r\nas long as it is", closes: true,
            body: "as long as it is"),
        WireSample(
            name: "interim answers",
            request: "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                + "Content-Length: 2\r\n\r\nhi",
            requestBody: "hi",
            response: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes",
            body: "yes", interim: [100, 103]),
    ]

    private static let bodiless = [
        WireSample(
            name: "HEAD", request: "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n", target: "/h",
            response: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", isHead: true),
        WireSample(
            name: "HEAD, said to be chunked", request: "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
            response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", isHead: true),
        WireSample(
            name: "204", request: "DELETE /d HTTP/1.1\r\nHost: h\r\n\r\n", target: "/d",
            response: "HTTP/1.1 204 No Content\r\n\r\n", status: 204),
        WireSample(
            name: "304 with a length", request: "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
            response: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"e\"\r\n\r\n",
            status: 304),
    ]

    private static let chunked = [
        WireSample(
            name: "chunks and trailers both ways",
            request: "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "4\r\nrequ\r\n3;x=y\r\nest\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
            target: "/c", requestBody: "request", requestTrailers: ["X-Sum: 1", "X-More: 2"],
            response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\n1\r\n!\r\n0\r\nX-End: 9\r\n\r\n",
            body: "hello!", trailers: ["X-End: 9"]),
        WireSample(
            name: "tiny chunks",
            request: "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "1\r\na\r\n01\r\nb\r\n1\r\nc\r\n000\r\n\r\n",
            requestBody: "abc",
            response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "1\r\nd\r\n1\r\ne\r\n1\r\nf\r\n0\r\n\r\n",
            body: "def"),
        WireSample(
            name: "empty chunked bodies",
            request: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ]

    private static let old = [
        WireSample(
            name: "HTTP/1.0", request: "GET /o HTTP/1.0\r\n\r\n", target: "/o",
            response: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold", body: "old",
            endsClient: true),
        WireSample(
            name: "HTTP/1.0 that stays",
            request: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            response: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold", body: "old"),
        WireSample(
            name: "chunks to HTTP/1.0", request: "GET / HTTP/1.0\r\nHost: h\r\n\r\n",
            response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\n1\r\n!\r\n0\r\nX-End: 9\r\n\r\n",
            body: "hello!", endsClient: true),
        WireSample(
            name: "an HTTP/1.0 upstream", request: "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
            response: "HTTP/1.0 200 OK\r\n\r\nbye", closes: true, body: "bye"),
    ]
}
