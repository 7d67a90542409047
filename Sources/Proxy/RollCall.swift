internal import Kernel

/// Waits until each of some workers has answered, or the time is over.
final class RollCall: Sendable {
    private struct State {
        var missing: Set<Int>
        var isOver = false
        var continuation: CheckedContinuation<[Int], Never>?
    }

    private let state: Lock<State>

    init(count: Int) { state = Lock(State(missing: Set(0..<count))) }

    /// A worker has answered; called on its thread.
    func answer(_ number: Int) {
        conclude { state in
            state.missing.remove(number)
            return state.missing.isEmpty
        }
    }

    /// The numbers of those that have not answered by the end of the time.
    func wait(nanoseconds: UInt64) async -> [Int] {
        let clock = Task {
            try? await Task.sleep(nanoseconds: nanoseconds)
            conclude { _ in true }
        }
        let missing = await withCheckedContinuation { continuation in
            conclude { state in
                state.continuation = continuation
                return state.isOver || state.missing.isEmpty
            }
        }
        clock.cancel()
        return missing
    }

    /// Resumes who waits, once, when `isDone` says so.
    private func conclude(_ isDone: (inout State) -> Bool) {
        let (continuation, missing) = state.withLock { state in
            guard isDone(&state) else {
                return (nil, []) as (CheckedContinuation<[Int], Never>?, [Int])
            }
            state.isOver = true
            let waiting = state.continuation
            state.continuation = nil
            return (waiting, state.missing.sorted())
        }
        continuation?.resume(returning: missing)
    }
}
