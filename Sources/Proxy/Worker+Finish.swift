internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import TLS
internal import Telemetry

/// The end of an exchange: its record, and what becomes of both connections.
extension Worker {
    /// Does what an exchange decided.
    mutating func perform(_ action: Exchange.Action, _ exchange: Int) {
        switch action {
        case .nothing:
            return
        case .choose:
            dropUpstream(exchange)
            letGo(exchange)
            choose(exchange)
        case .chooseOtherTarget:
            dropUpstream(exchange)
            passOver(exchange)
            letGo(exchange)
            chooseTarget(exchange)
        case .useTarget:
            useTarget(exchange)
        case .sendRequest:
            sendRequest(exchange)
        case .joinSides:
            joinSides(exchange)
        case .repeatRequest:
            dropUpstream(exchange)
            counters.retried(lane: exchanges[exchange].lane)
            repeatRequest(exchange)
        case .askForRetry:
            askForRetry(exchange)
        case .retryRequest:
            dropUpstream(exchange)
            retryRequest(exchange)
        case .answer(let failure):
            answer(exchange, failure)
        case .breakDownstream:
            breakOnClose(exchanges[exchange].downstream)
            finish(exchange)
        case .finish:
            finish(exchange)
        }
    }

    /// The upstream failed an exchange: counted, and the exchange decides what follows.
    mutating func upstreamFailed(_ exchange: Int, _ failure: AttemptFailure) {
        counters.attemptFailed(lane: exchanges[exchange].lane, kind: failure)
        noteFailure(exchange, .attempt(failure))
        noteBreach(exchange)
        noteTrouble(exchange, failure.logKind)
        perform(exchanges[exchange].handle(.upstreamFailed(failure)), exchange)
    }

    /// Records the exchange and lets go of both sides.
    private mutating func finish(_ exchange: Int) {
        if exchanges[exchange].isTCP { return finishTCP(exchange) }
        scratch.removeAll()
        payload.removeAll()
        let client = exchanges[exchange].downstream
        let ended = Instant.now()
        let isTunnel = exchanges[exchange].status == 101
        counters.exchangeEnded(
            lane: exchanges[exchange].lane, code: exchanges[exchange].status,
            durationNanoseconds: isTunnel ? nil : ended.since(exchanges[exchange].began))
        countOrigin(exchange)
        if connections[client].isStream { countGRPC(exchange) }
        if exchanges[exchange].rollout.segment != 0 { noteEvidence(exchange) }
        counters.downstreamRequest(
            listener: exchanges[exchange].listener, code: exchanges[exchange].status)
        if log.isOn {
            let isBroken = exchanges[exchange].downstreamIsGone
            noteEnd(exchange, breach: isBroken ? "client_closed" : nil, ended: ended)
        }
        if traces.isOn { endTrace(exchange, ended: ended) }
        releaseUpstream(exchange)
        letGo(exchange)
        let over = exchanges.remove(at: exchange)
        if parsedExchange == exchange { parsedExchange = -1 }
        connections[client].exchange = -1
        if over.downstreamIsGone {
            connections[client].tls?.abandon()
            close(client)
        } else if over.keepsDownstream {
            awaitRequest(client)
        } else {
            endConnection(client)
        }
    }

    /// Waits for the client's next request, which may be here already.
    private mutating func awaitRequest(_ index: Int) {
        if connections[index].isStream { return endStream(index) }
        timers.set(index, to: keepaliveDeadline(ofClient: index))
        let isWaiting =
            connections[index].inbound != nil || connections[index].flags.contains(.readable)
        // In the next turn, so that a client that sends many requests at once waits like others.
        if isWaiting { deferToNextTurn(index) }
    }

    /// Closes a client's connection when all that was sent to it has gone out.
    mutating func endConnection(_ index: Int) {
        if connections[index].isStream { return endStream(index) }
        let isInStep =
            connections[index].inbound == nil && connections[index].body.hasEnded
            && !connections[index].flags.contains(.readable)
        if isInStep { return close(index) }
        endSending(index)
        connections[index].flags.insert(.lingering)
        timers.set(index, to: now.advanced(byMilliseconds: Limits.lingerMilliseconds))
        linger(index)
    }

    /// Reads and throws away what a client still sends, until it closes.
    mutating func linger(_ index: Int) {
        if connections[index].isStream { return lingerStream(index) }
        var buffer = connections[index].inbound.take() ?? takeBuffer()
        var budget = Limits.bytesPerTurn
        while true {
            buffer.removeAll()
            switch receive(index, into: &buffer) {
            case .done(let count):
                budget -= count
                if budget > 0 { continue }
                deferToNextTurn(index)
            case .wouldBlock:
                break
            case .ended, .failed:
                giveBack(buffer)
                return close(index)
            }
            giveBack(buffer)
            return
        }
    }

    /// Closes a connection at once. One that has an exchange is taken away from it first.
    mutating func close(_ index: Int) {
        if connections[index].isStream { return closeStream(index) }
        timers.cancel(index)
        if connections[index].http2 != nil { endStreams(index) }
        if connections[index].tls != nil { sayGoodbye(index) }
        if connections[index].flags.contains(.pooled) { leavePool(index) }
        if let buffer = connections[index].inbound.take() { giveBack(buffer) }
        if let buffer = connections[index].outbound.take() { giveBack(buffer) }
        if connections[index].pipe >= 0 { dropPipe(of: index) }
        switch connections[index].side {
        case .downstream:
            leave(index)
            crew.connectionClosed(by: number)
        case .upstream:
            if connections[index].carriage >= 0 { leaveCarriers(index) }
            let upstream = targets[Int(connections[index].target)].upstream
            counters.upstreamConnection(upstream: upstream, idleBy: 0, activeBy: -1)
        case .probe:
            probeIsClosed(index)
        }
        _ = connections.remove(at: index)
        crew.giveDescriptorBack()
    }
}
