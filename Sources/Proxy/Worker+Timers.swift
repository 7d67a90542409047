internal import Bytes
internal import HTTP
internal import Reactor
internal import Telemetry

/// What happens when a connection's deadline is over. A deadline is only moved back while things
/// go well, so whether it still means something is seen from the connection's state.
extension Worker {
    mutating func expireTimers() {
        while let index = timers.nextExpired(now: now) {
            switch connections[index].side {
            case .downstream: downstreamIsLate(index)
            case .upstream: upstreamIsLate(index)
            }
        }
    }

    private mutating func downstreamIsLate(_ index: Int) {
        let exchange = Int(connections[index].exchange)
        guard exchange >= 0 else {
            let flags = connections[index].flags
            if flags.contains(.headBegan), !flags.contains(.lingering) {
                return refuse(index, .requestTimeout)
            }
            return close(index)
        }
        if exchanges[exchange].phase == .tunnelling {
            noteTrouble(exchange, "tunnel_timeout")
            return perform(exchanges[exchange].handle(.downstreamLate), exchange)
        }
        let isReading = connections[index].flags.contains(.writeBlocked) == false
        let isSending = exchanges[exchange].requestHasEnded || !exchanges[exchange].hasBody
        // It takes our answer and owes us nothing: the upstream's deadline is the one that counts.
        if isReading && isSending { return }
        // Nothing is asked of it while the upstream takes nothing: again that one's counts.
        if isReading && upstreamTakesNothing(exchange) { return }
        noteTrouble(exchange, "client_timeout")
        perform(exchanges[exchange].handle(.downstreamLate), exchange)
    }

    /// Whether the exchange's upstream is still to be connected to, or reads nothing now.
    private func upstreamTakesNothing(_ exchange: Int) -> Bool {
        let index = exchanges[exchange].upstreamConnection
        return index >= 0 && connections[index].flags.contains(.writeBlocked)
    }

    private mutating func upstreamIsLate(_ index: Int) {
        let exchange = Int(connections[index].exchange)
        guard exchange >= 0 else { return close(index) }
        if connections[index].flags.contains(.connecting) {
            detach(exchange)
            close(index)
            return connectFailed(exchange, .timeout)
        }
        if exchanges[exchange].phase == .tunnelling {
            noteTrouble(exchange, "tunnel_timeout")
            return perform(exchanges[exchange].handle(.upstreamLate), exchange)
        }
        let client = exchanges[exchange].downstream
        let isWriteBlocked = connections[index].flags.contains(.writeBlocked)
        let isWaitingForRequest = !exchanges[exchange].requestHasEnded && !isWriteBlocked
        let isWaitingForClient = connections[client].flags.contains(.writeBlocked)
        if isWaitingForRequest || isWaitingForClient { return }
        counters.attemptFailed(lane: exchanges[exchange].lane, kind: .timeout)
        noteTrouble(exchange, "response_timeout")
        perform(exchanges[exchange].handle(.upstreamLate), exchange)
    }
}
