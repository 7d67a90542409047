internal import NIOCore

/// How long a client of the control API may take, in total and not per byte: whoever sends a byte
/// now and then gets no more time than who sends none.
package struct ControlPatience: Sendable {
    /// For the head of a connection's first request.
    package var headSeconds = 10.0
    /// From one answer to the head of the next request. Most scrapers come every fifteen seconds.
    package var idleSeconds = 15.0
    /// For the rest of a request behind its head.
    package var bodySeconds = 10.0
    /// To take an answer. The longest is the metrics page.
    package var answerSeconds = 30.0

    /// Such that a slow link is fast enough.
    package init() {}

    /// How long a connection may stay so; nil as long as our own work takes.
    func time(for stage: ControlStage) -> TimeAmount? {
        switch stage {
        case .new: Self.amount(headSeconds)
        case .idle: Self.amount(idleSeconds)
        case .asking: Self.amount(bodySeconds)
        case .taking: Self.amount(answerSeconds)
        case .served, .streaming: nil
        }
    }

    private static func amount(_ seconds: Double) -> TimeAmount {
        .milliseconds(Int64(seconds * 1_000))
    }
}

/// What a connection to the control API waits for.
enum ControlStage: Sendable {
    /// The head of its first request, and of another one.
    case new, idle
    /// The rest of a request.
    case asking
    /// That its client takes the answer.
    case taking
    /// Us.
    case served
    /// The next piece of an answer without an end.
    case streaming

    /// Who gives way to a newcomer first, if at all. Who has not asked yet goes no sooner than who
    /// is in the middle of asking: else those who never come to an end would keep others out.
    var rank: Int? {
        switch self {
        case .new, .idle, .asking: 0
        case .taking, .streaming: 1
        case .served: nil
        }
    }
}
