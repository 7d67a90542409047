internal import Bytes
internal import Kernel
internal import Telemetry

/// What became of bytes that waited for their peer.
enum FlushState {
    case flushed
    case blocked
    case broken
}

/// The system calls that move bytes, and what is kept of what a peer did not take.
extension Worker {
    /// Reads what waits at a connection into the free space of `buffer`.
    mutating func receive(_ index: Int, into buffer: inout Buffer) -> IOResult {
        guard connections[index].flags.contains(.readable) else { return .wouldBlock }
        if connections[index].isStream { return receiveFromStream(index, into: &buffer) }
        if connections[index].tls != nil { return countReceived(index, into: &buffer) }
        let room = buffer.space
        var result = connections[index].socket.receive(into: &buffer)
        if result.isEnd, connections[index].flags.contains(.broken) {
            result = .failed(.connectionReset)
        }
        switch result {
        case .done(let count):
            // A short read has emptied the socket: the next bytes raise an event. Once the peer
            // has ended, nothing will, so its end has to be read.
            if count < room, !connections[index].flags.contains(.peerEnded) {
                connections[index].flags.remove(.readable)
            }
            if connections[index].side == .upstream {
                let target = Int(connections[index].target)
                counters.received(upstream: targets[target].upstream, bytes: count)
            }
        case .wouldBlock:
            connections[index].flags.remove(.readable)
        case .ended, .failed:
            connections[index].flags.insert(.peerEnded)
        }
        return result
    }

    private mutating func countReceived(_ index: Int, into buffer: inout Buffer) -> IOResult {
        let result = receiveRecords(index, into: &buffer)
        if case .done(let count) = result, connections[index].side == .upstream {
            let target = Int(connections[index].target)
            counters.received(upstream: targets[target].upstream, bytes: count)
        }
        return result
    }

    /// Sends what stands in `scratch` and `payload`, then `plain` bytes of `buffer`, from `held`
    /// on, which then move on. What was framed and is not taken waits at the sink. Returns the
    /// number of bytes sent; nil when the sink's connection is broken.
    mutating func send(
        _ flow: Flow, _ buffer: inout Buffer, from held: Int, plain: Int
    ) -> Int? {
        if connections[flow.sink].isStream {
            return sendToStream(flow, &buffer, from: held, plain: plain)
        }
        if connections[flow.sink].tls != nil {
            return sendRecords(flow, &buffer, from: held, plain: plain)
        }
        let framed = scratch.count + payload.count
        let sent: Int
        let next = whatFollows(flow, plain: plain)
        switch write(flow.sink, buffer, from: held, plain: plain, before: next) {
        case .done(let count): sent = count
        case .wouldBlock: sent = 0
        case .ended, .failed:
            connections[flow.sink].flags.insert(.broken)
            return nil
        }
        if flow.isRequest { noteSent(flow.exchange, sent) }
        if log.isOn { noteBytes(sent, at: flow.sink) }
        if sent < framed + plain { connections[flow.sink].flags.insert(.writeBlocked) }
        if sent >= framed {
            moveOn(flow, &buffer, by: sent - framed)
            scratch.removeAll()
            payload.removeAll()
        } else {
            let fromScratch = min(sent, scratch.count)
            scratch.consume(fromScratch)
            payload.consume(sent - fromScratch)
            stashScratch(flow.sink)
        }
        return sent
    }

    /// The last bytes of the last answer are followed by the end of the connection.
    func whatFollows(_ flow: Flow, plain: Int) -> Socket.Continuation {
        if flow.isRequest || exchanges[flow.exchange].keepsDownstream { return .unknown }
        switch connections[flow.source].body {
        case .none: return .end
        case .length(let left): return left == UInt64(plain) ? .end : .unknown
        case .chunked, .untilClose: return .unknown
        }
    }

    private func write(
        _ index: Int, _ buffer: borrowing Buffer, from held: Int, plain: Int,
        before next: Socket.Continuation
    ) -> IOResult {
        if scratch.isEmpty, payload.isEmpty {
            return connections[index].socket.send(
                buffer, from: held, count: plain, before: next)
        }
        if plain > 0 {
            return connections[index].socket.send(
                scratch, then: buffer, from: held, count: plain, before: next)
        }
        if payload.isEmpty { return connections[index].socket.send(scratch, before: next) }
        if scratch.isEmpty { return connections[index].socket.send(payload, before: next) }
        return connections[index].socket.send(
            scratch, then: payload, from: 0, count: payload.count, before: next)
    }

    /// Bytes of a request went out: with its first one it is routed.
    mutating func noteSent(_ exchange: Int, _ count: Int) {
        guard count > 0 else { return }
        counters.sent(upstream: exchanges[exchange].upstream, bytes: count)
        guard !exchanges[exchange].requestHasBegun else { return }
        _ = exchanges[exchange].handle(.requestBegan)
        let lane = exchanges[exchange].lane
        guard exchanges[exchange].routedLane != lane else { return }
        exchanges[exchange].routedLane = lane
        upstreams[exchanges[exchange].upstream].retryBudget.deposit()
        counters.routed(lane: lane, by: exchanges[exchange].choice)
    }

    /// Sends what stands in `scratch`, behind what waits already. A connection that is broken
    /// shows it at its next event.
    mutating func sendScratch(_ index: Int) {
        if connections[index].isStream { return sendScratchToStream(index) }
        if connections[index].tls != nil { return sendScratchAsRecords(index) }
        if flush(index) == .flushed {
            if case .done(let count) = connections[index].socket.send(scratch) {
                if log.isOn { noteBytes(count, at: index) }
                scratch.consume(count)
            }
            if !scratch.isEmpty { connections[index].flags.insert(.writeBlocked) }
        }
        stashScratch(index)
    }

    /// Keeps what stands in `scratch` and `payload` at a connection until its peer takes it.
    mutating func stashScratch(_ index: Int) {
        if connections[index].tls != nil { return sendScratchAsRecords(index) }
        let added = scratch.count + payload.count
        guard added > 0 else {
            scratch.removeAll()
            return payload.removeAll()
        }
        var waiting = connections[index].outbound.take() ?? takeBuffer()
        waiting.compact()
        if waiting.space < added {
            var larger = Buffer(capacity: waiting.count + added)
            larger.append(waiting.bytes)
            giveBack(waiting)
            waiting = larger
        }
        waiting.append(scratch.bytes)
        waiting.append(payload.bytes)
        connections[index].outbound = consume waiting
        scratch.removeAll()
        payload.removeAll()
    }

    /// Sends what waits at a connection.
    mutating func flush(_ index: Int) -> FlushState {
        if connections[index].isStream { return flushStream(index) }
        if connections[index].flags.contains(.writeBlocked) { return .blocked }
        guard var waiting = connections[index].outbound.take() else { return .flushed }
        switch connections[index].socket.send(waiting) {
        case .done(let count):
            // With TLS they were counted when records were made of them.
            if connections[index].tls == nil {
                if connections[index].side == .upstream, connections[index].exchange >= 0 {
                    noteSent(Int(connections[index].exchange), count)
                }
                if log.isOn { noteBytes(count, at: index) }
            }
            waiting.consume(count)
        case .wouldBlock: break
        case .ended, .failed:
            connections[index].flags.insert(.broken)
            giveBack(waiting)
            return .broken
        }
        if waiting.isEmpty {
            giveBack(waiting)
            return .flushed
        }
        connections[index].flags.insert(.writeBlocked)
        connections[index].outbound = consume waiting
        return .blocked
    }
}
