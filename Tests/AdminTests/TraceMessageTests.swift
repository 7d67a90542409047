import Proxy
import Testing

@testable import Admin

/// Spans as collectors read them, and what collectors answer.
struct TraceMessageTests {
    private func span(_ change: (inout ExchangeSpan) -> Void = { _ in }) -> ExchangeSpan {
        var span = ExchangeSpan()
        (span.traceHigh, span.traceLow) = (0xab, 0xcd)
        (span.span, span.parent) = (0x1, 0xef)
        (span.began, span.ended) = (1_700_000_000_000_000_001, 1_700_000_000_000_000_002)
        span.method = "GET"
        (span.path, span.host) = ("/a\"b", "api.test:8443")
        span.isSecure = true
        (span.status, span.attempts) = (200, 2)
        (span.listener, span.split, span.upstream) = ("api", "kong", "x")
        span.target = "10.0.0.1:8000"
        change(&span)
        return span
    }

    private func read(_ span: ExchangeSpan) throws -> (JSONValue, [String: JSONValue]) {
        let body = try JSONReader.read(TraceMessage.body([span], serviceName: "edge"))
        let resource = try #require(body["resourceSpans"]?.elements?.first)
        #expect(pairs(resource["resource"])["service.name"] == .string("edge"))
        let scope = try #require(resource["scopeSpans"]?.elements?.first)
        #expect(scope["scope"]?["name"] == .string("sluice"))
        let value = try #require(scope["spans"]?.elements?.first)
        return (value, pairs(value))
    }

    private func pairs(_ value: JSONValue?) -> [String: JSONValue] {
        var pairs: [String: JSONValue] = [:]
        for attribute in value?["attributes"]?.elements ?? [] {
            guard let name = attribute["key"]?.text, let value = attribute["value"] else {
                continue
            }
            pairs[name] = value["stringValue"] ?? value["intValue"]
        }
        return pairs
    }

    @Test func `a span has what the conventions for HTTP ask for`() throws {
        let (value, attributes) = try read(span())
        #expect(value["traceId"] == .string("00000000000000ab00000000000000cd"))
        #expect(value["spanId"] == .string("0000000000000001"))
        #expect(value["parentSpanId"] == .string("00000000000000ef"))
        #expect(value["name"] == .string("GET"))
        #expect(value["kind"] == .number(2))
        #expect(value["flags"] == .number(0x301))
        #expect(value["startTimeUnixNano"] == .string("1700000000000000001"))
        #expect(value["endTimeUnixNano"] == .string("1700000000000000002"))
        #expect(value["status"] == nil)
        let expected = [
            "http.request.method": "GET", "http.response.status_code": "200",
            "url.scheme": "https", "url.path": "/a\"b", "network.protocol.version": "1.1",
            "server.address": "api.test", "server.port": "8443", "sluice.listener": "api",
            "sluice.split": "kong", "sluice.upstream": "x", "sluice.target": "10.0.0.1:8000",
            "sluice.attempts": "2",
        ]
        #expect(attributes == expected.mapValues { .string($0) })
    }

    @Test func `a span without a parent begins a trace`() throws {
        let (value, _) = try read(span { $0.parent = 0 })
        #expect(value["parentSpanId"] == nil && value["flags"] == .number(0x101))
    }

    @Test(
        arguments: [
            ("h", "h", nil), ("h:80", "h", "80"), ("[::1]", "::1", nil),
            ("[::1]:8000", "::1", "8000"),
            ("", nil, nil), (":80", nil, "80"),
        ] as [(String, String?, String?)])
    func `a host is a name and a port`(host: String, address: String?, port: String?) throws {
        let (_, attributes) = try read(span { $0.host = host })
        #expect(attributes["server.address"]?.text == address)
        #expect(attributes["server.port"]?.text == port)
    }

    @Test(
        arguments: [
            (200, nil, nil, false), (404, nil, nil, false), (503, nil, "503", true),
            (502, "connect_failed", "connect_failed", true),
            (0, "client_closed", "client_closed", true),
            (200, "upstream_closed", "upstream_closed", true),
            (413, "body_too_large", "body_too_large", false),
        ] as [(Int, String?, String?, Bool)])
    func `what went wrong is said, and whose fault it is`(
        status: Int, error: String?, type: String?, isFailure: Bool
    ) throws {
        let (value, attributes) = try read(
            span {
                $0.status = status
                $0.error = error
                $0.method = nil
            })
        #expect(attributes["error.type"]?.text == type)
        #expect(attributes["http.response.status_code"]?.text == (status == 0 ? nil : "\(status)"))
        #expect((value["status"]?["code"] == .number(2)) == isFailure)
        #expect(attributes["http.request.method"] == .string("_OTHER"))
        #expect(value["name"] == .string("HTTP"))
    }

    @Test(
        arguments: [
            (200, nil, "{}", .taken(rejected: 0, message: "")),
            (202, "5", "", .taken(rejected: 0, message: "")),
            (200, nil, "no JSON", .taken(rejected: 0, message: "")),
            (
                200, nil, #"{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "late"}}"#,
                .taken(rejected: 3, message: "late")
            ),
            (
                200, nil, #"{"partialSuccess": {"rejectedSpans": 3}}"#,
                .taken(rejected: 3, message: "")
            ),
            (
                200, nil, #"{"partialSuccess": {"rejectedSpans": "-3"}}"#,
                .taken(rejected: 0, message: "")
            ),
            (429, "7", "", .again(seconds: 7, reason: "answers with 429")),
            (503, "86400", "", .again(seconds: 60, reason: "answers with 503")),
            (502, "-1", "", .again(seconds: nil, reason: "answers with 502")),
            (
                504, "Thu, 01 Jan 1970 00:00:00 GMT", "",
                .again(seconds: nil, reason: "answers with 504")
            ),
            (503, nil, "", .again(seconds: nil, reason: "answers with 503")),
            (500, "1", "", .refused(reason: "answers with 500")),
            (400, "1", "", .refused(reason: "answers with 400")),
            (401, nil, "", .refused(reason: "answers with 401")),
            (404, nil, "", .refused(reason: "answers with 404")),
            (307, nil, "", .refused(reason: "answers with 307")),
        ] as [(Int, String?, String, TraceReply)])
    func `a collector's answer says what comes next`(
        status: Int, retryAfter: String?, body: String, reply: TraceReply
    ) {
        #expect(TraceReply(status: status, retryAfter: retryAfter, body: Array(body.utf8)) == reply)
    }

    @Test(arguments: [
        ("Authorization", "f:1: there is no colon"), ("\n\n: a", "f:3: this is not the name"),
        ("A b: c", "f:1: this is not the name"), ("A: b\nB:", "f:2: the value is empty"),
        ("A: b\u{7}", "f:1: the value is empty or has"), ("A: é", "f:1: the value is empty or has"),
        ("content-length: 5", "f:1: content-length is set by Sluice itself"),
        (String(repeating: "A: b\n", count: 65), "f:65: there are more than 64 fields"),
    ])
    func `a faulty file of fields is refused with its line`(text: String, fault: String) {
        guard case .failure(let found) = TraceFields.parse(Array(text.utf8), path: "f") else {
            Issue.record("\(text) was taken")
            return
        }
        #expect(found.description.hasPrefix(fault))
    }
}
