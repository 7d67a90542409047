internal import Bytes
internal import Splitting
internal import Telemetry

/// The choice among targets that do not all stand alike. An upstream whose targets are all sound
/// never comes here.
extension Worker {
    /// Takes on how targets stand.
    mutating func setStandings(_ changes: [StandingChange]) {
        for change in changes {
            targets[change.target].standing = change.standing
            if !change.standing.rank.isUsable { targets[change.target].failures.reset() }
        }
        for upstream in Set(changes.map { targets[$0.target].upstream }) {
            sumUpStandings(of: upstream)
        }
    }

    /// Sees what the targets of an upstream amount to.
    mutating func sumUpStandings(of upstream: Int) {
        var sum = UpstreamStanding()
        for position in 0..<upstreams[upstream].targets.count {
            sum.add(targets[upstreams[upstream].targets[position]].standing)
        }
        upstreams[upstream].standing = sum
    }

    /// The position of a target of the best rank that any untried one has. Unless health is
    /// ignored, only what is usable counts.
    mutating func untriedTargetByStanding(_ exchange: Int) -> Int? {
        let upstream = exchanges[exchange].upstream
        let tried = exchanges[exchange].triedTargets
        let count = upstreams[upstream].targets.count
        var best: TargetRank?
        for position in 0..<count where tried & 1 << UInt64(position % 64) == 0 {
            let rank = targets[upstreams[upstream].targets[position]].standing.rank
            best = min(best ?? rank, rank)
        }
        guard let best, best.isUsable || exchanges[exchange].ignoresHealth else { return nil }
        return LeastOfTwo.pick(
            count: count, random: random.next(),
            weight: { position in
                let target = upstreams[upstream].targets[position]
                let isUntried = tried & 1 << UInt64(position % 64) == 0
                guard isUntried, targets[target].standing.rank == best else { return 0 }
                return targets[target].weightNow
            },
            load: { targets[upstreams[upstream].targets[$0]].inflight })
    }

    /// The weight of a member that was not tried yet, 0 where the share must not move to.
    func weightForShift(_ exchange: Int, to member: Int) -> UInt64 {
        let split = exchanges[exchange].split
        let upstream = splits[split].members[member].upstream
        let isUsable = upstreams[upstream].standing.isUsable || exchanges[exchange].ignoresHealth
        return isUsable ? UInt64(splits[split].members[member].weight.hundredths) : 0
    }

    /// No member with a weight has a usable target left: health is ignored and the split kept.
    /// The exchange goes back to the upstream that was chosen first, and the targets that were
    /// passed over are tried; then those of the others.
    mutating func chooseIgnoringHealth(_ exchange: Int) {
        guard !exchanges[exchange].ignoresHealth, hasPassedOver(exchange) else {
            return perform(exchanges[exchange].handle(.noTargetLeft), exchange)
        }
        let split = exchanges[exchange].split
        let first = (0..<splits[split].members.count).first {
            splits[split].members[$0].lane == exchanges[exchange].firstLane
        }
        // The weights changed meanwhile, and it may get nothing any more.
        guard let first, splits[split].members[first].weight > .zero else {
            return choose(exchange)
        }
        exchanges[exchange].ignoresHealth = true
        exchanges[exchange].triedMembers = 0
        assign(exchange, first, by: .sequence)
        chooseTarget(exchange)
    }

    /// The marks of an upstream's usable targets: where health is ignored these were tried before.
    func usableTargets(of upstream: Int) -> UInt64 {
        var marks: UInt64 = 0
        for position in 0..<upstreams[upstream].targets.count
        where targets[upstreams[upstream].targets[position]].standing.rank.isUsable {
            marks |= 1 << UInt64(position % 64)
        }
        return marks
    }

    /// Whether any member with a weight has a target that is not usable.
    private func hasPassedOver(_ exchange: Int) -> Bool {
        let split = exchanges[exchange].split
        for member in 0..<splits[split].members.count
        where splits[split].members[member].weight > .zero {
            let upstream = splits[split].members[member].upstream
            if upstreams[upstream].standing.isPlain { continue }
            for position in 0..<upstreams[upstream].targets.count
            where !targets[upstreams[upstream].targets[position]].standing.rank.isUsable {
                return true
            }
        }
        return false
    }
}

extension TargetState {
    /// Its weight while it has only a part of it, in hundredths of its own.
    var weightNow: UInt32 { weight * standing.weightPercent }
}
