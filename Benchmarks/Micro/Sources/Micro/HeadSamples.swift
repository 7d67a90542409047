import Bytes
import HTTP

enum HeadSamples {
    static let all = [
        Sample(name: "request head, 4 fields: parse") { parseRequest(small, count: $0) },
        Sample(name: "request head, 15 fields: parse") { parseRequest(browser, count: $0) },
        Sample(name: "request head, 4 fields: encode") { encodeRequest(small, count: $0) },
        Sample(name: "request head, 15 fields: encode") { encodeRequest(browser, count: $0) },
        Sample(name: "response head, 6 fields: parse") { parseResponse(answer, count: $0) },
    ]

    private static let small = head(
        "GET / HTTP/1.1", ["Host: api.example", "User-Agent: client", "Accept: */*"])

    private static let browser = head(
        "GET /orders/4711/lines?page=2&size=50&sort=created HTTP/1.1",
        [
            "Host: api.example.com", "Connection: keep-alive", "Cache-Control: max-age=0",
            "Accept: application/json, text/plain;q=0.9, */*;q=0.8", "Accept-Encoding: gzip, br",
            "Accept-Language: en-GB,en;q=0.9,de;q=0.8", "Authorization: Bearer " + token,
            "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; lang=en",
            "Origin: https://shop.example.com", "Referer: https://shop.example.com/orders",
            "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-site",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "X-Request-Id: 2b1c3a9e-53d0-4f63-9c7b-3b5a4fd7a1c9",
        ])

    private static let token = String(repeating: "abcdefgh", count: 24)

    private static let answer = head(
        "HTTP/1.1 200 OK",
        [
            "Server: origin", "Date: Thu, 01 Jan 2026 00:00:00 GMT", "Content-Type: text/plain",
            "Content-Length: 6", "X-Kong-Proxy-Latency: 1", "Via: 1.1 kong",
        ])

    private static func head(_ line: String, _ fields: [String]) -> [UInt8] {
        Array(([line] + fields).joined(separator: "\r\n").utf8) + Array("\r\n\r\n".utf8)
    }

    private static func parseRequest(_ bytes: [UInt8], count: Int) -> UInt64 {
        var head = RequestHead()
        let limits = HeadLimits()
        var sum: UInt64 = 0
        for _ in 0..<count {
            guard case .complete = head.parse(bytes.span, limits: limits) else { return 0 }
            sum &+= UInt64(head.byteCount)
        }
        return sum
    }

    private static func encodeRequest(_ bytes: [UInt8], count: Int) -> UInt64 {
        var head = RequestHead()
        guard case .complete = head.parse(bytes.span, limits: HeadLimits()) else { return 0 }
        let client = ClientFacts(
            address: ClientAddress(bits: 0xffff_7f00_0001), localPort: 8000, isTrusted: false,
            isSecure: false)
        let id = RequestID(high: 1, low: 2)
        var buffer = Buffer(capacity: 16_384)
        var sum: UInt64 = 0
        for _ in 0..<count {
            buffer.removeAll()
            RequestEncoder.encode(head, bytes.span, client: client, id: id, into: &buffer)
            sum &+= UInt64(buffer.count)
        }
        return sum
    }

    private static func parseResponse(_ bytes: [UInt8], count: Int) -> UInt64 {
        var head = ResponseHead()
        let limits = HeadLimits()
        var sum: UInt64 = 0
        for _ in 0..<count {
            guard case .complete = head.parse(bytes.span, to: .get, limits: limits) else {
                return 0
            }
            sum &+= UInt64(head.byteCount)
        }
        return sum
    }
}
