/// Holds what clients said and got against what upstreams got and said: each answer belongs to its
/// request, is whole or broken, and nothing went anywhere else.
struct Verdict {
    private(set) var faults: [String] = []
    private let clients: [ClientLedger]
    private var deliveries: [Delivery] = []
    /// Connections that no request was read from: what is said on one that is new may be an answer
    /// all the same, such as that of a target that has too much to do, and is gone by then.
    private var unread: [UpstreamLedger] = []
    /// How many answers clients have read whole, and how many of them were an upstream's.
    private(set) var answerCount = 0
    private(set) var relayedCount = 0
    private(set) var statuses: [Int: Int] = [:]

    init(clients: [ClientLedger], upstreams: [UpstreamLedger]) {
        self.clients = clients
        for (number, upstream) in upstreams.enumerated() {
            let (deliveries, faults) = upstream.deliveries(connection: number)
            self.deliveries += deliveries
            if deliveries.isEmpty { unread.append(upstream) }
            self.faults += faults.map { "upstream connection \(number): \($0)" }
        }
        for delivery in deliveries { checkOrigin(of: delivery) }
        for client in clients { check(client) }
    }

    /// What upstreams got of a client.
    private func deliveries(from client: ClientLedger) -> [Delivery] {
        deliveries.filter { $0.request.fields.all("x-real-ip").first?.text == client.address }
    }

    /// What may have been the answer to a client's request.
    private func answers(to request: StrictRequest, of client: ClientLedger) -> [Delivery] {
        let question = Self.question(request)
        return deliveries(from: client).filter { Self.isSame(request, as: $0) }
            + unread.map { upstream in
                var reader = StrictReader(upstream.sent)
                let answer = reader.response(to: question, hasEnded: upstream.hasEnded)
                return Delivery(connection: -1, request: request, answer: answer, isUnasked: false)
            }
    }

    /// Whether a client has sent this request, and nothing that another has.
    private mutating func checkOrigin(of delivery: Delivery) {
        let address = delivery.request.fields.all("x-real-ip").first?.text
        guard let client = clients.first(where: { $0.address == address }) else {
            return faults.append("a request of nobody: \(address ?? "-")")
        }
        let isSent = requests(of: client).contains { Self.isSame($0, as: delivery) }
        if !isSent {
            let text = "\(delivery.request.method) \(delivery.request.target)"
            faults.append("\(client.address) has not sent \(text)")
        }
    }

    /// The requests that a client has sent, up to the one whose answer changed the protocol. One
    /// that an upstream agreed to when the client had been told that it is late changed nothing.
    private func requests(of client: ClientLedger) -> [StrictRequest] {
        var asked = StrictReader(client.sent)
        var got = StrictReader(client.received)
        var isInStep = true
        var requests: [StrictRequest] = []
        while case .request(let request, let broken) = asked.request() {
            requests.append(request)
            if broken != nil || !request.body.isWhole { break }
            guard isInStep else { continue }
            let answer = got.response(
                to: Self.question(request), hasEnded: client.endedInOrder == true)
            guard case .whole(let response, _) = answer else {
                isInStep = false
                continue
            }
            if response.isSwitch { break }
        }
        return requests
    }

    private static func question(_ request: StrictRequest) -> StrictQuestion {
        StrictQuestion(isHead: request.method == "HEAD", upgrade: request.upgrade)
    }

    /// Whether an upstream got this request, or a part of it.
    private static func isSame(_ request: StrictRequest, as delivery: Delivery) -> Bool {
        let got = delivery.request
        let host = request.host.isEmpty ? "localhost" : request.host
        guard got.method == request.method, got.path == request.path, got.host == host,
            got.framing == request.framing, got.upgrade == request.upgrade,
            strip(CanonicalForm.kept(of: got), unlessIn: request.fields)
                == CanonicalForm.kept(of: request)
        else { return false }
        guard got.body.isWhole else { return request.body.bytes.starts(with: got.body.bytes) }
        return request.body.isWhole && request.body.bytes == got.body.bytes
            && CanonicalForm.keptTrailers(of: request.body, request.fields) == got.body.trailers
    }

