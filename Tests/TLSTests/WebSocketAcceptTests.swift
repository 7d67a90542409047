import Bytes
import Testing

@testable import TLS

@Suite
struct WebSocketAcceptTests {
    @Test(arguments: [
        ("dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        ("", ""), (String(repeating: "x", count: 65), ""),
    ])
    func `a key is answered as the standard says`(key: String, line: String) {
        var buffer = Buffer(capacity: 256)
        let bytes = Array(key.utf8)
        WebSocketAccept.appendLine(key: bytes.span, to: &buffer)
        #expect(buffer.bytes.count == line.utf8.count)
        let text = (0..<buffer.bytes.count).map { buffer.bytes[$0] }
        #expect(String(decoding: text, as: UTF8.self) == line)
    }
}
