internal import Bytes
internal import HTTP
internal import Judging
internal import Kernel
internal import Splitting
internal import Telemetry

/// What the judge of a rollout is told. While there is none, each call on an exchange's way is a
/// compare.
extension Worker {
    /// From now on the exchanges of these splits are looked at, and of no others.
    mutating func track(_ tracked: [TrackedLanes]) {
        for former in evidence.splits where former.split < splits.count {
            splits[former.split].segment = 0
        }
        evidence.begin(tracked)
        beginSegments()
    }

    /// The weights have changed: what is routed from now on belongs to another share.
    mutating func beginSegments() {
        guard evidence.isOn else { return }
        for place in evidence.splits.indices where evidence.splits[place].split < splits.count {
            let tracked = evidence.splits[place]
            var candidate = 0.0
            var stable = 0.0
            for member in 0..<splits[tracked.split].members.count {
                let weight = Double(splits[tracked.split].members[member].weight.hundredths)
                let lane = splits[tracked.split].members[member].lane
                if lane == tracked.candidate { candidate = weight }
                if lane == tracked.stable { stable = weight }
            }
            let sum = candidate + stable
            splits[tracked.split].trackedPlace = place
            splits[tracked.split].candidateLane = tracked.candidate
            splits[tracked.split].stableLane = tracked.stable
            splits[tracked.split].segment =
                sum > 0 ? evidence.segment(of: candidate / sum) : 0
        }
    }

    /// What was counted since this was asked the last time; late is from now on what takes longer
    /// than these, and what waits for longer than that hangs.
    mutating func takeEvidence(
        _ marks: LatencyMarks.Marks?, _ patience: LatencyMarks.Marks
    ) -> EvidenceReport {
        if evidence.isOn { countWaiting() }
        let report = evidence.take()
        evidence.set(marks, patience)
        return report
    }

