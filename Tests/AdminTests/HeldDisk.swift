import Admin
import Kernel

/// A disk that does nothing until it is let go.
final class HeldDisk: Sendable {
    private struct State {
        /// How many of the next works are held.
        var held = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let state = Lock(State())

    var queue: DiskQueue { DiskQueue { self.take($0) } }

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Holds the next works: all of them, or so many.
    func hold(_ count: Int = .max) { state.withLock { $0.held = count } }

    /// Does everything that waits, in its order, and holds nothing more.
    func letGo() {
        let waiting = state.withLock { state in
            state.held = 0
            defer { state.waiting = [] }
            return state.waiting
        }
        for work in waiting { work() }
    }

    /// Does what has waited longest.
    func letFirstGo() {
        let first = state.withLock { $0.waiting.removeFirst() }
        first()
    }

    private func take(_ work: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            guard state.held > 0 else { return true }
            state.held -= 1
            state.waiting.append(work)
            return false
        }
        if isNow { work() }
    }
}
