/// A response as a strict client reads it.
struct StrictResponse: Equatable {
    var status = 0
    var reason: [UInt8] = []
    var isVersion10 = false
    var fields: [WireField] = []
    var framing = WireFraming.none
    /// Whether only the end of the connection ends its body.
    var isUntilEnd = false
    var body = WireBody()

    /// Whether the connection speaks another protocol from here on.
    var isSwitch: Bool { status == 101 }

    /// Whether the connection may serve another request.
    var closes: Bool {
        let options = fields.list("connection")
        return isUntilEnd || options.contains("close")
            || isVersion10 && !options.contains("keep-alive")
    }
}

/// What the reader of a response has to know of its request.
struct StrictQuestion {
    var isHead = false
    /// The protocol that was asked for, in lower case.
    var upgrade: String?
}

extension StrictReader {
    /// What reading a response came to.
    enum ResponseReading {
        /// It is whole, with the interim ones before it.
        case whole(StrictResponse, interim: [StrictResponse])
        /// Its head is whole, its body not: it ends too early, or breaks the rules.
        case cut(StrictResponse, interim: [StrictResponse], broken: String?)
        /// There is no head, or not yet.
        case none(interim: [StrictResponse])
        /// Its head is refused.
        case refused(String, interim: [StrictResponse])
    }

    /// The next response to a question. `hasEnded`: nothing more will come, and that is an
    /// orderly end.
    mutating func response(to question: StrictQuestion, hasEnded: Bool) -> ResponseReading {
        var interim: [StrictResponse] = []
        while true {
            var response = StrictResponse()
            let start = at
            do throws(Trouble) {
                try readHead(of: &response, question)
            } catch {
                if case .broken(let why) = error { return .refused(why, interim: interim) }
                let isTooLarge = bytes.count - start >= 65_536
                return isTooLarge
                    ? .refused("head too large", interim: interim) : .none(interim: interim)
            }
            if response.status < 200, !response.isSwitch {
                interim.append(response)
                continue
            }
            do throws(Trouble) {
                try readBody(of: &response, question, hasEnded)
            } catch {
                if case .broken(let why) = error {
                    return .cut(response, interim: interim, broken: why)
                }
                return .cut(response, interim: interim, broken: nil)
            }
            return .whole(response, interim: interim)
        }
    }

    private mutating func readHead(
        of response: inout StrictResponse, _ question: StrictQuestion
    ) throws(Trouble) {
        let start = at
        let line = try line()
        let text = latin1(line)
        response.isVersion10 = text.hasPrefix("HTTP/1.0 ")
        guard response.isVersion10 || text.hasPrefix("HTTP/1.1 "), line.count >= 12,
            line[9..<12].allSatisfy({ $0 &- 48 < 10 }),
            let status = Int(latin1(Array(line[9..<12]))),
            status >= 100, line.count == 12 || line[12] == 32
        else { throw .broken("status line") }
        response.status = status
        response.reason = Array(line.dropFirst(13))
        response.fields = try fields()
        guard at - start <= 65_536 else { throw .broken("head too large") }
        let named = response.fields.list("connection").filter {
            !["", "close", "keep-alive", "upgrade", "te"].contains($0)
        }
        guard named.count <= 32 else { throw .broken("too many connection options") }
        response.framing = try WireFraming(response.fields, isVersion10: response.isVersion10)
        if status == 101 { return try checkSwitch(response, question) }
        let isEmpty = response.framing == .none || response.framing == .length(0)
        if status < 200, !isEmpty { throw .broken("interim response with a body") }
    }

    private func checkSwitch(
        _ response: StrictResponse, _ question: StrictQuestion
    ) throws(Trouble) {
        let names = response.fields.all("upgrade").map { $0.text.lowercased() }
        guard let upgrade = question.upgrade, names == [upgrade], response.framing == .none,
            response.fields.list("connection").contains("upgrade"), !response.isVersion10
        else { throw .broken("switch that was not asked for") }
    }

    private mutating func readBody(
        of response: inout StrictResponse, _ question: StrictQuestion, _ hasEnded: Bool
    ) throws(Trouble) {
        let isBodiless = question.isHead || [101, 204, 304].contains(response.status)
        if isBodiless {
            response.body.isWhole = true
            return
        }
        switch response.framing {
        case .none:
            response.isUntilEnd = true
            response.body.bytes = take(.max)
            response.body.isWhole = hasEnded
            if !hasEnded { throw .more }
        case .length(let length):
            response.body.bytes = take(Int(min(length, 1 << 40)))
            response.body.isWhole = UInt64(response.body.bytes.count) == length
            if !response.body.isWhole { throw .more }
        case .chunked:
            try chunks(into: &response.body)
        }
    }
}

extension StrictRequest {
    /// For reports.
    var brief: String { "\(method) \(target) \(framing) \(body.brief)" }
}

extension StrictResponse {
    /// For reports.
    var brief: String { "\(status) \(fields.map(\.name)) \(framing) \(body.brief)" }
}

extension WireBody {
    /// For reports.
    var brief: String {
        let text = latin1(Array(bytes.prefix(60))).debugDescription
        return "\(bytes.count) bytes\(isWhole ? "" : " of more") \(text) \(trailers.map(\.name))"
    }
}
