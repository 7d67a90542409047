internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import Telemetry

/// Answers that Sluice gives itself.
extension Worker {
    /// Answers a client whose request no upstream answered.
    mutating func answer(_ exchange: Int, _ failure: Exchange.Failure) {
        dropUpstream(exchange)
        scratch.removeAll()
        payload.removeAll()
        let client = exchanges[exchange].downstream
        writeID(of: exchange)
        forgetRequest(exchange)
        let own = ownAnswer(failure)
        if isDraining { exchanges[exchange].keepsDownstream = false }
        exchanges[exchange].status = own.status
        own.encode(
            version: exchanges[exchange].isVersion10 ? .http10 : .http11,
            keepAlive: exchanges[exchange].keepsDownstream,
            isHead: exchanges[exchange].method == .head, requestID: idText, into: &scratch)
        if log.isOn { noteOwnAnswer(exchange, own) }
        sendScratch(client)
        flushAnswer(exchange)
    }

    /// Ends the exchange when its answer has gone out.
    mutating func flushAnswer(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        switch flush(client) {
        case .flushed:
            perform(exchanges[exchange].handle(.responseEnded), exchange)
        case .blocked:
            timers.set(client, to: bodyDeadline(ofClient: client))
        case .broken:
            perform(exchanges[exchange].handle(.downstreamGone), exchange)
        }
    }

    /// Refuses what a client sent where no exchange could be made of it, and closes.
    mutating func refuse(_ index: Int, _ own: OwnAnswer) {
        counters.downstreamRequest(listener: Int(connections[index].listener), code: own.status)
        idText.removeAll()
        ids.next().append(to: &idText)
        own.encode(
            version: .http11, keepAlive: false, isHead: false, requestID: idText, into: &scratch)
        sendScratch(index)
        if log.isOn { noteRefusal(index, own) }
        // The connection is new or idle: a socket that does not take one small answer is given up.
        endConnection(index)
    }

    /// Takes the request out of the client's block: what follows is the next one.
    private mutating func forgetRequest(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        let held = exchanges[exchange].heldCount
        let count = held > 0 || !exchanges[exchange].isHeld ? held : exchanges[exchange].headCount
        exchanges[exchange].heldCount = 0
        guard var buffer = connections[client].inbound.take() else { return }
        buffer.consume(min(count, buffer.count))
        keepInbound(client, buffer)
    }

    private func ownAnswer(_ failure: Exchange.Failure) -> OwnAnswer {
        switch failure {
        case .noUpstream: .noUpstream
        case .connectFailed: .connectFailed
        case .connectTimeout: .connectTimeout
        case .upstreamClosed: .upstreamClosed
        case .upstreamInvalid, .bodyInvalid: lastFault
        case .responseTimeout: .responseTimeout
        case .requestTimeout: .requestTimeout
        case .overloaded: .overloaded
        }
    }
}