    /// Without what Sluice adds where a client has not sent it.
    private static func strip(
        _ fields: [WireField], unlessIn sent: [WireField]
    ) -> [WireField] {
        fields.filter { $0.key != "x-request-id" || !sent.all("x-request-id").isEmpty }
    }
}

/// What one client got.
extension Verdict {
    private mutating func check(_ client: ClientLedger) {
        var asked = StrictReader(client.sent)
        var got = StrictReader(client.received)
        while true {
            let before = answerCount
            guard goesOn(client, &asked, &got) else { break }
            if answerCount == before { break }
        }
        checkRepeats(of: client)
    }

    /// Reads one request and its answer; false when nothing may follow.
    private mutating func goesOn(
        _ client: ClientLedger, _ asked: inout StrictReader, _ got: inout StrictReader
    ) -> Bool {
        let start = asked.at
        switch asked.request() {
        case .none:
            // It may be told that its head is late.
            checkRefusal(client, &got, isHead: false)
            return false
        case .refused:
            let isHead = asked.bytes[start...].starts(with: Array("HEAD ".utf8))
            checkRefusal(client, &got, isHead: isHead)
            return false
        case .request(let request, let broken):
            let isWhole = broken == nil && request.body.isWhole
            return checkAnswer(client, request, isWhole: isWhole, asked.rest, &got)
        }
    }

    /// The one answer to what is no request: ours, and the last one.
    private mutating func checkRefusal(
        _ client: ClientLedger, _ got: inout StrictReader, isHead: Bool
    ) {
        if got.isAtEnd { return }
        switch got.response(to: StrictQuestion(isHead: isHead), hasEnded: false) {
        case .whole(let response, _):
            note(response)
            if !Self.isOwn(response) { fault(client, "an answer to no request") }
            if !response.closes { fault(client, "a refusal that leaves the connection open") }
            if !got.isAtEnd, !Self.isEarly(response, isHead: isHead) {
                fault(client, "bytes behind a refusal")
            }
        case .none, .cut: break
        case .refused(let why, _): fault(client, "got: \(why)")
        }
    }

    private mutating func checkAnswer(
        _ client: ClientLedger, _ request: StrictRequest, isWhole: Bool,
        _ restOfRequest: ArraySlice<UInt8>, _ got: inout StrictReader
    ) -> Bool {
        let question = Self.question(request)
        let reading = got.response(to: question, hasEnded: client.endedInOrder == true)
        switch reading {
        case .none(let interim):
            checkInterim(client, request, interim)
            return false
        case .refused(let why, _):
            fault(client, "got: \(why)")
            return false
        case .cut(let response, let interim, let broken):
            if let broken { fault(client, "got a body with \(broken)") }
            checkInterim(client, request, interim)
            checkCut(client, request, response)
            return false
        case .whole(let response, let interim):
            note(response)
            checkInterim(client, request, interim)
            for what in CanonicalForm.faults(
                in: response, to: question, isVersion10: request.isVersion10)
            {
                fault(client, "got \(what)")
            }
            if response.closes || request.closes {
                if !got.isAtEnd, !Self.isEarly(response, isHead: question.isHead) {
                    let more = latin1(Array(got.rest.prefix(200))).debugDescription
                    fault(client, "\(more) behind \(response.brief) to \(request.brief)")
                }
            } else if !isWhole, !response.isSwitch {
                fault(client, "a connection that stays behind a request that is not whole")
            }
            if Self.isOwn(response) { return !response.closes }
            relayedCount += 1
            checkSource(client, request, response, interim, restOfRequest, got.rest)
            return !response.closes && !response.isSwitch
        }
    }

