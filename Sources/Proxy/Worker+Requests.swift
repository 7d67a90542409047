internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings

/// The client's side: from bytes to the head of a request.
extension Worker {
    /// Something happened on a client's connection.
    mutating func downstreamIsReady(_ index: Int, _ readiness: Readiness) {
        if connections[index].flags.contains(.writeBlocked), readiness.isWritable {
            connections[index].flags.remove(.writeBlocked)
        }
        let exchange = Int(connections[index].exchange)
        if connections[index].opening != .done {
            openDownstream(index, readiness)
        } else if connections[index].http2 != nil {
            carrierIsReady(index, readiness)
        } else if exchange >= 0 {
            if readiness.hasFailed || isStreamBroken(index) {
                // Reset: whatever is left of the exchange, nobody is there to get it.
                perform(exchanges[exchange].handle(.downstreamGone), exchange)
            } else {
                relay(exchange)
            }
        } else if connections[index].flags.contains(.lingering) {
            linger(index)
        } else if readiness.hasFailed || isStreamBroken(index) {
            close(index)
        } else {
            readRequest(index)
        }
    }

    /// Reads until a whole head is there and begins its exchange, or until nothing waits.
    mutating func readRequest(_ index: Int) {
        var buffer = connections[index].inbound.take() ?? takeBuffer()
        let limits = listeners[Int(connections[index].listener)].headLimits
        while true {
            if !buffer.isEmpty {
                let isDue = connections[index].scan.isWorthParsing(buffer.bytes, limits: limits)
                if isDue {
                    parsedExchange = -1
                    switch requestHead.parse(buffer.bytes, limits: limits) {
                    case .complete:
                        connections[index].inbound = consume buffer
                        return beginExchange(index)
                    case .refused where beginsHandshake(buffer):
                        connections[index].inbound = consume buffer
                        return refuseHandshake(index)
                    case .refused where beginsHTTP2(index, buffer):
                        connections[index].inbound = consume buffer
                        return beginHTTP2(index)
                    case .refused(let fault):
                        connections[index].inbound = consume buffer
                        return refuse(
                            index, OwnAnswer(fault), isHead: requestHead.method == .head)
                    case .incomplete:
                        armHeadTimer(index)
                    }
                }
            }
            if buffer.space == 0 { buffer.compact() }
            switch receive(index, into: &buffer) {
            case .done:
                continue
            case .wouldBlock:
                return keepInbound(index, buffer)
            case .ended, .failed:
                giveBack(buffer)
                return close(index)
            }
        }
    }

    /// The whole head has to be there in time, however many pieces it comes in.
    private mutating func armHeadTimer(_ index: Int) {
        guard !connections[index].flags.contains(.headBegan) else { return }
        connections[index].flags.insert(.headBegan)
        connections[index].headBegan = now
        timers.set(index, to: headDeadline(ofClient: index))
    }

    /// Makes an exchange of the head just parsed and sends it on its way.
    private mutating func beginExchange(_ index: Int) {
        let wasInPieces = connections[index].flags.contains(.headBegan)
        let began = wasInPieces ? connections[index].headBegan : Instant.now()
        connections[index].flags.remove(.headBegan)
        connections[index].scan = HeadScan()
        let listener = Int(connections[index].listener)
        if case .length(let count) = requestHead.framing, count > bodyLimit(ofClient: index) {
            return refuse(index, .bodyTooLarge, isHead: requestHead.method == .head)
        }
        if listeners[listener].isShut, isRefusedByGuard(index) { return }
        let split =
            listeners[listener].routes.isEmpty ? listeners[listener].split : routedSplit(index)
        let isVersion10 = requestHead.version.isHTTP10
        let exchange = Exchange(
            downstream: index, listener: listener, split: split,
            method: requestHead.method, isVersion10: isVersion10,
            hasBody: !BodyReader(requestHead.framing).hasEnded,
            upgradeMark: requestHead.upgradeMark, headCount: requestHead.byteCount,
            keepsDownstream: requestHead.keepAlive && !isDraining, began: began)
        guard let token = exchanges.insert(exchange) else {
            return refuse(index, OwnAnswer.overloaded)
        }
        exchanges[token.index].id = ids.next()
        exchanges[token.index].isNamedByClient = !requestHead.requestIDRange.isEmpty
        connections[index].exchange = Int32(token.index)
        connections[index].carriedCount &+= 1
        exchanges[token.index].awaitsContinue =
            requestHead.expectsContinue && exchanges[token.index].hasBody
        connections[index].body = BodyReader(
            requestHead.framing, mostBytes: bodyLimit(ofClient: index))
        parsedExchange = token.index
        if log.isOn { noteRequest(token.index) }
        if traces.isOn { beginTrace(token.index) }
        choose(token.index)
    }

    /// A block to read into. There are as many as there can be connections.
    mutating func takeBuffer() -> Buffer {
        guard let buffer = buffers.take() else { preconditionFailure("more blocks than sockets") }
        return buffer
    }

    /// Puts received bytes back to their connection, or the block into the pool if it is empty.
    mutating func keepInbound(_ index: Int, _ buffer: consuming Buffer) {
        if buffer.isEmpty {
            giveBack(buffer)
        } else {
            connections[index].inbound = consume buffer
        }
    }

    /// Gives a block back to its pool; memory of its own is freed.
    mutating func giveBack(_ buffer: consuming Buffer) {
        if buffer.isPooled {
            buffer.removeAll()
            buffers.give(buffer)
        }
    }
}
