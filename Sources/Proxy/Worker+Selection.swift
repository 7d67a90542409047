internal import Addressing
internal import Bytes
internal import HTTP
internal import Splitting
internal import Telemetry

/// Choices that look at the request: which split it goes through, which member it is pinned to,
/// which one its client is kept at. A split and a listener that ask nothing never come here.
extension Worker {
    /// The split of a request whose head was just parsed.
    mutating func routedSplit(_ index: Int) -> Int {
        let listener = Int(connections[index].listener)
        guard let buffer = connections[index].inbound.take() else {
            return listeners[listener].split
        }
        let route = route(of: index, buffer)
        connections[index].inbound = consume buffer
        return route.map { listeners[listener].routeSplits[$0] } ?? listeners[listener].split
    }

    private func route(of index: Int, _ buffer: borrowing Buffer) -> Int? {
        let listener = Int(connections[index].listener)
        let asksForClient = listeners[listener].routes.asksForClient
        let origin = origin(of: index, buffer, asksForClient: asksForClient)
        return listeners[listener].routes.firstMatch(requestHead, buffer.bytes, origin)
    }

    /// The member that the request itself chooses, and by what; nil when the sequence chooses.
    mutating func selectedMember(_ exchange: Int) -> (member: Int, by: ChoiceKind)? {
        if exchanges[exchange].isTCP { return selectedMember(ofTCP: exchange) }
        let client = exchanges[exchange].downstream
        // What was sent of a request that chooses again is still held, from its first byte on.
        guard let buffer = connections[client].inbound.take() else { return nil }
        let selected = selectedMember(exchange, buffer)
        connections[client].inbound = consume buffer
        return selected
    }

    private mutating func selectedMember(
        _ exchange: Int, _ buffer: borrowing Buffer
    ) -> (member: Int, by: ChoiceKind)? {
        parseAgain(exchange, buffer)
        let split = exchanges[exchange].split
        let asksForClient = splits[split].selection.asksForClient
        let origin = origin(
            of: exchanges[exchange].downstream, buffer, asksForClient: asksForClient)
        if let member = splits[split].selection.pinnedMember(requestHead, buffer.bytes, origin) {
            return (member, .pin)
        }
        let position = splits[split].selection.position(requestHead, buffer.bytes, origin)
        guard let position else { return nil }
        exchanges[exchange].rollout.key = position
        let member = splits[split].selection.member(at: position, of: splits[split].members)
        return member < 0 ? nil : (member, .sticky)
    }

    /// Whom the request at the front of a client's block is from.
    private func origin(
        of client: Int, _ buffer: borrowing Buffer, asksForClient: Bool
    ) -> RequestOrigin {
        let address = ClientAddress(bits: connections[client].client.bits)
        let listener = Int(connections[client].listener)
        let isTrusted = trusts(address, at: listener)
        guard isTrusted, asksForClient else {
            return RequestOrigin(client: address, isTrusted: isTrusted)
        }
        let real = requestHead.client(buffer.bytes, from: address) { trusts($0, at: listener) }
        return RequestOrigin(client: real, isTrusted: true)
    }

    func trusts(_ address: ClientAddress, at listener: Int) -> Bool {
        let address = IPAddress(bits: address.bits)
        for index in 0..<listeners[listener].trustedProxies.count
        where listeners[listener].trustedProxies[index].contains(address) {
            return true
        }
        return false
    }
}

/// What becomes of such a choice later on.
extension Worker {
    /// Whether the upstream that the exchange has chosen may still get it. What its request has
    /// chosen, it has to choose today as well: by the weights, pins and secret of today.
    mutating func keepsChoice(_ exchange: Int) -> Bool {
        switch exchanges[exchange].choice {
        case .sequence, .shift:
            return hasWeight(exchange)
        case .pin, .sticky:
            let split = exchanges[exchange].split
            guard let today = selectedMember(exchange) else { return false }
            return today.by == exchanges[exchange].choice
                && splits[split].members[today.member].lane == exchanges[exchange].lane
        }
    }

    /// The member that gets a request of a sticky split instead of those that were tried: always
    /// the same one for the same client. nil where the split is not sticky, or has two members.
    mutating func stickyShift(_ exchange: Int) -> Int? {
        let split = exchanges[exchange].split
        guard splits[split].selection.isSticky, splits[split].members.count > 2,
            let position = position(exchange)
        else { return nil }
        var passed = exchanges[exchange].triedMembers
        for member in 0..<splits[split].members.count
        where weightForShift(exchange, to: member) == 0 {
            passed |= 1 << UInt64(member)
        }
        let member = splits[split].selection.member(
            at: position, of: splits[split].members, passed: passed)
        return member < 0 ? nil : member
    }

    private mutating func position(_ exchange: Int) -> UInt64? {
        let client = exchanges[exchange].downstream
        if exchanges[exchange].isTCP {
            return splits[exchanges[exchange].split].selection.position(origin(of: client))
        }
        guard let buffer = connections[client].inbound.take() else { return nil }
        let position = position(exchange, buffer)
        connections[client].inbound = consume buffer
        return position
    }

    private mutating func position(_ exchange: Int, _ buffer: borrowing Buffer) -> UInt64? {
        parseAgain(exchange, buffer)
        let split = exchanges[exchange].split
        let asksForClient = splits[split].selection.asksForClient
        let origin = origin(
            of: exchanges[exchange].downstream, buffer, asksForClient: asksForClient)
        return splits[split].selection.position(requestHead, buffer.bytes, origin)
    }

    /// No target of the pinned upstream is left. A pin never goes elsewhere: what checks and
    /// traffic say of its targets is ignored then, what an operator has drained is not.
    mutating func endPin(_ exchange: Int) {
        let upstream = exchanges[exchange].upstream
        guard !exchanges[exchange].ignoresHealth, !upstreams[upstream].standing.isPlain else {
            return perform(exchanges[exchange].handle(.noTargetLeft), exchange)
        }
        exchanges[exchange].ignoresHealth = true
        exchanges[exchange].forgetUpstream()
        passOverUsable(exchange)
        chooseTarget(exchange)
    }

    /// Whether an exchange may go to a target of this rank.
    func mayUse(_ rank: TargetRank, _ exchange: Int) -> Bool {
        rank.isUsable || exchanges[exchange].ignoresHealth && rank <= lastRank(of: exchange)
    }

    /// The last rank that an exchange may go to where health is ignored.
    func lastRank(of exchange: Int) -> TargetRank {
        exchanges[exchange].choice == .pin ? .unusable : .drained
    }
}
