import Bytes
import HTTP
import Testing

struct `A forwarded request` {
    static let own = """
        X-Forwarded-For: 192.0.2.7\r
        X-Real-IP: 192.0.2.7\r
        X-Forwarded-Proto: http\r
        X-Forwarded-Host: a\r
        X-Forwarded-Port: 8000\r
        \r

        """

    @Test func `keeps everything else byte for byte`() {
        let line = "GET /p%20/%2e?q=%zz&&a HTTP/1.1\r\n"
        let fields = "Host: a\r\nx_y:  odd \t\r\nAccept: */*\r\n"
        #expect(forwarded(line + fields + "\r\n") == line + fields + Self.own)
    }
}
