internal import Bytes
internal import Splitting

/// Which of an upstream's targets an exchange may go to.
///
/// What an exchange knows of them is one bit for each, by position modulo 64: tried (chosen once),
/// and refused (no connection came about). Who was tried is not chosen again while there are
/// others; who refused is not chosen again at all.
extension Worker {
    /// A target for the exchange, with a place taken there; nil when none has a place for it. One
    /// of the best rank that has any; where health is ignored, of any rank.
    mutating func openTarget(_ exchange: Int) -> Int? {
        let upstream = exchanges[exchange].upstream
        if upstreams[upstream].standing.isPlain { return openTarget(exchange, of: .sound) }
        let last = exchanges[exchange].ignoresHealth ? lastRank(of: exchange) : .degraded
        for number in upstreams[upstream].standing.best.rawValue...TargetRank.drained.rawValue {
            guard let rank = TargetRank(rawValue: number), rank <= last else { return nil }
            guard hasTarget(upstream, of: rank) else { continue }
            if let target = openTarget(exchange, of: rank) { return target }
        }
        return nil
    }

    /// Of two untried ones of a rank, drawn at random, the one with less in flight. The upstream
    /// has some of that rank.
    private mutating func openTarget(_ exchange: Int, of rank: TargetRank) -> Int? {
        let upstream = exchanges[exchange].upstream
        let count = upstreams[upstream].targets.count
        if count == 0 { return nil }
        var start = 0
        if count > 1 {
            let isPlain = upstreams[upstream].standing.isPlain
            start = LeastOfTwo.pick(
                count: count, random: random.next(),
                weight: { position in
                    let target = upstreams[upstream].targets[position]
                    if isPlain { return targets[target].weight }
                    return targets[target].standing.rank == rank ? targets[target].weightNow : 0
                },
                load: { targets[upstreams[upstream].targets[$0]].inflight })
        }
        let tried = exchanges[exchange].triedTargets
        if let target = openTarget(exchange, of: rank, from: start, without: tried) {
            return target
        }
        if tried == 0 { return nil }
        let barred = barredTargets(exchange)
        if barred != tried,
            let target = openTarget(exchange, of: rank, from: start, without: barred)
        {
            return target
        }
        return count > 64 ? unmarkedTarget(exchange, of: rank) : nil
    }

    private func hasTarget(_ upstream: Int, of rank: TargetRank) -> Bool {
        for position in 0..<upstreams[upstream].targets.count
        where targets[upstreams[upstream].targets[position]].standing.rank == rank {
            return true
        }
        return false
    }

    /// The first target of a rank from a position on that has no mark and has a place.
    private func openTarget(
        _ exchange: Int, of rank: TargetRank, from start: Int, without marks: UInt64
    ) -> Int? {
        let upstream = exchanges[exchange].upstream
        let count = upstreams[upstream].targets.count
        var position = start
        for _ in 0..<count {
            let target = upstreams[upstream].targets[position]
            if marks & mark(of: position) == 0, targets[target].standing.rank == rank,
                takePlace(exchange, at: target)
            {
                return target
            }
            position = position + 1 == count ? 0 : position + 1
        }
        return nil
    }

    /// With more than 64 targets several share a mark, and all marks may be used up while some
    /// targets were never tried: each is looked at once more, in their order, rank after rank.
    private func unmarkedTarget(_ exchange: Int, of rank: TargetRank) -> Int? {
        let upstream = exchanges[exchange].upstream
        let count = upstreams[upstream].targets.count
        let start = Int(rank.rawValue) * count
        exchanges[exchange].sweep = max(exchanges[exchange].sweep, start)
        while exchanges[exchange].sweep < start + count {
            let target = upstreams[upstream].targets[exchanges[exchange].sweep - start]
            exchanges[exchange].sweep += 1
            if targets[target].standing.rank == rank, takePlace(exchange, at: target) {
                return target
            }
        }
        return nil
    }

    /// The targets that the exchange may not go to: those that refused it and, if others are left,
    /// the one whose connection broke under its request.
    func barredTargets(_ exchange: Int) -> UInt64 {
        let refused = exchanges[exchange].refusedTargets
        let failed = exchanges[exchange].failedTarget
        guard failed >= 0, targets[failed].isCurrent else { return refused }
        let barred = refused | mark(of: targets[failed].position)
        return choosableTargets(exchange) & ~barred == 0 ? refused : barred
    }

    /// Whether there is a target that the exchange may go to, be there a place or not.
    func hasTargetLeft(_ exchange: Int) -> Bool {
        choosableTargets(exchange) & ~barredTargets(exchange) != 0
    }

    /// No connection to its target came about: it is not chosen again.
    mutating func passOver(_ exchange: Int) {
        let target = exchanges[exchange].target
        guard targets[target].isCurrent else { return }
        exchanges[exchange].refusedTargets |= mark(of: targets[target].position)
    }

    /// The mark of a target, by its position in the upstream.
    func mark(of position: Int) -> UInt64 { 1 << UInt64(position % 64) }
}

extension Exchange {
    /// Begins anew with the targets of an upstream.
    mutating func forgetTargets() {
        triedTargets = 0
        refusedTargets = 0
        failedTarget = -1
        sweep = 0
    }

    /// Begins anew with another upstream.
    mutating func forgetUpstream() {
        forgetTargets()
        queuedSince = .distantPast
    }
}
