/// What came of spans that were sent.
package enum TraceReply: Sendable, Equatable {
    /// The collector has them, but for so many; what it says of those.
    case taken(rejected: Int, message: String)
    /// They may be sent once more, after so many seconds if it says so.
    case again(seconds: Int?, reason: String)
    /// They will not be taken, however often they are sent.
    case refused(reason: String)
    /// Nobody waited for the answer.
    case cancelled

    /// Longer than this nobody waits, whatever a collector asks for.
    package static let longestPauseSeconds = 60

    /// What an answer means (OTLP/HTTP: of failures, only four may pass).
    package init(status: Int, retryAfter: String?, body: [UInt8]) {
        switch status {
        case 200..<300:
            let success = (try? JSONReader.read(body))?["partialSuccess"]
            // Whole numbers are texts in protocol buffers' JSON, but not with everybody.
            let rejected = success?["rejectedSpans"]
            let count = rejected?.text.flatMap { Int($0) } ?? rejected?.int ?? 0
            self = .taken(
                rejected: max(0, count), message: success?["errorMessage"]?.text ?? "")
        case 429, 502, 503, 504:
            let seconds = retryAfter.flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
            self = .again(
                seconds: seconds.map { min($0, Self.longestPauseSeconds) },
                reason: "answers with \(status)")
        default:
            self = .refused(reason: "answers with \(status)")
        }
    }
}
