import Admin
import Kernel

/// A disk that does nothing until it is let go.
final class HeldDisk: Sendable {
    private struct State {
        var isHeld = false
        var waiting: [@Sendable () -> Void] = []
    }

    private let state = Lock(State())

    var queue: DiskQueue { DiskQueue { self.take($0) } }

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    func hold() { state.withLock { $0.isHeld = true } }

    /// Does everything that waits, in its order.
    func letGo() {
        let waiting = state.withLock { state in
            state.isHeld = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for work in waiting { work() }
    }

    private func take(_ work: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            if state.isHeld { state.waiting.append(work) }
            return !state.isHeld
        }
        if isNow { work() }
    }
}
