/// A request as a strict server reads it.
struct StrictRequest: Equatable {
    var method = ""
    /// The target as it was sent.
    var target = ""
    /// What is left of the target without scheme and host, as a server of that host gets it.
    var path = ""
    /// The host that it is for; empty if an HTTP/1.0 request names none.
    var host = ""
    var isVersion10 = false
    var fields: [WireField] = []
    var framing = WireFraming.none
    var body = WireBody()
    /// The offset of its first byte.
    var start = 0

    var isIdempotent: Bool {
        ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"].contains(method)
    }

    /// Whether it has a body of at least one byte, or of unknown length.
    var hasBody: Bool { framing != .none && framing != .length(0) }

    /// The protocol that it asks to change to, in lower case.
    var upgrade: String? {
        guard !isVersion10, framing == .none, fields.list("connection").contains("upgrade"),
            fields.all("upgrade").count == 1, let name = fields.all("upgrade").first
        else { return nil }
        let parts = name.value.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let lower = name.text.lowercased()
        guard parts.count <= 2, parts.allSatisfy(StrictReader.isToken), !lower.hasPrefix("http"),
            !lower.hasPrefix("h2")
        else { return nil }
        return lower
    }

    /// Whether the connection is over behind the answer, as far as the client is concerned.
    var closes: Bool {
        let options = fields.list("connection")
        return options.contains("close") || isVersion10 && !options.contains("keep-alive")
    }
}

extension StrictReader {
    /// What reading a request came to.
    enum RequestReading {
        /// The head is whole; the body is if it says so, and breaks the rules if there is a reason.
        case request(StrictRequest, broken: String?)
        /// There is no head, or not yet.
        case none
        /// The head is refused.
        case refused(String)
    }

    /// The next request of a client, read as Sluice says that it reads: with its limits, and
    /// without what it refuses.
    mutating func request() -> RequestReading {
        var request = StrictRequest()
        request.start = at
        do throws(Trouble) {
            try readHead(of: &request)
        } catch {
            if case .broken(let why) = error { return .refused(why) }
            let isTooLarge = bytes.count - request.start >= 65_536
            return isTooLarge ? .refused("head too large") : .none
        }
        do throws(Trouble) {
            try readBody(of: &request)
        } catch {
            if case .broken(let why) = error { return .request(request, broken: why) }
        }
        return .request(request, broken: nil)
    }

    private mutating func readHead(of request: inout StrictRequest) throws(Trouble) {
        var emptyLines = 0
        while rest.first == 13 {
            guard try line().isEmpty else { break }
            emptyLines += 1
            if emptyLines > 8 { throw .broken("too many empty lines") }
        }
        let line = try line()
        let parts = line.split(separator: 32, omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 3, Self.isToken(parts[0]), parts[0].count <= 32 else {
            throw .broken("request line")
        }
        request.method = latin1(parts[0])
        request.target = latin1(parts[1])
        switch latin1(parts[2]) {
        case "HTTP/1.1": request.isVersion10 = false
        case "HTTP/1.0": request.isVersion10 = true
        default: throw .broken("version")
        }
        try readTarget(parts[1], of: &request)
        request.fields = try fields()
        guard at - request.start <= 65_536 else { throw .broken("head too large") }
        try checkHost(of: &request)
        request.framing = try WireFraming(request.fields, isVersion10: request.isVersion10)
        try checkExpectations(of: request)
    }

    private func readTarget(
        _ target: [UInt8], of request: inout StrictRequest
    ) throws(Trouble) {
        let isLegal = target.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "#") }
        guard !target.isEmpty, isLegal, target.count <= 16_384, request.method != "CONNECT" else {
            throw .broken("target")
        }
        let text = latin1(target)
        if text.hasPrefix("/") || text == "*" && request.method == "OPTIONS" {
            request.path = text
            return
        }
        let lower = text.lowercased()
        guard lower.hasPrefix("http://") || lower.hasPrefix("https://") else {
            throw .broken("target")
        }
        let behindScheme = text.dropFirst(lower.hasPrefix("https") ? 8 : 7)
        let host = behindScheme.prefix { $0 != "/" && $0 != "?" }
        guard WireHost.isValid(String(host)) else { throw .broken("host of the target") }
        request.host = String(host)
        let path = behindScheme.dropFirst(host.count)
        if path.isEmpty {
            request.path = request.method == "OPTIONS" ? "*" : "/"
        } else {
            request.path = (path.hasPrefix("?") ? "/" : "") + path
        }
    }

    private func checkHost(of request: inout StrictRequest) throws(Trouble) {
        let hosts = request.fields.all("host")
        guard hosts.count < 2 else { throw .broken("two hosts") }
        guard let host = hosts.first?.text else {
            if request.isVersion10 { return }
            throw .broken("no host")
        }
        guard WireHost.isValid(host) else { throw .broken("host") }
        if request.host.isEmpty { request.host = host }
    }

    private func checkExpectations(of request: StrictRequest) throws(Trouble) {
        let expectations = request.fields.all("expect")
        if !request.isVersion10, !expectations.isEmpty {
            let texts = expectations.map { $0.text.lowercased() }
            guard texts == ["100-continue"] else { throw .broken("expectation") }
        }
        let hops = request.fields.all("max-forwards")
        if !hops.isEmpty, ["OPTIONS", "TRACE"].contains(request.method) {
            guard hops.count == 1, hops[0].value.allSatisfy({ $0 &- 48 < 10 }),
                let left = UInt64(hops[0].text), left < 1 << 63, left > 0 || isLastHop
            else { throw .broken("last hop") }
        }
        let named = request.fields.list("connection").filter {
            !["", "close", "keep-alive", "upgrade", "te"].contains($0)
        }
        guard named.count <= 32 else { throw .broken("too many connection options") }
    }

    private mutating func readBody(of request: inout StrictRequest) throws(Trouble) {
        switch request.framing {
        case .none:
            request.body.isWhole = true
        case .length(let length):
            request.body.bytes = take(Int(min(length, 1 << 40)))
            request.body.isWhole = UInt64(request.body.bytes.count) == length
        case .chunked:
            try chunks(into: &request.body)
        }
    }
}
