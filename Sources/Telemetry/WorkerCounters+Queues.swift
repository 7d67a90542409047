/// Requests that are sent again or wait for a place at a target.
extension WorkerCounters {
    /// A request was not sent again, since the upstream's budget had nothing left.
    package mutating func retryRefused(lane: Int) {
        retryRefusals.add(1, row: lane)
    }

    /// So many exchanges more, or fewer, wait for a place at a target.
    package mutating func queued(lane: Int, by amount: Int) {
        queued.add(amount, row: lane)
    }

    /// An exchange got no place at a target.
    package mutating func queueRefused(lane: Int, _ refusal: QueueRefusal) {
        queueRefusals.add(1, row: lane, column: refusal.rawValue)
    }

    /// Requests not sent again in this lane for lack of budget.
    package func retryRefusalCount(lane: Int) -> Int {
        lane < retryRefusals.rows ? retryRefusals[row: lane, column: 0] : 0
    }

    /// Exchanges of this lane that wait for a place at a target.
    package func queuedCount(lane: Int) -> Int {
        lane < queued.rows ? queued[row: lane, column: 0] : 0
    }

    /// Exchanges of this lane that got no place at a target.
    package func queueRefusalCount(lane: Int, _ refusal: QueueRefusal) -> Int {
        lane < queueRefusals.rows ? queueRefusals[row: lane, column: refusal.rawValue] : 0
    }
}
