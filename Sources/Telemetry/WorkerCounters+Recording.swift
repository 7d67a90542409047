/// The data path's side: each call adds in place, with no allocation and no reference counting.
/// Ids come from the registry; one beyond the rows made by `grow` is a bug and traps.
extension WorkerCounters {
    /// An upstream was chosen and the request's first byte written to it.
    package mutating func routed(lane: Int, by kind: ChoiceKind) {
        routed.add(1, row: lane, column: kind.rawValue)
    }

    /// An exchange began to wait for this lane's upstream.
    package mutating func exchangeBegan(lane: Int) {
        inflight.add(1, row: lane)
    }

    /// An exchange in flight chose another upstream.
    package mutating func exchangeMoved(from oldLane: Int, to newLane: Int) {
        inflight.add(-1, row: oldLane)
        inflight.add(1, row: newLane)
    }

    /// An exchange ended. `code` is the status that the client got, 0 if none was sent; a tunnel
    /// has no duration.
    package mutating func exchangeEnded(lane: Int, code: Int, durationNanoseconds: UInt64?) {
        inflight.add(-1, row: lane)
        requests.add(1, row: lane, column: StatusColumn.of(code: code))
        if let durationNanoseconds {
            durations.record(row: lane, nanoseconds: durationNanoseconds)
        }
    }

    /// A response head came, so long after the request head was sent.
    package mutating func firstByte(lane: Int, nanoseconds: UInt64) {
        firstBytes.record(row: lane, nanoseconds: nanoseconds)
    }

    /// One attempt failed; whether it is repeated is another matter.
    package mutating func attemptFailed(lane: Int, kind: AttemptFailure) {
        failures.add(1, row: lane, column: kind.rawValue)
    }

    /// A request was sent once more.
    package mutating func retried(lane: Int) {
        retries.add(1, row: lane)
    }

    /// An attempt to connect ended.
    package mutating func connectEnded(upstream: Int, result: ConnectResult) {
        connects.add(1, row: upstream, column: result.rawValue)
    }

    /// Bytes came from an upstream.
    package mutating func received(upstream: Int, bytes count: Int) {
        bytes.add(count, row: upstream, column: ByteDirection.received.rawValue)
    }

    /// Bytes went to an upstream.
    package mutating func sent(upstream: Int, bytes count: Int) {
        bytes.add(count, row: upstream, column: ByteDirection.sent.rawValue)
    }

    /// Upstream connections opened, closed, or moved between idle and active.
    package mutating func upstreamConnection(upstream: Int, idleBy: Int, activeBy: Int) {
        upstreamConnections.add(
            idleBy, row: upstream, column: UpstreamConnectionState.idle.rawValue)
        upstreamConnections.add(
            activeBy, row: upstream, column: UpstreamConnectionState.active.rawValue)
    }

    /// A client connected.
    package mutating func downstreamOpened(listener: Int) {
        downstreamConnections.add(1, row: listener)
    }

    /// A client's connection is gone.
    package mutating func downstreamClosed(listener: Int) {
        downstreamConnections.add(-1, row: listener)
    }

    /// A client was turned away as soon as it had connected; it counts as no connection.
    package mutating func refused(listener: Int, by limit: Refusal) {
        refusals.add(1, row: listener, column: limit.rawValue)
    }

    /// A client's request was answered, by an upstream or by Sluice itself; 0: not at all.
    package mutating func downstreamRequest(listener: Int, code: Int) {
        downstreamRequests.add(1, row: listener, column: StatusColumn.of(code: code))
    }

    /// The worker's loop turned once; the time is its work without the wait.
    package mutating func loopTurn(nanoseconds: UInt64) {
        loopTurns.record(nanoseconds: nanoseconds)
    }
}