    private mutating func countWaiting() {
        let overdue = now.advanced(byMilliseconds: -10_000)
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            let isEarly = exchanges[exchange].phase.isBeforeRequest
            let side = side(of: exchange)
            guard isEarly || exchanges[exchange].phase == .requesting, side >= 0 else { continue }
            let place = splits[exchanges[exchange].split].trackedPlace
            if exchanges[exchange].began < overdue {
                evidence.isOverdue(place: place, side: side)
            }
            // Who is still being told the request owes no answer.
            guard isEarly || exchanges[exchange].requestHasEnded, !exchanges[exchange].isTCP
            else { continue }
            let waited = waited(exchange)
            evidence.isWaiting(place: place, side: side, nanoseconds: waited)
            noteHanging(exchange, side, waited, limit: evidence.longestWait)
        }
    }

    /// For how long an exchange has waited for the head of its answer, in nanoseconds.
    private func waited(_ exchange: Int) -> UInt64 {
        now > exchanges[exchange].requestSent ? now.since(exchanges[exchange].requestSent) : 0
    }

    /// An exchange that has waited for so long hangs, or has hung, once, if that is too long.
    private mutating func noteHanging(
        _ exchange: Int, _ side: Int, _ nanoseconds: UInt64, limit: UInt64
    ) {
        guard nanoseconds > limit, !exchanges[exchange].rollout.isHanging else { return }
        exchanges[exchange].rollout.isHanging = true
        noteError(exchange, .hanging, side: side)
    }

    /// The request's head goes out: the number of its path's prefix is noted.
    mutating func noteJudgedPrefix(_ exchange: Int, _ buffer: borrowing Buffer) {
        guard evidence.isOn else { return }
        let path = requestHead.pathRange
        exchanges[exchange].rollout.prefix = evidence.number(
            ofPath: buffer.bytes.extracting(path.start..<path.end))
    }

    /// The head of the final answer came, so long after the request's head was sent.
    mutating func noteGatewayTime(_ exchange: Int, nanoseconds: UInt64) {
        let side = side(of: exchange)
        guard evidence.isOn, side >= 0 else { return }
        exchanges[exchange].rollout.isAnswered = true
        if side == EvidenceState.stable { evidence.wholeTimes.record(nanoseconds: nanoseconds) }
        noteHanging(exchange, side, nanoseconds, limit: evidence.mostWait(side))
        // What the service behind took is no fault of the gateway's.
        let service = UInt64(exchanges[exchange].rollout.serviceMilliseconds) &* 1_000_000
        let time = nanoseconds > service ? nanoseconds &- service : 0
        if side == EvidenceState.candidate {
            evidence.candidateTimes.record(nanoseconds: time)
            if time > evidence.candidateMark { noteError(exchange, .latency, side: side) }
        } else {
            evidence.stableTimes.record(nanoseconds: time)
            if time > evidence.stableMark { noteError(exchange, .latency, side: side) }
        }
    }

    /// The upstream has failed the exchange; where its answer had begun, it is broken.
    mutating func noteBreach(_ exchange: Int) {
        if exchanges[exchange].phase == .responding { exchanges[exchange].rollout.isBroken = true }
    }

    /// The exchange is over. It has got no answer where we had to give one for want of it.
    mutating func noteEvidence(_ exchange: Int) {
        let side = side(of: exchange)
        guard evidence.isOn, side >= 0 else { return }
        let kind = verdict(exchange)
        let isAnswered =
            exchanges[exchange].rollout.isAnswered || exchanges[exchange].status == 101
        // A client that has said all and leaves after a second has waited for an answer in vain.
        let isAbandoned =
            exchanges[exchange].requestHasEnded
            && exchanges[exchange].began.advanced(byMilliseconds: 1_000) <= now
        count(
            exchange, side, isFailed: kind == .errors,
            isAnswered: isAnswered ? true : kind == .errors || isAbandoned ? false : nil)
        countServed(exchange, side)
        if let kind { noteError(exchange, kind, side: side) }
        guard !isAnswered, !exchanges[exchange].isTCP else { return }
        if exchanges[exchange].requestHasEnded {
            noteHanging(
                exchange, side, waited(exchange), limit: evidence.mostWait(side))
        }
        if kind != .errors, exchanges[exchange].rollout.isHanging {
            let place = splits[exchanges[exchange].split].trackedPlace
            evidence.wasGivenUp(place: place, side: side)
        }
    }

    /// No target of the side that was chosen takes the exchange: it goes to the other one.
    mutating func noteShift(_ exchange: Int) {
        let side = side(of: exchange)
        guard evidence.isOn, side >= 0,
            exchanges[exchange].lane == exchanges[exchange].firstLane,
            !exchanges[exchange].ignoresHealth
        else { return }
        count(exchange, side, isFailed: true, isAnswered: false)
        // A connection has no other errors than this one.
        if exchanges[exchange].isTCP { noteError(exchange, .errors, side: side) }
    }

    /// A connection through a tcp listener has come about, or has not: that is all there is to
    /// tell of it. What becomes of it later is between its two ends.
    mutating func noteConnection(_ exchange: Int, isConnected: Bool) {
        let side = side(of: exchange)
        guard evidence.isOn, side >= 0 else { return }
        count(exchange, side, isFailed: !isConnected, isAnswered: isConnected)
        countServed(exchange, side)
        if !isConnected { noteError(exchange, .errors, side: side) }
    }

    private func count(_ exchange: Int, _ side: Int, isFailed: Bool, isAnswered: Bool?) {
        let place = splits[exchanges[exchange].split].trackedPlace
        evidence.ended(place: place, side: side, failed: isFailed, answered: isAnswered)
    }

    /// The candidate has ended an exchange: that counts if the split itself has sent it there.
    private func countServed(_ exchange: Int, _ side: Int) {
        guard side == EvidenceState.candidate else { return }
        switch exchanges[exchange].choice {
        case .sequence, .sticky:
            evidence.wasServed(segment: exchanges[exchange].rollout.segment)
        case .pin, .shift:
            return
        }
    }

    /// Which of the two sides has the exchange; -1 for neither.
    private func side(of exchange: Int) -> Int {
        let split = exchanges[exchange].split
        // What an earlier rollout has routed is nobody's where this one has nothing.
        guard exchanges[exchange].rollout.segment != 0, splits[split].segment != 0 else {
            return -1
        }
        let lane = exchanges[exchange].lane
        if lane == splits[split].candidateLane { return EvidenceState.candidate }
        return lane == splits[split].stableLane ? EvidenceState.stable : -1
    }

    /// What speaks against the side of an exchange that is over; nil when nothing does. A client
    /// that went away, or whose request was faulty, is nobody's fault.
    private func verdict(_ exchange: Int) -> JudgedClass? {
        let status = exchanges[exchange].status
        if status >= 500 || exchanges[exchange].rollout.isBroken { return .errors }
        guard status >= 400 else { return nil }
        switch status {
        case 401, 403: return .denied
        case 404:
            switch exchanges[exchange].origin {
            case nil, .unknown, .kong: return .noRoute
            case .service, .serviceFailed, .sluice: return nil
            }
        case 426: return .upgradeRequired
        case 429: return .rateLimited
        default: return nil
        }
    }

    /// What was pinned or has moved from one side to the other compares nothing, nor does what was
    /// routed at a share of 0 or 1.
    private mutating func noteError(_ exchange: Int, _ kind: JudgedClass, side: Int) {
        let mark = exchanges[exchange].rollout
        let share = evidence.shares[Int(mark.segment)]
        guard share > 0, share < 1 else { return }
        switch exchanges[exchange].choice {
        case .pin, .shift:
            return
        case .sequence:
            evidence.count(kind, segment: mark.segment, prefix: mark.prefix, side: side)
        case .sticky:
            evidence.count(
                EvidenceState.StickyCell(
                    key: mark.key, kind: kind, prefix: mark.prefix, segment: mark.segment,
                    isOnCandidate: side == EvidenceState.candidate))
        }
    }
}
