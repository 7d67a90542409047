internal import NIOCore

/// An answer before it is bytes.
struct Reply: Sendable {
    /// Who made it, which decides about the fields that come with it.
    enum Maker: Sendable {
        /// The service behind; its time in whole milliseconds.
        case service(Int)
        /// Kong by itself.
        case gateway
        /// Kong, because the service failed after so many milliseconds.
        case failedService(Int)
        /// The Admin or the status port.
        case admin(Int)
        /// nginx's own, of which Kong knows nothing.
        case server
    }

    enum Body: Sendable {
        case whole([UInt8])
        /// Chunks, one after the other; the client may see it cut.
        case chunks(pieces: [[UInt8]], every: TimeAmount)
        /// 101: from now on everything comes back as it was sent.
        case echo
    }

    var status: Int
    var maker: Maker
    var fields: [(name: String, value: String)] = []
    var contentType = "application/json; charset=utf-8"
    var body: Body
    /// How long it takes until the first byte is sent.
    var delay: TimeAmount = .zero
    /// Of that, Kong's own time.
    var gatewayMilliseconds = 0
    var endsConnection = false
    /// A request's id, in Kong versions that have them.
    var requestID: String?

    static func text(
        _ status: Int, _ maker: Maker, _ text: String, fields: [(String, String)] = []
    ) -> Reply {
        Reply(status: status, maker: maker, fields: fields, body: .whole(Array(text.utf8)))
    }
}

extension Reply {
    static let reasons: [Int: String] = [
        101: "Switching Protocols", 200: "OK", 201: "Created", 202: "Accepted",
        204: "No Content", 301: "Moved Permanently", 302: "Moved Temporarily",
        304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
        404: "Not Found", 405: "Not Allowed", 409: "Conflict", 413: "Request Entity Too Large",
        414: "Request-URI Too Large", 415: "Unsupported Media Type", 418: "I'm a teapot",
        426: "Upgrade Required", 429: "Too Many Requests", 500: "Internal Server Error",
        501: "Not Implemented", 502: "Bad Gateway", 503: "Service Temporarily Unavailable",
        504: "Gateway Time-out", 505: "HTTP Version Not Supported",
    ]

    /// The status with nginx's words for it.
    var statusLine: String {
        "HTTP/1.1 \(status) \(Self.reasons[status] ?? "Unknown")"
    }
}

/// Puts an answer into bytes, with the fields in the order in which Kong sends them.
struct ReplyWriter {
    let version: KongVersion
    /// `headers = off` takes away everything that tells of Kong.
    let showsMarks: Bool
    /// What stands in Via instead of the version's own.
    var via: String?
    /// The value of Date.
    let date: String

    /// The head, and with it the body if it is whole.
    func head(_ reply: Reply, for method: String, keepsAlive: Bool) -> String {
        var text = reply.statusLine + "\r\n"
        func add(_ name: String, _ value: String) { text += "\(name): \(value)\r\n" }
        let connection = keepsAlive ? "keep-alive" : "close"
        let hasBody = reply.status != 204 && reply.status != 304

        if case .service = reply.maker {
            if case .echo = reply.body {
                add("Connection", "upgrade")
                add("Upgrade", "websocket")
            } else {
                if hasBody { addBody(reply, to: &text, typeFirst: true) }
                add("Connection", connection)
            }
            for field in reply.fields { add(field.name, field.value) }
            add("Date", date)
            if case .whole = reply.body { add("Server", "tiny-backend/1") }
            if case .chunks = reply.body { add("Server", "tiny-backend/1") }
        } else {
            add("Date", date)
            if hasBody { add("Content-Type", reply.contentType) }
            add("Connection", connection)
            for field in reply.fields { add(field.name, field.value) }
            if hasBody { addBody(reply, to: &text, typeFirst: false) }
        }
        addMarks(reply, to: &text)
        return text + "\r\n"
    }

    private func addBody(_ reply: Reply, to text: inout String, typeFirst: Bool) {
        if typeFirst { text += "Content-Type: \(reply.contentType)\r\n" }
        switch reply.body {
        case .whole(let bytes): text += "Content-Length: \(bytes.count)\r\n"
        case .chunks: text += "Transfer-Encoding: chunked\r\n"
        case .echo: break
        }
    }

    private func addMarks(_ reply: Reply, to text: inout String) {
        guard showsMarks else { return }
        let own = reply.gatewayMilliseconds
        switch reply.maker {
        case .service(let time), .failedService(let time):
            text += "X-Kong-Upstream-Latency: \(time)\r\n"
            text += "X-Kong-Proxy-Latency: \(own)\r\n"
            text += "Via: \(via ?? version.via)\r\n"
            if case .failedService = reply.maker, version.namesItselfForService {
                text += "Server: kong/\(version)\r\n"
            }
        case .gateway:
            text += "X-Kong-Response-Latency: \(own)\r\n"
            text += "Server: kong/\(version)\r\n"
        case .admin(let time):
            text += "X-Kong-Admin-Latency: \(time)\r\n"
            text += "Server: kong/\(version)\r\n"
            return
        case .server:
            return
        }
        if let id = reply.requestID { text += "X-Kong-Request-Id: \(id)\r\n" }
    }
}
