internal import Bytes
internal import HTTP
internal import Kernel
internal import Settings
internal import Telemetry

/// What the judge of health is told of traffic.
///
/// Each worker counts for itself, and the first one whose own count reaches the limit reports it.
/// So an answer that goes well costs a compare, and neither a message nor memory that workers
/// share; and what is reported are failures in the order in which one worker saw them, since
/// between workers there is no order. The price: of W workers up to W × (limit − 1) failures more
/// may pass before the report.
extension Worker {
    /// An attempt at an exchange's target failed.
    mutating func noteFailure(_ exchange: Int, _ failure: TargetFailure) {
        let target = exchanges[exchange].target
        guard speaksAgainstTarget(exchange, failure) else { return }
        if targets[target].failures.watch.limit > 0 { count(failure, of: target) }
        guard targets[target].failures.watch.isNamed, case .connect = failure,
            now >= targets[target].failures.namesQuietUntil
        else { return }
        targets[target].failures.namesQuietUntil = quietEnd
        post(failure, of: target, isLimit: false)
    }

    /// The head of an exchange's answer is here.
    @inline(__always)
    mutating func noteAnswer(_ exchange: Int, _ buffer: borrowing Buffer) {
        let target = exchanges[exchange].target
        guard targets[target].failures.watch.limit > 0 else { return }
        if responseHead.status >= 502,
            responseHead.gatewayMarks(buffer.bytes).isGatewayFailure(status: responseHead.status)
        {
            count(.gateway(status: responseHead.status), of: target)
        } else {
            targets[target].failures.inARow = 0
        }
    }

    private func speaksAgainstTarget(_ exchange: Int, _ failure: TargetFailure) -> Bool {
        switch failure {
        case .connect(let result):
            // We may have no port or no memory left for it.
            result != .other
        case .attempt(.reset), .attempt(.closed):
            // A target may close a connection that has served others at any moment.
            exchanges[exchange].phase == .requesting && !exchanges[exchange].isReused
        case .attempt, .gateway:
            exchanges[exchange].phase != .tunnelling
        }
    }

    /// Whoever is beyond the limit goes on reporting, since the judge may have had reasons to
    /// leave the target where it is; but not more than once a second.
    private mutating func count(_ failure: TargetFailure, of target: Int) {
        targets[target].failures.inARow += 1
        guard targets[target].failures.inARow >= targets[target].failures.watch.limit,
            now >= targets[target].failures.quietUntil
        else { return }
        targets[target].failures.quietUntil = quietEnd
        post(failure, of: target, isLimit: true)
    }

    private var quietEnd: Instant {
        now.advanced(byMilliseconds: Limits.reportPauseMilliseconds)
    }

    private func post(_ failure: TargetFailure, of target: Int, isLimit: Bool) {
        let handler = crew.failureHandler.withLock { $0 }
        handler?(
            PostedFailure(
                target: target, inARow: targets[target].failures.inARow, failure: failure,
                isLimit: isLimit))
    }
}