    /// Whether an upstream has said exactly this to exactly this request.
    private mutating func checkSource(
        _ client: ClientLedger, _ request: StrictRequest, _ response: StrictResponse,
        _ interim: [StrictResponse], _ restOfRequest: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>
    ) {
        let said = answers(to: request, of: client)
        let source = said.first { delivery in
            guard !delivery.isUnasked, case .whole(let said, let before) = delivery.answer
            else { return false }
            let wasInterim = request.isVersion10 ? [] : before.map(\.status)
            return Self.isSame(said, as: response, isVersion10: request.isVersion10)
                && wasInterim == interim.map(\.status)
        }
        guard let source else {
            return fault(
                client, "\(response.brief) to \(request.brief); said was \(said.map(\.brief))")
        }
        guard let tunnelled = source.tunnelled else { return }
        if !tunnelled.to.starts(with: rest) { fault(client, "other bytes out of a tunnel") }
        if !restOfRequest.starts(with: tunnelled.from) {
            fault(client, "other bytes into a tunnel")
        }
    }

    private static func isSame(
        _ said: StrictResponse, as got: StrictResponse, isVersion10: Bool
    ) -> Bool {
        let trailers =
            isVersion10 ? [] : CanonicalForm.keptTrailers(of: said.body, said.fields)
        return said.status == got.status && said.reason == got.reason
            && CanonicalForm.kept(of: said) == CanonicalForm.kept(of: got)
            && said.body.bytes == got.body.bytes && trailers == got.body.trailers
    }

    /// A part of an answer is a part of what an upstream said to this request.
    private mutating func checkCut(
        _ client: ClientLedger, _ request: StrictRequest, _ response: StrictResponse
    ) {
        if Self.isOwn(response) { return }
        let isPart = answers(to: request, of: client).contains { delivery in
            guard !delivery.isUnasked, let said = delivery.response else { return false }
            return said.status == response.status
                && said.body.bytes.starts(with: response.body.bytes)
        }
        if !isPart { fault(client, "a part of an answer that nobody gave to it") }
    }

    private mutating func checkInterim(
        _ client: ClientLedger, _ request: StrictRequest, _ interim: [StrictResponse]
    ) {
        guard !interim.isEmpty else { return }
        let question = StrictQuestion()
        for one in interim {
            let faults = CanonicalForm.faults(
                in: one, to: question, isVersion10: request.isVersion10)
            for what in faults { fault(client, "got \(what)") }
        }
        let statuses = interim.map(\.status)
        let isSaid = answers(to: request, of: client).contains { delivery in
            let said: [StrictResponse] =
                switch delivery.answer {
                case .whole(_, let interim), .cut(_, let interim, _), .none(let interim),
                    .refused(_, let interim):
                    interim
                }
            return said.map(\.status).starts(with: statuses)
        }
        if !isSaid { fault(client, "interim answers that nobody gave") }
    }

    /// What may not be repeated is delivered once.
    private mutating func checkRepeats(of client: ClientLedger) {
        let sent = requests(of: client)
        let got = deliveries(from: client)
        for request in sent where !request.isIdempotent {
            let times = got.count { Self.isSame(request, as: $0) }
            let wanted = sent.count { $0 == request || Self.isAlike($0, request) }
            if times > wanted { fault(client, "\(request.method) was delivered \(times) times") }
        }
    }

    private static func isAlike(_ one: StrictRequest, _ other: StrictRequest) -> Bool {
        one.method == other.method && one.path == other.path && one.host == other.host
            && one.framing == other.framing
    }

    /// A request that is late before its method is whole may turn out to be HEAD.
    private static func isEarly(_ response: StrictResponse, isHead: Bool) -> Bool {
        isOwn(response) && response.status == 408 && isHead
    }

    private static func isOwn(_ response: StrictResponse) -> Bool {
        response.fields.all("x-sluice-error").count == 1
    }

    private mutating func note(_ response: StrictResponse) {
        answerCount += 1
        statuses[response.status, default: 0] += 1
    }

    private mutating func fault(_ client: ClientLedger, _ what: String) {
        faults.append("client \(client.address): \(what)")
    }
}

/// For whoever repeats a rehearsal.
extension Verdict {
    /// All that each client sent and got, and what upstreams got of it.
    var protocolText: String {
        let text = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
        return clients.map { client in
            let got = deliveries(from: client).map { "\($0.request)" }
            return """
                \(client.address) sent:
                \(text(client.sent))
                and got:
                \(text(client.received))
                of it upstreams got:
                \(got.joined(separator: "\n"))
                """
        }.joined(separator: "\n----\n")
    }
}
