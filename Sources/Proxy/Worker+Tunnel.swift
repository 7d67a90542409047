internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import Telemetry

/// Another protocol over an exchange's two connections (RFC 9110 section 7.8): WebSocket, say.
extension Worker {
    /// Passes the upstream's 101 on; from then on bytes go both ways.
    mutating func beginTunnel(_ exchange: Int, _ received: consuming Buffer) {
        var buffer = received
        let target = exchanges[exchange].upstreamConnection
        let client = exchanges[exchange].downstream
        let latency = Instant.now().since(exchanges[exchange].requestSent)
        counters.firstByte(lane: exchanges[exchange].lane, nanoseconds: latency)
        noteAnswer(exchange, buffer)
        noteOrigin(exchange, buffer)
        notePrefixAnswered(exchange)
        let delivery = ResponseDelivery(version: .http11, keepAlive: true, framing: .none)
        let exposes = exposesUpstream(exchange)
        if exposes { responseHead.leaveOutUpstreamName(buffer.bytes) }
        ResponseEncoder.encode(responseHead, buffer.bytes, for: delivery, into: &scratch)
        if exposes { exposeUpstream(exchange) }
        if log.isOn {
            noteFirstByte(exchange, nanoseconds: latency)
            noteAnswerHead(exchange, headBytes: scratch.count)
        }
        buffer.consume(responseHead.byteCount)
        keepInbound(target, buffer)
        exchanges[exchange].status = responseHead.status
        perform(exchanges[exchange].handle(.protocolSwitched), exchange)
        releaseHeld(exchange)
        sendScratch(client)
        let idle = tunnelDeadline(exchange)
        let seconds = Limits.deadPeerSeconds(ofTunnel: timeouts(ofClient: client))
        for index in [client, target] {
            connections[index].body = .untilClose
            connections[index].framing = .plain
            if !connections[index].isStream {
                connections[index].socket.findDeadPeer(withinSeconds: seconds)
            }
            timers.set(index, to: idle)
        }
        relayTunnel(exchange)
    }

    /// Moves what there is, both ways. Each side may end alone.
    mutating func relayTunnel(_ exchange: Int) {
        let token = exchanges.token(at: exchange)
        let client = exchanges[exchange].downstream
        let target = exchanges[exchange].upstreamConnection
        let towards = Flow(
            exchange: exchange, source: client, sink: target, isRequest: true)
        let back = Flow(exchange: exchange, source: target, sink: client, isRequest: false)
        if !exchanges[exchange].requestHasEnded {
            relayTunnel(towards, whenEnded: .requestEnded)
            guard exchanges.contains(token) else { return }
        }
        if !exchanges[exchange].responseHasEnded {
            relayTunnel(back, whenEnded: .responseEnded)
        }
    }

    private mutating func relayTunnel(_ flow: Flow, whenEnded ended: Exchange.Event) {
        let state = pump(flow)
        if movedCount > 0, !flow.isRequest, exchanges[flow.exchange].requestHasEnded {
            exchanges[flow.exchange].hasSpokenAfterEnd = true
        }
        if hasMoved {
            let idle = tunnelDeadline(flow.exchange)
            timers.set(flow.source, to: idle)
            timers.set(flow.sink, to: idle)
        }
        switch state {
        case .ended:
            endSending(flow.sink)
            perform(exchanges[flow.exchange].handle(ended), flow.exchange)
        case .starved, .blocked:
            return
        case .yielded:
            deferToNextTurn(flow.source)
        case .sourceReset where !flow.isRequest && endsInSilence(flow.exchange):
            endUnannounced(flow)
        case .sourceClosed, .sourceReset, .sourceInvalid, .sinkBroken:
            if !flow.isRequest { noteTrouble(flow.exchange, "upstream_reset") }
            let event: Exchange.Event =
                flow.isRequest ? .downstreamGone : .upstreamFailed(.reset)
            perform(exchanges[flow.exchange].handle(event), flow.exchange)
        }
    }
}
