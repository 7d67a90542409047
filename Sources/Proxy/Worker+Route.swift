internal import Bytes
internal import HTTP
internal import Kernel
internal import Splitting
internal import Telemetry

/// From a request to a connection: split, upstream, target.
extension Worker {
    /// Chooses the upstream, by what the request itself says where its split asks that and else by
    /// the split's sequence, and goes on to its target.
    mutating func choose(_ exchange: Int) {
        let split = exchanges[exchange].split
        exchanges[exchange].triedMembers = 0
        exchanges[exchange].ignoresHealth = false
        if splits[split].isSelective, let selected = selectedMember(exchange) {
            assign(exchange, selected.member, by: selected.by)
        } else {
            assign(exchange, splits[split].nextMember(), by: .sequence)
        }
        exchanges[exchange].firstLane = exchanges[exchange].lane
        chooseTarget(exchange)
    }

    /// Notes the member that an exchange goes to.
    mutating func assign(_ exchange: Int, _ member: Int, by choice: ChoiceKind) {
        let chosen = splits[exchanges[exchange].split].members[member]
        if exchanges[exchange].lane < 0 {
            counters.exchangeBegan(lane: chosen.lane)
        } else {
            counters.exchangeMoved(from: exchanges[exchange].lane, to: chosen.lane)
        }
        exchanges[exchange].member = member
        exchanges[exchange].upstream = chosen.upstream
        exchanges[exchange].lane = chosen.lane
        exchanges[exchange].share = chosen.share
        exchanges[exchange].choice = choice
        exchanges[exchange].rollout.segment = splits[exchanges[exchange].split].segment
        exchanges[exchange].retryLimit = upstreams[chosen.upstream].retryLimit
        exchanges[exchange].forgetUpstream()
        if exchanges[exchange].ignoresHealth { passOverUsable(exchange) }
        setEnd(exchange)
    }

    /// Chooses one of the upstream's targets, preferably one that was not tried yet. When they have
    /// enough to do, the exchange waits; when none may be chosen any more, it moves to another
    /// upstream.
    mutating func chooseTarget(_ exchange: Int) {
        let upstream = exchanges[exchange].upstream
        // Whoever waits already comes first.
        if upstreams[upstream].queue.isEmpty, let target = openTarget(exchange) {
            use(target, exchange)
        } else if upstreams[upstream].isLimited, hasTargetLeft(exchange) {
            awaitPlace(exchange)
        } else {
            chooseOtherUpstream(exchange)
        }
    }

    /// Goes to a target over a pooled connection or a new one.
    mutating func use(_ target: Int, _ exchange: Int) {
        exchanges[exchange].triedTargets |= mark(of: targets[target].position)
        exchanges[exchange].target = target
        if let connection = pooledConnection(for: exchange, at: target) {
            attach(connection, to: exchange)
            perform(exchanges[exchange].handle(.connected(reused: true)), exchange)
        } else {
            connect(exchange, to: target)
        }
    }

    /// A connection that has served others; nil where a new one is called for.
    private mutating func pooledConnection(for exchange: Int, at target: Int) -> Int? {
        if exchanges[exchange].needsNewConnection { return nil }
        while let connection = takePooled(target) {
            // What cannot be repeated is not risked on a connection that the target has closed.
            // Nor is anything on one that may still say what belongs to its last answer.
            let isRisk =
                !exchanges[exchange].method.isIdempotent
                || connections[connection].flags.contains(.bodiless)
            if !isRisk { return connection }
            if isQuiet(connection) { return connection }
            close(connection)
        }
        return nil
    }

    /// The upstream has no target left: the share moves to one whose set weight is above 0 and
    /// that has a usable target, by weight if there are several. Never to one at 0.
    private mutating func chooseOtherUpstream(_ exchange: Int) {
        if exchanges[exchange].choice == .pin { return endPin(exchange) }
        let split = exchanges[exchange].split
        exchanges[exchange].triedMembers |= 1 << UInt64(exchanges[exchange].member)
        let tried = exchanges[exchange].triedMembers
        var total: UInt64 = 0
        for member in 0..<splits[split].members.count where tried & 1 << UInt64(member) == 0 {
            total += weightForShift(exchange, to: member)
        }
        guard total > 0 else { return chooseIgnoringHealth(exchange) }
        if exchanges[exchange].rollout.segment != 0 { noteShift(exchange) }
        if splits[split].isSelective, let member = stickyShift(exchange) {
            assign(exchange, member, by: .shift)
            return chooseTarget(exchange)
        }
        var ticket = random.next() % total
        for member in 0..<splits[split].members.count where tried & 1 << UInt64(member) == 0 {
            let weight = weightForShift(exchange, to: member)
            if ticket < weight {
                assign(exchange, member, by: .shift)
                return chooseTarget(exchange)
            }
            ticket -= weight
        }
    }

    /// Exchanges that wait for a connection to an upstream, or for a place there, choose again if
    /// its weight is 0 now or it has left the split, or if their request chooses another one now.
    mutating func chooseAgainWhereWeightIsGone() {
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            guard exchanges[exchange].phase.isBeforeRequest, !keepsChoice(exchange) else {
                continue
            }
            perform(exchanges[exchange].handle(.weightGone), exchange)
        }
    }

    /// Whether the upstream that the exchange has chosen may still get it.
    func hasWeight(_ exchange: Int) -> Bool {
        let split = exchanges[exchange].split
        for member in 0..<splits[split].members.count
        where splits[split].members[member].lane == exchanges[exchange].lane {
            return splits[split].members[member].weight > .zero
        }
        return false
    }
}
