import Bytes
import Testing

@testable import HTTP

/// What is said for targets that speak HTTP/2 to clients, and of calls of gRPC.
struct TargetsOfHTTP2Tests {
    private static func text(_ buffer: borrowing Buffer) -> String {
        let bytes = buffer.bytes
        return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }

    @Test(
        arguments: [
            ("grpc-status: 0\r\n", 0), ("Grpc-Status:16", 16), ("grpc-status:  5 \r\n", 5),
            ("grpc-status: 17\r\n", 17), ("grpc-status: x\r\n", 32_767),
            ("grpc-status:\r\n", 32_767),
            ("grpc-status: -1\r\n", 32_767), ("grpc-status: 99999999999\r\n", 32_767),
            ("grpc-message: 0\r\n", nil), ("grpc-status", nil), ("grpc-statusx: 0\r\n", nil),
            ("", nil), ("x-grpc-status: 0\r\n", nil),
        ] as [(String, Int16?)])
    func `the status of a call stands in one line`(line: String, status: Int16?) {
        let bytes = Array("ab\(line)".utf8)
        #expect(GRPCStatusLine.status(bytes.span, 2, bytes.count) == status)
    }

    @Test func `an answer to a call is a head with its status`() {
        var buffer = Buffer(capacity: 2_048)
        var id = Buffer(capacity: 16)
        id.append("abc")
        var date = DateLine()
        date.set(secondsSince1970: 0)
        OwnAnswer.connectFailed.encodeForGRPC(
            date: date, requestID: id, upstreamField: Buffer(capacity: 1), into: &buffer)
        #expect(
            Self.text(buffer) == """
                HTTP/1.1 200 OK\r
                Content-Type: application/grpc\r
                Grpc-Status: 14\r
                Grpc-Message: No upstream could be connected to.\r
                X-Sluice-Error: connect_failed\r
                Date: Thu, 01 Jan 1970 00:00:00 GMT\r
                X-Request-Id: abc\r
                \r

                """)
    }

    @Test(arguments: [(200, "OK"), (103, "Early Hints"), (418, ""), (503, "Service Unavailable")])
    func `a status has its words`(status: Int, words: String) {
        #expect("\(StatusReason.of(status))" == words)
    }
}
