/// The control plane's side: what has been counted. An id without a row reads as 0.
extension WorkerCounters {
    /// Lanes that have a row.
    package var laneCount: Int { routed.rows }

    /// Upstreams that have a row.
    package var upstreamCount: Int { connects.rows }

    /// Listeners that have a row.
    package var listenerCount: Int { downstreamConnections.rows }

    /// How often this lane was chosen, by one kind of choice.
    package func routedCount(lane: Int, by kind: ChoiceKind) -> Int {
        lane < routed.rows ? routed[row: lane, column: kind.rawValue] : 0
    }

    /// Exchanges ended in this lane, whatever their status.
    package func requestCount(lane: Int) -> Int {
        lane < requests.rows ? requests.sum(row: lane) : 0
    }

    /// Exchanges ended in this lane with one status; 0 stands for no answer.
    package func requestCount(lane: Int, code: Int) -> Int {
        lane < requests.rows ? requests[row: lane, column: StatusColumn.of(code: code)] : 0
    }

    /// Exchanges that have begun in this lane and not ended.
    package func inflightCount(lane: Int) -> Int {
        lane < inflight.rows ? inflight[row: lane, column: 0] : 0
    }

    /// Requests sent once more in this lane.
    package func retryCount(lane: Int) -> Int {
        lane < retries.rows ? retries[row: lane, column: 0] : 0
    }

    /// Failed attempts of one kind in this lane.
    package func failureCount(lane: Int, kind: AttemptFailure) -> Int {
        lane < failures.rows ? failures[row: lane, column: kind.rawValue] : 0
    }

    /// How long the lane's exchanges took.
    package func durationHistogram(lane: Int) -> LatencyHistogram {
        lane < durations.rows ? durations.histogram(row: lane) : LatencyHistogram()
    }

    /// How long the lane's upstream took to the response head.
    package func firstByteHistogram(lane: Int) -> LatencyHistogram {
        lane < firstBytes.rows ? firstBytes.histogram(row: lane) : LatencyHistogram()
    }

    /// Attempts to connect to an upstream that ended so.
    package func connectCount(upstream: Int, result: ConnectResult) -> Int {
        upstream < connects.rows ? connects[row: upstream, column: result.rawValue] : 0
    }

    /// Connections to an upstream that wait in the pool, and that serve an exchange.
    package func connectionCounts(upstream: Int) -> (idle: Int, active: Int) {
        guard upstream < upstreamConnections.rows else { return (0, 0) }
        return (
            upstreamConnections[row: upstream, column: UpstreamConnectionState.idle.rawValue],
            upstreamConnections[row: upstream, column: UpstreamConnectionState.active.rawValue]
        )
    }

    /// Bytes that came from an upstream and that went to it.
    package func byteCounts(upstream: Int) -> (received: Int, sent: Int) {
        guard upstream < bytes.rows else { return (0, 0) }
        return (
            bytes[row: upstream, column: ByteDirection.received.rawValue],
            bytes[row: upstream, column: ByteDirection.sent.rawValue]
        )
    }

    /// Clients' connections at a listener.
    package func downstreamConnectionCount(listener: Int) -> Int {
        listener < downstreamConnections.rows
            ? downstreamConnections[row: listener, column: 0] : 0
    }

    /// Clients that were turned away at a listener for one of its limits.
    package func refusalCount(listener: Int, by limit: Refusal) -> Int {
        listener < refusals.rows ? refusals[row: listener, column: limit.rawValue] : 0
    }

    /// Requests of a listener's clients, whatever their status.
    package func downstreamRequestCount(listener: Int) -> Int {
        listener < downstreamRequests.rows ? downstreamRequests.sum(row: listener) : 0
    }

    /// Requests of a listener's clients that ended with one status; 0 stands for no answer.
    package func downstreamRequestCount(listener: Int, code: Int) -> Int {
        guard listener < downstreamRequests.rows else { return 0 }
        return downstreamRequests[row: listener, column: StatusColumn.of(code: code)]
    }
}
