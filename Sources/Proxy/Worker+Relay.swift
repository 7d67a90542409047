internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import Telemetry

/// One direction of an exchange: whose body goes to whom.
struct Flow {
    let exchange: Int
    /// The index of the connection that the body comes from, and of the one it goes to.
    let source: Int
    let sink: Int
    let isRequest: Bool
}

/// How far a flow came in one go.
enum FlowState {
    /// All of the body went out.
    case ended
    /// The source has nothing more now.
    case starved
    /// The sink takes nothing more now; the source is not read meanwhile.
    case blocked
    /// Enough for this turn; the rest comes in the next.
    case yielded
    /// The source's connection ended or broke in the middle.
    case sourceClosed, sourceReset
    /// The source broke the rules of its framing.
    case sourceInvalid(ChunkFault)
    /// The sink's connection is broken.
    case sinkBroken
}

/// Moving bytes: both directions of an exchange, with back-pressure.
extension Worker {
    /// Goes on wherever the exchange can.
    mutating func relay(_ exchange: Int) {
        switch exchanges[exchange].phase {
        case .choosing, .connecting, .over:
            return
        case .queued:
            return leaveQueueIfGone(exchange)
        case .answering:
            return flushAnswer(exchange)
        case .tunnelling:
            return exchanges[exchange].isTCP ? relayTCP(exchange) : relayTunnel(exchange)
        case .requesting, .responding:
            break
        }
        let token = exchanges.token(at: exchange)
        if !exchanges[exchange].requestHasEnded {
            relayRequest(exchange)
            guard exchanges.contains(token) else { return }
        }
        switch exchanges[exchange].phase {
        case .requesting: relayAnswerSoFar(exchange)
        case .responding: relayResponse(exchange)
        case .tunnelling: relayTunnel(exchange)
        case .choosing, .connecting, .queued, .answering, .over: return
        }
    }

    /// An interim answer may still wait for the client; the final one is awaited.
    mutating func relayAnswerSoFar(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        let target = exchanges[exchange].upstreamConnection
        let tookNothing = connections[client].flags.contains(.writeBlocked)
        switch flush(client) {
        case .flushed:
            let isWaiting =
                connections[target].flags.contains(.readable) || connections[target].inbound != nil
            if isWaiting { readResponse(exchange) }
        case .blocked:
            if !tookNothing { timers.set(client, to: bodyDeadline(ofClient: client)) }
        case .broken:
            perform(exchanges[exchange].handle(.downstreamGone), exchange)
        }
    }

    /// Moves the request's body to the target. The first call finds its head in `scratch`.
    mutating func relayRequest(_ exchange: Int) {
        let target = exchanges[exchange].upstreamConnection
        let flow = Flow(
            exchange: exchange, source: exchanges[exchange].downstream, sink: target,
            isRequest: true)
        switch pump(flow) {
        case .ended:
            if connections[target].isStream, !endTargetRequest(target) { return }
            timers.set(target, to: answerDeadline(exchange))
            perform(exchanges[exchange].handle(.requestEnded), exchange)
        case .starved:
            guard hasMoved else { return }
            timers.set(target, to: answerDeadline(exchange))
            timers.set(flow.source, to: bodyDeadline(ofClient: flow.source))
        case .blocked:
            if hasMoved { timers.set(target, to: idleDeadline(exchange)) }
        case .yielded:
            deferToNextTurn(flow.source)
        case .sourceClosed, .sourceReset:
            perform(exchanges[exchange].handle(.downstreamGone), exchange)
        case .sourceInvalid(let fault):
            lastFault = OwnAnswer(fault)
            noteTrouble(exchange, lastFault.kind)
            perform(exchanges[exchange].handle(.downstreamInvalid), exchange)
        case .sinkBroken:
            targetStoppedReading(exchange)
        }
    }

    /// A target may answer and close before it has read everything (RFC 9112 section 9.3): its
    /// answer may wait to be read.
    private mutating func targetStoppedReading(_ exchange: Int) {
        scratch.removeAll()
        payload.removeAll()
        if exchanges[exchange].phase == .responding { return }
        let token = exchanges.token(at: exchange)
        let target = exchanges[exchange].upstreamConnection
        if exchanges[exchange].requestHasBegun {
            // The event that tells of it may stand behind this one.
            connections[target].flags.insert(.readable)
            let failed = connections.token(at: target)
            readResponse(exchange)
            // What was sent again may be on its way already, over a stream in the same place.
            guard exchanges.contains(token), exchanges[exchange].phase == .requesting,
                connections.contains(failed)
            else { return }
            if connections[target].inbound != nil { giveUpRepeat(exchange) }
        }
        upstreamFailed(exchange, .reset)
    }

