internal import Bytes
internal import HTTP
internal import Kernel
internal import Splitting
internal import Telemetry

/// From a request to a connection: split, upstream, target.
extension Worker {
    /// Chooses the upstream by the split's sequence and goes on to its target.
    mutating func choose(_ exchange: Int) {
        let split = exchanges[exchange].split
        exchanges[exchange].triedMembers = 0
        exchanges[exchange].ignoresHealth = false
        assign(exchange, splits[split].nextMember(), by: .sequence)
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
        exchanges[exchange].triedTargets =
            exchanges[exchange].ignoresHealth ? usableTargets(of: chosen.upstream) : 0
    }

    /// Chooses one of the upstream's targets that were not tried yet: of two at random the one
    /// with less in flight. When none is left, the exchange moves to another upstream.
    mutating func chooseTarget(_ exchange: Int) {
        let upstream = exchanges[exchange].upstream
        let position =
            upstreams[upstream].standing.isPlain
            ? untriedTarget(of: upstream, exchanges[exchange].triedTargets)
            : untriedTargetByStanding(exchange)
        guard let position else { return chooseOtherUpstream(exchange) }
        exchanges[exchange].triedTargets |= 1 << UInt64(position % 64)
        let target = upstreams[upstream].targets[position]
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
        // A repeat goes out on a new connection only.
        if exchanges[exchange].hasBeenRepeated { return nil }
        while let connection = takePooled(target) {
            // What cannot be repeated is not risked on a connection that the target has closed.
            let isRisk = !exchanges[exchange].method.isIdempotent
            if !isRisk || connections[connection].socket.isQuiet() { return connection }
            close(connection)
        }
        return nil
    }

    private mutating func untriedTarget(of upstream: Int, _ tried: UInt64) -> Int? {
        let count = upstreams[upstream].targets.count
        if count == 0 { return nil }
        var position = 0
        if count > 1 {
            position = LeastOfTwo.pick(
                count: count, random: random.next(),
                weight: { targets[upstreams[upstream].targets[$0]].weight },
                load: { targets[upstreams[upstream].targets[$0]].inflight })
        }
        for _ in 0..<count {
            // Beyond 64 targets two share a mark: no exchange lives through so many failures.
            if tried & 1 << UInt64(position % 64) == 0 { return position }
            position = position + 1 == count ? 0 : position + 1
        }
        return nil
    }

    /// The upstream has no target left: the share moves to one whose set weight is above 0 and
    /// that has a usable target, by weight if there are several. Never to one at 0.
    private mutating func chooseOtherUpstream(_ exchange: Int) {
        let split = exchanges[exchange].split
        exchanges[exchange].triedMembers |= 1 << UInt64(exchanges[exchange].member)
        let tried = exchanges[exchange].triedMembers
        var total: UInt64 = 0
        for member in 0..<splits[split].members.count where tried & 1 << UInt64(member) == 0 {
            total += weightForShift(exchange, to: member)
        }
        guard total > 0 else { return chooseIgnoringHealth(exchange) }
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

    /// Exchanges that wait for a connection to an upstream whose weight is 0 now, or that has
    /// left the split, choose again.
    mutating func chooseAgainWhereWeightIsGone() {
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            guard exchanges[exchange].phase == .connecting, !hasWeight(exchange) else { continue }
            perform(exchanges[exchange].handle(.weightGone), exchange)
        }
    }

    /// Sends a request once more, on a new connection: to the same target, unless its upstream or
    /// the target itself may get nothing any more.
    mutating func repeatRequest(_ exchange: Int) {
        let target = exchanges[exchange].target
        if hasWeight(exchange), targets[target].isCurrent, !isShut(target, to: exchange) {
            connect(exchange, to: target)
        } else {
            choose(exchange)
        }
    }

    private func hasWeight(_ exchange: Int) -> Bool {
        let split = exchanges[exchange].split
        for member in 0..<splits[split].members.count
        where splits[split].members[member].lane == exchanges[exchange].lane {
            return splits[split].members[member].weight > .zero
        }
        return false
    }
}
