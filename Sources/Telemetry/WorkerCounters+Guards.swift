/// What guards before Admin APIs have refused.
extension WorkerCounters {
    /// A request was refused since it would write.
    package mutating func guardRefused(listener: Int, for sign: GuardRefusal) {
        guardRefusals.add(1, row: listener, column: sign.column)
    }

    /// Requests that a listener's guard refused for one reason.
    package func guardRefusalCount(listener: Int, for sign: GuardRefusal) -> Int {
        listener < guardRefusals.rows ? guardRefusals[row: listener, column: sign.column] : 0
    }
}

extension GuardRefusal {
    fileprivate var column: Int {
        switch self {
        case .method: 0
        case .path: 1
        case .target: 2
        case .upgrade: 3
        case .override: 4
        }
    }
}
