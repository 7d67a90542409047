import Foundation
import Kernel

/// Requests without a pause on a few connections, each of which must stay open and get every
/// answer.
final class Load: Sendable {
    private let state = Lock(State())

    private struct State {
        var isOver = false
        var running = 0
        var answers = 0
        var faults: [String] = []
    }

    /// What came of it.
    struct Report {
        let answers: Int
        let faults: [String]
    }

    /// `request` is what it asks, without a body.
    init(
        port: UInt16, connections: Int = 2,
        asking request: String = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"
    ) {
        state.withLock { $0.running = connections }
        let state = state
        for number in 1...connections {
            Thread.detachNewThread {
                do {
                    let client = try Wire(port: port)
                    while !state.withLock({ $0.isOver }) {
                        let answer = try client.exchange(request)
                        state.withLock { state in
                            state.answers += 1
                            if answer.status != 200 { state.faults.append(answer.head) }
                        }
                    }
                } catch {
                    state.withLock { $0.faults.append("connection \(number): \(error)") }
                }
                state.withLock { $0.running -= 1 }
            }
        }
    }

    /// How many answers there were so far.
    var answers: Int { state.withLock { $0.answers } }

    deinit { state.withLock { $0.isOver = true } }

    /// Ends it and tells.
    func finish() throws -> Report {
        state.withLock { $0.isOver = true }
        guard eventually({ state.withLock { $0.running == 0 } }) else {
            throw TimedOut("the load goes on")
        }
        return state.withLock { Report(answers: $0.answers, faults: $0.faults) }
    }
}
