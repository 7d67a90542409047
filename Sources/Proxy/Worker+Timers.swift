internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Telemetry

/// What happens when a connection's deadline is over. A deadline is only moved back while things
/// go well, so whether it still means something is seen from the connection's state.
extension Worker {
    /// Judges the deadlines that are over, at most so many in one turn: the alarm goes off at once
    /// for the rest.
    mutating func expireTimers() {
        for _ in 0..<Limits.expiriesPerTurn {
            guard let index = timers.nextExpired(now: now) else { return }
            switch connections[index].side {
            case .downstream: downstreamIsLate(index)
            case .upstream: upstreamIsLate(index)
            case .probe: probeIsLate(index)
            }
        }
    }

    private mutating func downstreamIsLate(_ index: Int) {
        let exchange = Int(connections[index].exchange)
        guard exchange >= 0 else {
            if connections[index].http2 != nil { return carrierIsLate(index) }
            if connections[index].isStream { return lingeringStreamIsLate(index) }
            if connections[index].opening != .done { return openingIsLate(index) }
            let flags = connections[index].flags
            if flags.contains(.headBegan), !flags.contains(.lingering) {
                return refuse(index, .requestTimeout, isHead: asksForHead(index))
            }
            return close(index)
        }
        if exchanges[exchange].isTCP { return tcpIsLate(exchange) }
        if exchanges[exchange].end <= now { return exchangeIsOverdue(exchange) }
        if exchanges[exchange].phase == .tunnelling {
            noteTrouble(exchange, "tunnel_timeout")
            return perform(exchanges[exchange].handle(.downstreamLate), exchange)
        }
        if exchanges[exchange].phase == .queued { return endWaiting(exchange) }
        let isReading = connections[index].flags.contains(.writeBlocked) == false
        let isSending = exchanges[exchange].requestHasEnded || !exchanges[exchange].hasBody
        // It takes our answer and owes us nothing: the upstream's deadline is the one that counts.
        // The same while nothing is asked of it, as the upstream takes nothing.
        if isReading && (isSending || upstreamTakesNothing(exchange)) {
            if exchanges[exchange].end < .never { timers.set(index, to: exchanges[exchange].end) }
            return
        }
        noteTrouble(exchange, "client_timeout")
        perform(exchanges[exchange].handle(.downstreamLate), exchange)
    }

    /// The exchange has lasted too long. Its upstream has failed it only if that is who was
    /// waited for: a client that sends or reads slowly must not make a target look bad.
    private mutating func exchangeIsOverdue(_ exchange: Int) {
        if exchanges[exchange].phase == .connecting {
            counters.connectEnded(upstream: exchanges[exchange].upstream, result: .timeout)
        }
        if isWaitingForUpstream(exchange) {
            counters.attemptFailed(lane: exchanges[exchange].lane, kind: .timeout)
            noteFailure(exchange, .attempt(.timeout))
            noteBreach(exchange)
        }
        noteTrouble(exchange, "total_timeout")
        perform(exchanges[exchange].handle(.overdue), exchange)
    }

    /// Whether the exchange's upstream is still to be connected to, or reads nothing now.
    private func upstreamTakesNothing(_ exchange: Int) -> Bool {
        let index = exchanges[exchange].upstreamConnection
        return index >= 0 && connections[index].flags.contains(.writeBlocked)
    }

    private mutating func upstreamIsLate(_ index: Int) {
        let exchange = Int(connections[index].exchange)
        guard exchange >= 0 else {
            return connections[index].carriage >= 0
                ? carrierToTargetIsLate(index) : close(index)
        }
        if connections[index].flags.contains(.connecting) {
            detach(exchange)
            close(index)
            return connectFailed(exchange, .timeout)
        }
        if connections[index].opening != .done { return openingIsLate(index) }
        if exchanges[exchange].phase == .tunnelling {
            noteTrouble(exchange, "tunnel_timeout")
            return perform(exchanges[exchange].handle(.upstreamLate), exchange)
        }
        guard isWaitingForUpstream(exchange) else {
            // Whoever is waited for has a deadline of its own; afterwards it may be this one again.
            return timers.set(index, to: answerDeadline(exchange))
        }
        counters.attemptFailed(lane: exchanges[exchange].lane, kind: .timeout)
        noteFailure(exchange, .attempt(.timeout))
        noteBreach(exchange)
        noteTrouble(exchange, "response_timeout")
        if connections[index].isStream { doubtCarrier(of: index, exchange) }
        perform(exchanges[exchange].handle(.upstreamLate), exchange)
    }

    /// Whether it is the upstream that has to do something next: to answer, or to take more of
    /// the request.
    private func isWaitingForUpstream(_ exchange: Int) -> Bool {
        let index = exchanges[exchange].upstreamConnection
        guard index >= 0 else { return false }
        let client = exchanges[exchange].downstream
        let isWriteBlocked = connections[index].flags.contains(.writeBlocked)
        let isWaitingForRequest = !exchanges[exchange].requestHasEnded && !isWriteBlocked
        let isWaitingForClient = connections[client].flags.contains(.writeBlocked)
        return !isWaitingForRequest && !isWaitingForClient
    }
}
