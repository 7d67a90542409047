internal import Kernel
internal import UnixSignals

/// Waits until nothing is in flight in what is drained.
package struct DrainWait: Sendable {
    /// How it ended.
    package enum End: Sendable, Equatable {
        /// Nothing is in flight there any more.
        case empty(JSONValue)
        /// The time is over; this is left.
        case timeOver(JSONValue)
        /// Somebody took the drain back.
        case undrained
        /// A signal came.
        case interrupted
        /// The proxy does not answer, or not as it should.
        case failed(ControlClient.Fault)
        case refused(String)
    }

    /// How often to look: seldom enough that it costs nothing, often enough for whoever waits.
    private static let intervalMilliseconds = 250

    private let upstream: String
    private let target: String?
    private let milliseconds: Int

    /// Waits for so long for a whole upstream, or for one of its targets.
    package init(upstream: String, target: String?, milliseconds: Int) {
        self.upstream = upstream
        self.target = target
        self.milliseconds = milliseconds
    }

    /// Looks again and again until it ends. `look` asks for the upstream; `report` gets what is
    /// left each time.
    package func run(
        look: () throws(ControlClient.Fault) -> ControlClient.Reply,
        report: (JSONValue) -> Void
    ) async -> End {
        let deadline = Instant.now().advanced(byMilliseconds: milliseconds)
        while true {
            let isLast = Instant.now() >= deadline
            let reply: ControlClient.Reply
            do throws(ControlClient.Fault) {
                reply = try look()
            } catch {
                return .failed(error)
            }
            guard reply.status == 200, let answer = reply.json else {
                return .refused(
                    reply.json?["error"]?.text ?? "refused with status \(reply.status)")
            }
            guard let drain = drain(in: answer) else { return .undrained }
            if drain["empty"]?.bool == true { return .empty(answer) }
            if isLast { return .timeOver(answer) }
            report(drain)
            let left = Int(deadline.since(.now()) / 1_000_000) + 1
            do {
                try await Task.sleep(for: .milliseconds(min(left, Self.intervalMilliseconds)))
            } catch {
                return .interrupted
            }
        }
    }

    /// The drain that is waited for, in its upstream's answer.
    package func drain(in answer: JSONValue) -> JSONValue? {
        answer["drains"]?.elements?.first { $0["target"]?.text == target }
    }

    /// Runs `wait` and ends it at one of the signals.
    static func until(
        _ signals: UnixSignalsSequence, _ wait: @escaping @Sendable () async -> End
    ) async -> End {
        let waiting = Task { await wait() }
        let listening = Task {
            for await _ in signals {
                waiting.cancel()
                return
            }
        }
        let end = await waiting.value
        listening.cancel()
        return end
    }
}
