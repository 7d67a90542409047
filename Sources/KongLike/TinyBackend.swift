internal import NIOCore

/// The service behind every node. What it does is said in the query of a request:
/// `status=503`, `delay=250` in milliseconds, `bytes=1000`, `echo` for a JSON of the request as it
/// arrived, `chunks=5&every=100` for an answer in pieces.
enum TinyBackend {
    private static let mostBytes = 64 << 20
    private static let mostChunks = 10_000

    static func reply(to request: ForwardedRequest) -> Reply {
        let head = request.head
        func number(_ name: String) -> Int? { head.parameter(name).flatMap { Int($0) } }
        var reply = Reply(
            status: min(max(number("status") ?? 200, 200), 599), maker: .service(0),
            contentType: "text/plain; charset=UTF-8", body: .whole(Array("hello\n".utf8)))
        reply.delay = .milliseconds(Int64(min(max(number("delay") ?? 0, 0), 3_600_000)))
        if head.wantsWebSocket {
            reply.status = 101
            reply.body = .echo
            if let key = head.value("sec-websocket-key") {
                reply.fields.append(("Sec-WebSocket-Accept", SHA1.webSocketAnswer(to: key)))
            }
            return reply
        }
        if let count = number("bytes") {
            reply.body = .whole(Array(repeating: 0x78, count: min(max(count, 0), mostBytes)))
        } else if let count = number("chunks") {
            let pieces = (0..<min(max(count, 0), mostChunks)).map { Array("piece \($0)\n".utf8) }
            let every = min(max(number("every") ?? 0, 0), 60_000)
            reply.body = .chunks(pieces: pieces, every: .milliseconds(Int64(every)))
        } else if head.parameter("echo") != nil {
            reply.contentType = "application/json"
            reply.body = .whole(echo(request).bytes)
        }
        return reply
    }

    private static func echo(_ request: ForwardedRequest) -> JSON {
        let path = request.target.prefix { $0 != "?" }
        return [
            "method": .string(request.method), "target": .string(request.target),
            "path": .string(String(path)),
            "fields": .array(
                request.fields.map { .array([.string($0.name), .string($0.value)]) }),
            "body": .string(String(decoding: request.body.kept, as: UTF8.self)),
            "body_bytes": .number(Double(request.body.count)),
        ]
    }
}
