/// What went over one client's connection.
struct ClientLedger {
    /// The address that it came from, as an upstream is told.
    let address: String
    let sent: [UInt8]
    let received: [UInt8]
    /// Whether the other end ended in order; nil as long as it has not ended.
    let endedInOrder: Bool?
    /// Whether this end is still there to get answers.
    let isListening: Bool
}

/// What went over one connection to an upstream.
struct UpstreamLedger {
    let received: [UInt8]
    let sent: [UInt8]
    /// Whether the upstream has ended its side, and in order.
    let hasEnded: Bool
    /// How much had been sent when each request but the first was seen to be there.
    let sentBefore: [Int]
}

/// A request as an upstream got it, and what was said to it.
struct Delivery {
    let connection: Int
    let request: StrictRequest
    let answer: StrictReader.ResponseReading
    /// Whether the answer was on its way before the request was.
    let isUnasked: Bool
    /// What followed a change of protocol, in each direction.
    var tunnelled: (from: [UInt8], to: [UInt8])?

    var response: StrictResponse? {
        switch answer {
        case .whole(let response, _), .cut(let response, _, _): response
        case .none, .refused: nil
        }
    }
}

extension UpstreamLedger {
    /// Every request on the connection with its answer, and what is wrong with them.
    func deliveries(connection: Int) -> ([Delivery], faults: [String]) {
        var deliveries: [Delivery] = []
        var faults: [String] = []
        var requests = StrictReader(received, isLastHop: true)
        var answers = StrictReader(sent)
        var mayGoOn = true
        while true {
            switch requests.request() {
            case .none:
                return (deliveries, faults)
            case .refused(let why):
                return (deliveries, faults + ["an upstream got: \(why)"])
            case .request(let request, let broken):
                faults += CanonicalForm.faults(in: request, from: received)
                if let broken { faults.append("an upstream got a body with \(broken)") }
                if !mayGoOn { faults.append("a request on a connection that is out of step") }
                let question = StrictQuestion(
                    isHead: request.method == "HEAD", upgrade: request.upgrade)
                let number = deliveries.count
                let isUnasked =
                    number > 0 && number <= sentBefore.count && answers.at < sentBefore[number - 1]
                let answer = answers.response(to: question, hasEnded: hasEnded)
                var delivery = Delivery(
                    connection: connection, request: request, answer: answer, isUnasked: isUnasked)
                mayGoOn = false
                if case .whole(let response, _) = answer {
                    mayGoOn = !response.closes && request.body.isWhole
                    if response.isSwitch {
                        delivery.tunnelled = (Array(requests.rest), Array(answers.rest))
                        return (deliveries + [delivery], faults)
                    }
                }
                deliveries.append(delivery)
                if !request.body.isWhole { return (deliveries, faults) }
            }
        }
    }
}

extension Delivery {
    /// For reports.
    var brief: String {
        let told =
            switch answer {
            case .whole(let response, _): response.brief
            case .cut(let response, _, let why): "\(response.brief), cut: \(why ?? "end")"
            case .none: "nothing"
            case .refused(let why, _): why
            }
        return "\(isUnasked ? "unasked " : "")\(told)"
    }
}
