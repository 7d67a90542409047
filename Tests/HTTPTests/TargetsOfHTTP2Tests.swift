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

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ])
    func `SHA-1 is that of its standard`(text: String, digest: String) {
        let hex = WebSocketAccept.digest(Array(text.utf8)).map {
            let digits = String($0, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        #expect(hex.joined() == digest)
    }

    @Test(arguments: [
        ("dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        ("", ""), (String(repeating: "x", count: 65), ""),
    ])
    func `a key of WebSocket is answered as its standard says`(key: String, line: String) {
        var buffer = Buffer(capacity: 256)
        let bytes = Array(key.utf8)
        WebSocketAccept.appendLine(
            key: ByteRange(0, bytes.count), of: bytes.span, to: &buffer)
        #expect(Self.text(buffer) == line)
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
