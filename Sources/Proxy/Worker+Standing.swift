internal import Bytes
internal import Splitting
internal import Telemetry

/// The choice among targets that do not all stand alike. An upstream whose targets are all sound
/// never comes here.
extension Worker {
    /// Takes on how targets stand.
    mutating func setStandings(_ changes: [StandingChange]) {
        var isAnyBack = false
        for change in changes {
            let wasUsable = targets[change.target].standing.rank.isUsable
            let isUsable = change.standing.rank.isUsable
            targets[change.target].standing = change.standing
            if !isUsable { targets[change.target].failures.reset() }
            if isUsable, !wasUsable { isAnyBack = true }
        }
        for upstream in Set(changes.map { targets[$0.target].upstream }) {
            sumUpStandings(of: upstream)
        }
        obeyStandings(isAnyBack: isAnyBack)
    }

    /// Lets those go on elsewhere who wait for a target that may get nothing more of them, be it
    /// for a connection or for a place. To be called after every change of what may be chosen;
    /// `isAnyBack`: there may be a target that could not be chosen before.
    mutating func obeyStandings(isAnyBack: Bool) {
        emptyDrainedPools()
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            guard exchanges[exchange].phase.isBeforeRequest else { continue }
            let isConnecting = exchanges[exchange].phase == .connecting
            if isConnecting, !isShut(exchanges[exchange].target, to: exchange) { continue }
            if exchanges[exchange].ignoresHealth {
                // It went there for want of anything else, and has passed over what is back now.
                guard isAnyBack, hasUsableTarget(splitOf: exchange) else { continue }
                perform(exchanges[exchange].handle(.weightGone), exchange)
            } else if isConnecting {
                perform(exchanges[exchange].handle(.targetDrained), exchange)
            }
        }
        for upstream in 0..<upstreams.count { lookAgain(at: upstream) }
    }

    /// Whether a target gets nothing more of an exchange: it is drained, ill or gone, and something
    /// else is usable. Where nothing is, the split is kept.
    func isShut(_ target: Int, to exchange: Int) -> Bool {
        if targets[target].isCurrent, targets[target].standing.rank.isUsable { return false }
        guard exchanges[exchange].choice == .pin else { return hasUsableTarget(splitOf: exchange) }
        // A pin asks for this upstream alone, however ill it is.
        let isOpen = targets[target].isCurrent && !targets[target].standing.isDrained
        return !isOpen || upstreams[exchanges[exchange].upstream].standing.isUsable
    }

    /// Whether any member with a weight of an exchange's split has a usable target.
    func hasUsableTarget(splitOf exchange: Int) -> Bool {
        let split = exchanges[exchange].split
        for member in 0..<splits[split].members.count
        where splits[split].members[member].weight > .zero {
            if upstreams[splits[split].members[member].upstream].standing.isUsable { return true }
        }
        return false
    }

    /// Sees what the targets of an upstream amount to.
    mutating func sumUpStandings(of upstream: Int) {
        var sum = UpstreamStanding()
        for position in 0..<upstreams[upstream].targets.count {
            sum.add(targets[upstreams[upstream].targets[position]].standing)
        }
        upstreams[upstream].standing = sum
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
        let isSticky = splits[split].isSelective && selectedMember(exchange)?.by == .sticky
        assign(exchange, first, by: isSticky ? .sticky : .sequence)
        chooseTarget(exchange)
    }

    /// Where health is ignored, the usable targets were tried before.
    mutating func passOverUsable(_ exchange: Int) {
        let marks = marks(of: exchanges[exchange].upstream) { $0.isUsable }
        exchanges[exchange].triedTargets = marks
        exchanges[exchange].refusedTargets = marks
    }

    /// The marks of the targets that the exchange may be sent to as they stand.
    func choosableTargets(_ exchange: Int) -> UInt64 {
        let upstream = exchanges[exchange].upstream
        let isAny = upstreams[upstream].standing.isPlain
        return marks(of: upstream) { isAny || mayUse($0, exchange) }
    }

    private func marks(of upstream: Int, where isMeant: (TargetRank) -> Bool) -> UInt64 {
        var marks: UInt64 = 0
        for position in 0..<upstreams[upstream].targets.count
        where isMeant(targets[upstreams[upstream].targets[position]].standing.rank) {
            marks |= mark(of: position)
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
