internal import Addressing
internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import TLS
internal import Telemetry

/// The upstream's side: from a connected target to the head of its answer.
extension Worker {
    /// Something happened on a connection to a target.
    mutating func upstreamIsReady(_ index: Int, _ readiness: Readiness) {
        if connections[index].flags.contains(.connecting) {
            guard !readiness.isResumed else { return }
            return connectIsDecided(index)
        }
        if connections[index].opening != .done { return openUpstream(index, readiness) }
        let exchange = Int(connections[index].exchange)
        guard exchange >= 0 else {
            // A pooled connection has nothing to say: it was closed, or is no longer in step.
            if connections[index].carriage >= 0 {
                return carrierToTargetIsReady(index, readiness)
            }
            guard connections[index].flags.contains(.readable) else { return }
            // With TLS it may only have got new tickets.
            if connections[index].tls != nil, isQuiet(index) { return }
            return close(index)
        }
        if connections[index].flags.contains(.writeBlocked), readiness.isWritable {
            connections[index].flags.remove(.writeBlocked)
        }
        relay(exchange)
    }

    /// Sends the request's head, and what is here of its body, to the connected target.
    mutating func sendRequest(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        let target = exchanges[exchange].upstreamConnection
        var buffer = connections[client].inbound.take() ?? takeBuffer()
        if isHeldBack(exchange, buffer) {
            connections[client].inbound = consume buffer
            return holdBack(exchange)
        }
        encodeRequest(exchange, buffer)
        notePrefix(exchange, buffer)
        if exchanges[exchange].rollout.segment != 0 { noteJudgedPrefix(exchange, buffer) }
        if log.isOn { noteAttempt(exchange, headBytes: scratch.count) }
        if traces.isOn { traceAttempt(exchange) }
        if connections[client].isStream { readAlong(client, &buffer) }
        connections[client].body = BodyReader(
            requestHead.framing, keepsTrailers: requestHead.keepsTrailers,
            mostBytes: bodyLimit(ofClient: client))
        connections[client].flags.remove(.inTrailers)
        connections[target].framing = OutgoingFraming(requestHead.framing)
        exchanges[exchange].heldCount = requestHead.byteCount
        connections[client].inbound = consume buffer
        exchanges[exchange].requestSent = .now()
        if connections[target].isStream, !openTargetStream(exchange) { return }
        relayRequest(exchange)
    }

    /// Puts the request's head into `scratch`. The head is parsed again if others were since, by
    /// the widest limits: it was taken on, whatever its listener's settings are now.
    private mutating func encodeRequest(_ exchange: Int, _ buffer: borrowing Buffer) {
        parseAgain(exchange, buffer)
        if tellsIdentities { requestHead.leaveOutCertificate(buffer.bytes) }
        if traces.isOn { leaveOutTrace(exchange, buffer) }
        let facts = facts(of: exchanges[exchange].downstream)
        RequestEncoder.encode(
            requestHead, buffer.bytes, client: facts, id: exchanges[exchange].id, into: &scratch)
        if tellsIdentities { tellIdentity(of: exchanges[exchange].downstream) }
        if traces.isOn { tellTrace(exchange) }
    }

    /// Tells the upstream who the client is by its certificate, behind the head in `scratch`.
    private mutating func tellIdentity(of client: Int) {
        let client = transport(of: client)
        guard let session = connections[client].tls.take() else { return }
        scratch.truncate(to: scratch.count - 2)
        session.appendIdentity(to: &scratch)
        scratch.append("\r\n")
        connections[client].tls = consume session
    }

    /// What the encoder adds for this client.
    private func facts(of client: Int) -> ClientFacts {
        let listener = Int(connections[client].listener)
        let address = connections[client].client
        var isTrusted = false
        for index in 0..<listeners[listener].trustedProxies.count {
            isTrusted = isTrusted || listeners[listener].trustedProxies[index].contains(address)
        }
        return ClientFacts(
            address: ClientAddress(bits: address.bits), localPort: listeners[listener].port,
            isTrusted: isTrusted, isSecure: connections[transport(of: client)].tls != nil)
    }

    /// Reads until the head of the final answer is there and has gone to the client, or until
    /// nothing waits. Interim answers are passed on.
    mutating func readResponse(_ exchange: Int) {
        let index = exchanges[exchange].upstreamConnection
        var buffer = connections[index].inbound.take() ?? takeBuffer()
        var budget = Limits.bytesPerTurn
        while true {
            if !buffer.isEmpty, let progress = parseResponse(exchange, buffer) {
                switch progress {
                case .incomplete:
                    break
                case .complete where responseHead.isInterim:
                    if responseHead.status == 100 { exchanges[exchange].awaitsContinue = false }
                    giveUpRepeat(exchange)
                    passOnInterim(exchange, buffer)
                    buffer.consume(responseHead.byteCount)
                    connections[index].scan = HeadScan()
                    guard connections[exchanges[exchange].downstream].outbound == nil else {
                        keepInbound(index, buffer)
                        return awaitTaker(exchange)
                    }
                    continue
                case .complete where responseHead.isSwitchingProtocols:
                    return beginTunnel(exchange, buffer)
                case .complete:
                    connections[index].scan = HeadScan()
                    return beginResponse(exchange, buffer)
                case .refused(let fault):
                    giveBack(buffer)
                    lastFault = OwnAnswer(fault)
                    return upstreamFailed(exchange, .protocol)
                }
            }
            if buffer.space == 0 { buffer.compact() }
            switch receive(index, into: &buffer) {
            case .done(let count):
                budget -= count
                if budget > 0 { continue }
                // Interim answers without end: the others have their turn first.
                deferToNextTurn(index)
                return keepInbound(index, buffer)
            case .wouldBlock:
                return keepInbound(index, buffer)
            case .ended:
                let failure: AttemptFailure = buffer.isEmpty ? .closed : .protocol
                giveBack(buffer)
                lastFault = .upstreamClosed
                return upstreamFailed(exchange, failure)
            case .failed:
                let isSilent = buffer.isEmpty
                if !isSilent { giveUpRepeat(exchange) }
                giveBack(buffer)
                if connections[index].isStream { return targetStreamFailed(exchange, index) }
                // Nothing that could be cut has come: it has closed, as without TLS.
                guard isSilent, connections[index].flags.contains(.cut) else {
                    return upstreamFailed(exchange, .reset)
                }
                lastFault = .upstreamClosed
                return upstreamFailed(exchange, .closed)
            }
        }
    }

