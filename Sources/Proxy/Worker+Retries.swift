internal import Bytes
internal import Telemetry

/// Requests that are sent again: the exchange says that it may be, here is to whom.
extension Worker {
    /// Sends a request once more, on a new connection: to the same target, unless its upstream or
    /// the target itself may get nothing any more.
    mutating func repeatRequest(_ exchange: Int) {
        let target = exchanges[exchange].target
        if keepsChoice(exchange), targets[target].isCurrent, !isShut(target, to: exchange) {
            return connect(exchange, to: target)
        }
        letGo(exchange)
        chooseTargetOrAnew(exchange)
    }

    /// Asks the upstream's budget for a retry.
    mutating func askForRetry(_ exchange: Int) {
        if upstreams[exchanges[exchange].upstream].retryBudget.withdraw() {
            perform(exchanges[exchange].handle(.retryGranted), exchange)
        } else {
            counters.retryRefused(lane: exchanges[exchange].lane)
            perform(exchanges[exchange].handle(.retryRefused), exchange)
        }
    }

    /// Sends a request again, to another target of its upstream if there is one.
    mutating func retryRequest(_ exchange: Int) {
        counters.retried(lane: exchanges[exchange].lane)
        exchanges[exchange].failedTarget = exchanges[exchange].target
        letGo(exchange)
        exchanges[exchange].queuedSince = .distantPast
        chooseTargetOrAnew(exchange)
    }

    /// Who is sent again stays in its upstream, unless that may get nothing any more.
    private mutating func chooseTargetOrAnew(_ exchange: Int) {
        if keepsChoice(exchange) {
            chooseTarget(exchange)
        } else {
            choose(exchange)
        }
    }
}

extension Exchange.Phase {
    /// Whether the exchange may still go to another upstream, as nothing has been sent.
    var isBeforeRequest: Bool { self == .connecting || self == .queued }
}
