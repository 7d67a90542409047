import Bytes
import HTTP
import Testing

struct `An own answer` {
    static let all: [OwnAnswer] =
        FieldFault.allCases.flatMap {
            [OwnAnswer(.field($0) as RequestFault), OwnAnswer(.field($0) as ResponseFault)]
        } + [
            OwnAnswer(RequestFault.badHost), OwnAnswer(RequestFault.badRequestLine),
            OwnAnswer(RequestFault.badTarget), OwnAnswer(RequestFault.connectNotSupported),
            OwnAnswer(RequestFault.duplicateHost), OwnAnswer(RequestFault.headTooLarge),
            OwnAnswer(RequestFault.missingHost), OwnAnswer(RequestFault.targetTooLong),
            OwnAnswer(RequestFault.unsupportedVersion), OwnAnswer(RequestFault.badMaxForwards),
            OwnAnswer(RequestFault.lastHop), OwnAnswer(RequestFault.traceNotSupported),
            OwnAnswer(RequestFault.unsupportedExpectation),
            OwnAnswer(ResponseFault.badStatusLine),
            OwnAnswer(ResponseFault.bodyAfterInterim), OwnAnswer(ResponseFault.headTooLarge),
            OwnAnswer(ResponseFault.unsupportedVersion),
            OwnAnswer(ResponseFault.unrequestedUpgrade), OwnAnswer(ChunkFault.badSize),
            OwnAnswer(ChunkFault.badExtension), OwnAnswer(ChunkFault.badLineEnd),
            OwnAnswer(ChunkFault.extensionsTooLarge), OwnAnswer(ChunkFault.trailersTooLarge),
            .requestTimeout, .bodyTooLarge, .connectFailed, .upstreamClosed, .noUpstream,
            .overloaded, .connectTimeout, .responseTimeout, .totalTimeout, .queueFull,
            .queueTimeout,
            .tooManyConnections, .tooManyConnectionsOfClient, OwnAnswer(ChunkFault.bodyTooLarge),
        ]

    @Test func `is a whole response`() {
        let expected = """
            HTTP/1.1 408 Request Timeout\r
            Content-Type: application/json\r
            Content-Length: 75\r
            X-Sluice-Error: request_timeout\r
            Connection: close\r
            \r
            {"error":"request_timeout","message":"The request did not arrive in time."}
            """
        #expect(encoded(.requestTimeout) == expected)
    }

    @Test(arguments: all)
    func `parses as a response with its length`(answer: OwnAnswer) {
        let bytes = wire(encoded(answer, keepAlive: true))
        var head = ResponseHead()
        #expect(head.parse(bytes.span, to: .get, limits: HeadLimits()) == .complete)
        #expect(head.status == answer.status)
        #expect(head.keepAlive == true)
        #expect(head.framing == .length(UInt64(bytes.count - head.byteCount)))
        #expect(!text(bytes, ByteRange(9, head.byteCount)).hasPrefix("\(answer.status) \r\n"))
        let body = text(bytes, ByteRange(head.byteCount, bytes.count))
        #expect(body == "{\"error\":\"\(answer.kind)\",\"message\":\"\(answer.message)\"}")
    }

    @Test(arguments: all)
    func `holds nothing that JSON escapes`(answer: OwnAnswer) {
        let plain = "\(answer.kind)\(answer.message)".utf8.allSatisfy {
            $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        #expect(plain)
    }

    @Test func `to HEAD has the same head and no body`() {
        let whole = encoded(.noUpstream)
        let head = encoded(.noUpstream, isHead: true)
        #expect(head.hasSuffix("\r\n\r\n"))
        #expect(whole.hasPrefix(head) && whole.utf8.count > head.utf8.count)
    }

    @Test(arguments: all)
    func `says when to try again if it is for a moment only`(answer: OwnAnswer) {
        let isQueue = "\(answer.kind)".hasPrefix("queue_")
        #expect(encoded(answer).contains("\r\nRetry-After: 1\r\n") == isQueue)
    }

    @Test func `says which request it is for`() {
        let answer = encoded(.noUpstream, isHead: true, id: "abc-7")
        #expect(answer.contains("X-Sluice-Error: no_upstream\r\nX-Request-Id: abc-7\r\n"))
        #expect(!encoded(.noUpstream).contains("X-Request-Id"))
    }

    @Test(arguments: all)
    func `has room for the longest name of a request`(answer: OwnAnswer) {
        let id = String(repeating: "7", count: RequestID.mostBytes)
        #expect(encoded(answer, id: id).contains("\r\nX-Request-Id: \(id)\r\n"))
    }

    @Test func `says that an old client's connection stays`() {
        let answer = encoded(.noUpstream, version: .http10, keepAlive: true)
        #expect(answer.contains("\r\nConnection: keep-alive\r\n"))
    }

    private func encoded(
        _ answer: OwnAnswer, version: HTTPVersion = .http11, keepAlive: Bool = false,
        isHead: Bool = false, id: String = ""
    ) -> String {
        var buffer = Buffer(capacity: OwnAnswer.mostBytes)
        var name = Buffer(capacity: max(1, id.utf8.count))
        name.append(wire(id).span)
        answer.encode(
            version: version, keepAlive: keepAlive, isHead: isHead, requestID: name, into: &buffer)
        return text(buffer.bytes)
    }
}
