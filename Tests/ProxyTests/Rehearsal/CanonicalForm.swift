/// What Sluice writes: the one form of each message, which nobody can read in two ways.
enum CanonicalForm {
    /// What is wrong with a request that an upstream got, read from `bytes`.
    static func faults(in request: StrictRequest, from bytes: [UInt8]) -> [String] {
        var faults: [String] = []
        let isOrigin = request.target.hasPrefix("/")
        let isAsterisk = request.target == "*" && request.method == "OPTIONS"
        if !isOrigin && !isAsterisk { faults.append("target \(request.target)") }
        if request.isVersion10 { faults.append("an old version") }
        if bytes[request.start] == 13 { faults.append("an empty line before the request") }
        if request.fields.all("host").count != 1 { faults.append("not one Host") }
        faults += framingFaults(request.fields)
        let isUpgrade = request.upgrade != nil && request.fields.list("connection") == ["upgrade"]
        faults += lookalikes(request.fields)
        faults += connectionFaults(
            request.fields, except: isUpgrade ? ["connection", "upgrade"] : [])
        for name in ["x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-forwarded-port"]
        where request.fields.all(name).count != 1 {
            faults.append("not one \(name)")
        }
        if request.fields.all("x-real-ip").map(\.text) != request.fields.list("x-forwarded-for") {
            faults.append("two ideas of the client")
        }
        return faults + bodyFaults(request.body)
    }

    /// What is wrong with a response that a client got.
    static func faults(
        in response: StrictResponse, to question: StrictQuestion, isVersion10: Bool
    ) -> [String] {
        var faults = framingFaults(response.fields) + lookalikes(response.fields)
        if response.isVersion10 { faults.append("an old version") }
        let isInterim = response.status < 200
        let isBodiless = isInterim || response.status == 204
        if isBodiless, response.framing != .none { faults.append("a framing without a body") }
        if isVersion10 {
            if response.framing == .chunked { faults.append("chunks for HTTP/1.0") }
            if isInterim { faults.append("an interim response for HTTP/1.0") }
        } else if response.isUntilEnd {
            faults.append("a body without an end")
        }
        let exempt: Set = response.isSwitch ? ["connection", "upgrade"] : ["connection"]
        faults += connectionFaults(response.fields, except: exempt)
        let options = response.fields.list("connection")
        let allowed = response.isSwitch ? ["upgrade"] : isInterim ? [] : ["close", "keep-alive"]
        let isPlain = options.count < 2 && options.allSatisfy(allowed.contains)
        if !isPlain { faults.append("Connection: \(options)") }
        if !isInterim, response.fields.all("date").isEmpty { faults.append("no Date") }
        return faults + bodyFaults(response.body)
    }

    private static func framingFaults(_ fields: [WireField]) -> [String] {
        let framings = fields.all("content-length") + fields.all("transfer-encoding")
        if framings.count > 1 { return ["\(framings.count) framings"] }
        guard let framing = framings.first else { return [] }
        if framing.key == "transfer-encoding" {
            return framing.text == "chunked" ? [] : ["Transfer-Encoding \(framing.text)"]
        }
        return UInt64(framing.text).map(String.init) == framing.text
            ? [] : ["Content-Length \(framing.text)"]
    }

    /// What concerns one connection, and does not stand among `exempt`.
    private static func connectionFaults(
        _ fields: [WireField], except exempt: Set<String>
    ) -> [String] {
        fields.filter { oneConnection.contains($0.key) && !exempt.contains($0.key) }
            .map { "\($0.name): \($0.text)" }
    }

    /// Fields that some servers take for ones that Sluice has checked, removed or set.
    private static func lookalikes(_ fields: [WireField]) -> [String] {
        fields.filter { $0.key != $0.folded && managed.contains($0.folded) }.map(\.name)
    }

    private static func bodyFaults(_ body: WireBody) -> [String] {
        let forbidden = body.trailers.filter { isForbiddenTrailer($0) }.map { "trailer \($0.name)" }
        return body.hasExtensions ? forbidden + ["chunk extensions"] : forbidden
    }
}

/// What passes through: the same on both sides.
extension CanonicalForm {
    /// The fields of a request that an upstream must get as they are, Host apart.
    static func kept(of request: StrictRequest) -> [WireField] {
        let countsHops = ["OPTIONS", "TRACE"].contains(request.method)
        return passed(request.fields).filter { field in
            switch field.key {
            case "host": false
            case "expect": !request.isVersion10
            case "max-forwards": !countsHops
            default: !forwarding.contains(field.folded)
            }
        }
    }

    /// The fields of a response that its client must get as they are.
    static func kept(of response: StrictResponse) -> [WireField] {
        passed(response.fields).filter { $0.key != "date" }
    }

    /// The trailers that are passed on with a message that has such fields.
    static func keptTrailers(of body: WireBody, _ fields: [WireField]) -> [WireField] {
        let isNaming = fields.list("connection").contains {
            !["", "close", "keep-alive", "upgrade", "te"].contains($0)
        }
        return isNaming ? [] : body.trailers.filter { !isForbiddenTrailer($0) }
    }

    private static func passed(_ fields: [WireField]) -> [WireField] {
        let protected = forwarding.union([
            "authorization", "content-length", "host", "transfer-encoding",
        ])
        let named = Set(fields.list("connection").map { $0.replacing("_", with: "-") })
            .subtracting(protected)
        return fields.filter { field in
            !named.contains(field.folded) && !oneConnection.contains(field.folded)
                && field.folded != "content-length" && field.folded != "transfer-encoding"
        }
    }

    private static func isForbiddenTrailer(_ field: WireField) -> Bool {
        managed.contains(field.folded) || headOnly.contains(field.folded)
            || field.folded.hasPrefix("x-forwarded-")
    }

    private static let oneConnection: Set = [
        "connection", "keep-alive", "proxy-connection", "te", "upgrade",
    ]

    private static let forwarding: Set = [
        "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-proto", "x-real-ip",
    ]

    private static let managed = oneConnection.union(forwarding)
        .union(["content-length", "transfer-encoding", "host"])

    private static let headOnly: Set = [
        "age", "authorization", "cache-control", "content-encoding", "content-range",
        "content-type", "cookie", "date", "expect", "expires", "if-match", "if-modified-since",
        "if-none-match", "if-range", "if-unmodified-since", "location", "max-forwards", "pragma",
        "proxy-authenticate", "proxy-authentication-info", "proxy-authorization", "range",
        "retry-after", "set-cookie", "trailer", "vary", "via", "warning", "www-authenticate",
    ]
}