    /// Moves the answer's body to the client. The first call finds its head in `scratch`.
    mutating func relayResponse(_ exchange: Int) {
        let flow = Flow(
            exchange: exchange, source: exchanges[exchange].upstreamConnection,
            sink: exchanges[exchange].downstream, isRequest: false)
        switch pump(flow) {
        case .ended:
            perform(exchanges[exchange].handle(.responseEnded), exchange)
        case .starved:
            if hasMoved { timers.set(flow.source, to: idleDeadline(exchange)) }
        case .blocked:
            if hasMoved { timers.set(flow.sink, to: bodyDeadline(ofClient: flow.sink)) }
        case .yielded:
            deferToNextTurn(flow.source)
        case .sourceClosed:
            upstreamFailed(exchange, .closed)
        case .sourceReset:
            upstreamFailed(exchange, .reset)
        case .sourceInvalid:
            upstreamFailed(exchange, .protocol)
        case .sinkBroken:
            perform(exchanges[exchange].handle(.downstreamGone), exchange)
        }
    }

    /// Moves what can be moved now, at most so much in one turn: what stands in `scratch` first,
    /// then the body as the source's framing and the sink's say.
    ///
    /// Deadlines are moved back only when `hasMoved` says so afterwards: not for an event of a
    /// peer that sends what nobody takes, or takes nothing of what it is sent.
    mutating func pump(_ flow: Flow, atMost most: Int = Limits.bytesPerTurn) -> FlowState {
        movedCount = 0
        hasMoved =
            connections[flow.sink].outbound != nil
            && !connections[flow.sink].flags.contains(.writeBlocked)
        switch flush(flow.sink) {
        case .flushed: break
        case .blocked:
            stashScratch(flow.sink)
            return .blocked
        case .broken: return .sinkBroken
        }
        var buffer = connections[flow.source].inbound.take() ?? takeBuffer()
        var budget = most
        let state = pump(flow, &buffer, &budget)
        movedCount = most - budget
        keepInbound(flow.source, buffer)
        return state
    }

    private mutating func pump(
        _ flow: Flow, _ buffer: inout Buffer, _ budget: inout Int
    ) -> FlowState {
        while true {
            let held = flow.isRequest ? exchanges[flow.exchange].heldCount : 0
            let plain: Int
            switch takePiece(flow, &buffer, after: held) {
            case .plain(let count): plain = count
            case .framed: plain = 0
            case .refused(let fault): return .sourceInvalid(fault)
            }
            if plain > 0 || !scratch.isEmpty || !payload.isEmpty {
                guard let sent = send(flow, &buffer, from: held, plain: plain) else {
                    return .sinkBroken
                }
                hasMoved = true
                budget -= sent
                if connections[flow.sink].flags.contains(.writeBlocked) { return .blocked }
                if budget <= 0, !connections[flow.source].body.hasEnded { return .yielded }
                continue
            }
            if connections[flow.source].body.hasEnded { return .ended }
            if let state = receive(flow, &buffer) { return state }
        }
    }

    /// Reads more of the body; nil when something came.
    private mutating func receive(_ flow: Flow, _ buffer: inout Buffer) -> FlowState? {
        // Of a stream no less is read than a chunk.
        let least = connections[flow.source].isStream ? Limits.chunkBytes : 0
        if buffer.space <= least { makeRoom(flow, &buffer) }
        switch receive(flow.source, into: &buffer) {
        case .done:
            hasMoved = true
            return nil
        case .wouldBlock:
            return .starved
        case .ended:
            hasMoved = true
            guard case .untilClose = connections[flow.source].body else { return .sourceClosed }
            connections[flow.source].body = .none
            if connections[flow.sink].framing == .chunked {
                ChunkEncoder.beginLast(into: &payload)
                ChunkEncoder.finish(into: &payload)
            }
            return nil
        case .failed:
            return .sourceReset
        }
    }

    /// Makes room in a block that is full to its end. What was held of the request is given up: it
    /// has grown too large to be repeated.
    private mutating func makeRoom(_ flow: Flow, _ buffer: inout Buffer) {
        if flow.isRequest, exchanges[flow.exchange].heldCount > 0 {
            _ = exchanges[flow.exchange].handle(.requestReleased)
            buffer.consume(exchanges[flow.exchange].heldCount)
            exchanges[flow.exchange].heldCount = 0
        }
        buffer.compact()
    }

    /// A request of which the upstream has begun to speak is not repeated any more.
    mutating func giveUpRepeat(_ exchange: Int) {
        _ = exchanges[exchange].handle(.requestReleased)
        releaseHeld(exchange)
    }

    /// Lets go of what was held of the request: it will not be repeated any more.
    mutating func releaseHeld(_ exchange: Int) {
        let held = exchanges[exchange].heldCount
        guard held > 0 else { return }
        exchanges[exchange].heldCount = 0
        let client = exchanges[exchange].downstream
        guard var buffer = connections[client].inbound.take() else { return }
        buffer.consume(held)
        keepInbound(client, buffer)
    }
}