    private mutating func parseResponse(
        _ exchange: Int, _ buffer: borrowing Buffer
    ) -> ResponseProgress? {
        let index = exchanges[exchange].upstreamConnection
        guard connections[index].scan.isWorthParsing(buffer.bytes, limits: headLimits) else {
            return nil
        }
        return responseHead.parse(
            buffer.bytes, to: exchanges[exchange].method,
            upgradeMark: exchanges[exchange].upgradeMark, limits: headLimits)
    }

    /// Sends an interim answer to a client that knows them (RFC 9110 section 15.2).
    private mutating func passOnInterim(_ exchange: Int, _ buffer: borrowing Buffer) {
        guard !exchanges[exchange].isVersion10 else { return }
        let delivery = ResponseDelivery(version: .http11, keepAlive: true, framing: .none)
        ResponseEncoder.encode(responseHead, buffer.bytes, for: delivery, into: &scratch)
        if log.isOn { noteAnswerHead(exchange, headBytes: scratch.count) }
        sendScratch(exchanges[exchange].downstream)
    }

    /// An interim answer waits for the client, which has its own time for that.
    private mutating func awaitTaker(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        timers.set(client, to: bodyDeadline(ofClient: client))
        relayAnswerSoFar(exchange)
    }

    /// Sends the final answer's head, and what is here of its body, to the client.
    private mutating func beginResponse(_ exchange: Int, _ received: consuming Buffer) {
        var buffer = received
        let index = exchanges[exchange].upstreamConnection
        let client = exchanges[exchange].downstream
        if connections[index].isStream { readAlong(index, &buffer) }
        let latency = Instant.now().since(exchanges[exchange].requestSent)
        counters.firstByte(lane: exchanges[exchange].lane, nanoseconds: latency)
        noteAnswer(exchange, buffer)
        noteOrigin(exchange, buffer)
        notePrefixAnswered(exchange)
        if exchanges[exchange].rollout.segment != 0 {
            noteGatewayTime(exchange, nanoseconds: latency)
        }
        // An answer before the end of the request leaves the rest of it unread: by the upstream
        // too, which may take it for the next request. So it may if it answers without having
        // said that it wants the body (RFC 9110 section 10.1.1).
        let isInOrder = exchanges[exchange].requestHasEnded
        let mayKeep = exchanges[exchange].keepsDownstream && isInOrder && !isDraining
        let delivery = ResponseDelivery(
            of: responseHead, to: exchanges[exchange].isVersion10 ? .http10 : .http11,
            keepAlive: mayKeep)
        let exposes = exposesUpstream(exchange)
        if exposes { responseHead.leaveOutUpstreamName(buffer.bytes) }
        if responseHead.needsDate { setDate() }
        ResponseEncoder.encode(
            responseHead, buffer.bytes, for: delivery, date: dateLine, into: &scratch)
        if exposes { exposeUpstream(exchange) }
        if log.isOn {
            noteFirstByte(exchange, nanoseconds: latency)
            noteAnswerHead(exchange, headBytes: scratch.count)
        }
        buffer.consume(responseHead.byteCount)
        keepInbound(index, buffer)
        connections[index].body = BodyReader(
            responseHead.framing, keepsTrailers: responseHead.keepsTrailers)
        if responseHead.framing == .none {
            connections[index].flags.insert(.bodiless)
        } else {
            connections[index].flags.remove(.bodiless)
        }
        connections[client].framing = OutgoingFraming(delivery.framing)
        // A stream's body needs no chunks: the frames that carry it tell its end.
        if connections[client].isStream {
            connections[client].framing = .plain
            if streams[at(client)].isGRPC { noteGRPCHead(client) }
        }
        exchanges[exchange].status = responseHead.status
        exchanges[exchange].keepsDownstream = delivery.keepAlive
        exchanges[exchange].keepsUpstream =
            responseHead.keepAlive && isInOrder && !exchanges[exchange].awaitsContinue
        perform(exchanges[exchange].handle(.responseBegan), exchange)
        releaseHeld(exchange)
        relayResponse(exchange)
    }
}

extension OutgoingFraming {
    /// How a message with this framing goes out.
    init(_ framing: BodyFraming) {
        switch framing {
        case .none: self = .none
        case .length, .untilClose: self = .plain
        case .chunked: self = .chunked
        }
    }
}
