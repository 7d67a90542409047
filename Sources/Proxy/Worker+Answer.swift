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
        letGo(exchange)
        scratch.removeAll()
        payload.removeAll()
        let client = exchanges[exchange].downstream
        writeID(of: exchange)
        writeExposure(of: exchange)
        forgetRequest(exchange)
        let own = ownAnswer(failure)
        if isDraining { exchanges[exchange].keepsDownstream = false }
        exchanges[exchange].status = own.status
        noteOwnOrigin(exchange)
        setDate()
        if isGRPC(client) {
            streams[at(client)].grpcStatus = Int16(OwnAnswer.grpcStatus)
            own.encodeForGRPC(
                date: dateLine, requestID: idText, upstreamField: exposedLine, into: &scratch)
        } else {
            own.encode(
                version: exchanges[exchange].isVersion10 ? .http10 : .http11,
                keepAlive: exchanges[exchange].keepsDownstream,
                isHead: exchanges[exchange].method == .head, date: dateLine, requestID: idText,
                upstreamField: exposedLine, into: &scratch)
        }
        if log.isOn { noteOwnAnswer(exchange, own) }
        if traces.isOn { traceOwnAnswer(exchange, own) }
        sendScratch(client)
        timers.set(client, to: bodyDeadline(ofClient: client))
        flushAnswer(exchange)
    }

    /// Makes the Date of an answer that has none say the present second.
    mutating func setDate() {
        dateLine.set(secondsSince1970: WallClock.nanoseconds() / 1_000_000_000)
    }

    /// Ends the exchange when its answer has gone out.
    mutating func flushAnswer(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        let tookNothing = connections[client].flags.contains(.writeBlocked)
        switch flush(client) {
        case .flushed:
            perform(exchanges[exchange].handle(.responseEnded), exchange)
        case .blocked:
            if !tookNothing { timers.set(client, to: bodyDeadline(ofClient: client)) }
        case .broken:
            perform(exchanges[exchange].handle(.downstreamGone), exchange)
        }
    }

    /// Refuses what a client sent where no exchange could be made of it, and closes.
    mutating func refuse(_ index: Int, _ own: OwnAnswer, isHead: Bool = false) {
        counters.downstreamRequest(listener: Int(connections[index].listener), code: own.status)
        setDate()
        idText.removeAll()
        ids.next().append(to: &idText)
        if isGRPC(index) {
            exposedLine.removeAll()
            own.encodeForGRPC(
                date: dateLine, requestID: idText, upstreamField: exposedLine, into: &scratch)
        } else {
            own.encode(
                version: .http11, keepAlive: false, isHead: isHead, date: dateLine,
                requestID: idText, into: &scratch)
        }
        sendScratch(index)
        if log.isOn { noteRefusal(index, own) }
        // The connection is new or idle: a socket that does not take one small answer is given up.
        endConnection(index)
    }

    /// Whether a request whose head is not whole begins with HEAD: not even a refusal of it may
    /// have a body (RFC 9110 section 9.3.2).
    mutating func asksForHead(_ index: Int) -> Bool {
        guard let buffer = connections[index].inbound.take() else { return false }
        readSoFar(buffer)
        connections[index].inbound = consume buffer
        return requestHead.method == .head
    }

    private mutating func readSoFar(_ buffer: borrowing Buffer) {
        parsedExchange = -1
        _ = requestHead.parse(buffer.bytes, limits: headLimits)
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

    func ownAnswer(_ failure: Exchange.Failure) -> OwnAnswer {
        switch failure {
        case .noUpstream: .noUpstream
        case .connectFailed: .connectFailed
        case .connectTimeout: .connectTimeout
        case .upstreamClosed: .upstreamClosed
        case .upstreamInvalid, .bodyInvalid: lastFault
        case .responseTimeout: .responseTimeout
        case .totalTimeout: .totalTimeout
        case .requestTimeout: .requestTimeout
        case .overloaded: .overloaded
        case .queueFull: .queueFull
        case .queueTimeout: .queueTimeout
        }
    }
}
