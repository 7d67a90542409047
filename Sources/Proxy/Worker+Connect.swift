internal import Bytes
internal import Kernel
internal import Reactor
internal import Settings
internal import Telemetry

/// Connections to targets: made, pooled, lent to an exchange and taken back.
extension Worker {
    /// Starts a new connection for an exchange.
    mutating func connect(_ exchange: Int, to target: Int) {
        if targets[target].version != .http1, mayShare(exchange, at: target) {
            return connectByStream(exchange, to: target)
        }
        guard crew.takeDescriptor(for: .upstream) else { return refuseForLack(exchange) }
        switch Socket.connect(to: targets[target].address) {
        case .failed(let error):
            crew.giveDescriptorBack()
            connectFailed(exchange, ConnectResult(error))
        case .started(let socket):
            var connection = Connection(to: target, socket: socket)
            connection.opening = opening(toTarget: target)
            guard let token = connections.insert(connection) else {
                crew.giveDescriptorBack()
                return connectFailed(exchange, .other)
            }
            let index = token.index
            counters.upstreamConnection(
                upstream: targets[target].upstream, idleBy: 0, activeBy: 1)
            attach(index, to: exchange)
            if epoll.addConnection(connections[index].socket, token: token.rawValue) != nil {
                detach(exchange)
                close(index)
                return connectFailed(exchange, .other)
            }
            timers.set(index, to: connectDeadline(exchange))
            perform(exchanges[exchange].handle(.connecting), exchange)
        }
    }

    /// What a connection to a target begins with.
    func opening(toTarget target: Int) -> Opening {
        let upstream = targets[target].upstream
        if upstreams[upstream].proxyHeader != nil { return .proxyHeader }
        return upstreams[upstream].tls == nil ? .done : .handshake
    }

    /// Our own lack of descriptors is no fault of any upstream.
    mutating func refuseForLack(_ exchange: Int) {
        exchanges[exchange].connectFailure = .overloaded
        perform(exchanges[exchange].handle(.noTargetLeft), exchange)
    }

    /// Whether an exchange may go over a connection with others'. Other protocols than HTTP need
    /// HTTP/1.1 where a target may choose, as few targets change to them in HTTP/2.
    private func mayShare(_ exchange: Int, at target: Int) -> Bool {
        if exchanges[exchange].isTCP { return false }
        return targets[target].version == .http2 || exchanges[exchange].upgradeMark == 0
    }

    /// The attempt behind an upstream's connection is decided.
    mutating func connectIsDecided(_ index: Int) {
        let exchange = Int(connections[index].exchange)
        guard exchange >= 0 else { return carrierIsDecided(index) }
        if let error = connections[index].socket.pendingError() {
            detach(exchange)
            close(index)
            return connectFailed(exchange, ConnectResult(error))
        }
        connections[index].flags.remove([.connecting, .writeBlocked])
        if connections[index].opening != .done { return openUpstream(index, .resumed) }
        upstreamIsOpen(index)
    }

    /// A connection to a target is ready for its first request.
    mutating func upstreamIsOpen(_ index: Int) {
        let exchange = Int(connections[index].exchange)
        // An answer may be there before its request: no other event will tell of it.
        if connections[index].flags.contains(.readable) { deferToNextTurn(index) }
        counters.connectEnded(upstream: exchanges[exchange].upstream, result: .ok)
        perform(exchanges[exchange].handle(.connected(reused: false)), exchange)
    }

    /// Counts a failed attempt and lets the exchange go on to the next target.
    mutating func connectFailed(_ exchange: Int, _ result: ConnectResult) {
        counters.connectEnded(upstream: exchanges[exchange].upstream, result: result)
        connectGaveUp(exchange, result)
    }

    /// Lets an exchange go on to the next target after an attempt that is counted already.
    /// `isLeftStanding`: the target has ended a connection before it took any request. Once that
    /// says nothing against it: it may have gone away at that moment, to come back at once.
    mutating func connectGaveUp(
        _ exchange: Int, _ result: ConnectResult, isLeftStanding: Bool = false
    ) {
        if log.isOn { noteFailedConnect(exchange) }
        if traces.isOn { traceAttempt(exchange) }
        let failure: AttemptFailure =
            switch result {
            case .timeout: .timeout
            case .handshake: .handshake
            case .unverified: .unverified
            case _ where isLeftStanding: .closed
            default: .connect
            }
        counters.attemptFailed(lane: exchanges[exchange].lane, kind: failure)
        if !isLeftStanding || exchanges[exchange].wasLeftStanding {
            noteFailure(exchange, .connect(result))
        }
        perform(exchanges[exchange].handle(.connectFailed(failure)), exchange)
    }

    /// Lends an upstream's connection to an exchange.
    mutating func attach(_ index: Int, to exchange: Int) {
        connections[index].exchange = Int32(exchange)
        exchanges[exchange].upstreamConnection = index
        exchanges[exchange].keepsUpstream = true
        connections[index].carriedCount &+= 1
        targets[exchanges[exchange].target].inflight += 1
    }

    /// Takes the connection away from its exchange and says which it was.
    mutating func detach(_ exchange: Int) {
        let index = exchanges[exchange].upstreamConnection
        guard index >= 0 else { return }
        connections[index].exchange = -1
        exchanges[exchange].upstreamConnection = -1
        targets[Int(connections[index].target)].inflight -= 1
    }

    /// Takes the connection away from its exchange and closes it.
    mutating func dropUpstream(_ exchange: Int) {
        let index = exchanges[exchange].upstreamConnection
        guard index >= 0 else { return }
        detach(exchange)
        close(index)
    }

    /// Takes the connection away from its exchange and pools it, if it may serve another.
    mutating func releaseUpstream(_ exchange: Int) {
        let index = exchanges[exchange].upstreamConnection
        guard index >= 0 else { return }
        detach(exchange)
        if connections[index].isStream {
            streams[at(index)].isInOrder =
                exchanges[exchange].keepsUpstream && exchanges[exchange].requestHasEnded
                && !streams[at(index)].isUpgrade
            return close(index)
        }
        let target = Int(connections[index].target)
        guard exchanges[exchange].keepsUpstream, targets[target].isCurrent, !isDraining,
            !isPoolShut(target, to: exchange), mayCarryMore(index),
            targets[target].pooledCount < Limits.pooledPerTarget, isForAnybody(index),
            isInStep(index)
        else { return close(index) }
        putInPool(index, target)
    }

    /// Whether its upstream's settings let a connection carry another request.
    private func mayCarryMore(_ index: Int) -> Bool {
        let upstream = targets[Int(connections[index].target)].upstream
        return connections[index].carriedCount < upstreams[upstream].requestsPerConnection
    }

    /// Whether an upstream's connection has said and got everything, and is still open.
    private mutating func isInStep(_ index: Int) -> Bool {
        guard connections[index].inbound == nil, connections[index].outbound == nil,
            !connections[index].flags.contains(.peerEnded)
        else { return false }
        guard connections[index].flags.contains(.readable) else { return true }
        // The last read filled its block to the end: only the socket knows whether more waits.
        guard isQuiet(index) else { return false }
        connections[index].flags.remove(.readable)
        return true
    }
}

/// The pool of each target: last in, first out, so that what is not needed grows old and closes.
extension Worker {
    mutating func putInPool(_ index: Int, _ target: Int) {
        let next = targets[target].firstPooled
        connections[index].nextPooled = next
        connections[index].previousPooled = -1
        connections[index].flags.insert(.pooled)
        if next >= 0 { connections[Int(next)].previousPooled = Int32(index) }
        targets[target].firstPooled = Int32(index)
        targets[target].pooledCount += 1
        counters.upstreamConnection(upstream: targets[target].upstream, idleBy: 1, activeBy: -1)
        timers.set(index, to: keepaliveDeadline(ofUpstream: targets[target].upstream))
    }

    /// The pooled connection used last, out of the pool; nil when the pool is empty.
    mutating func takePooled(_ target: Int) -> Int? {
        let index = Int(targets[target].firstPooled)
        guard index >= 0 else { return nil }
        leavePool(index)
        return index
    }

    /// Takes a connection out of its target's pool.
    mutating func leavePool(_ index: Int) {
        let target = Int(connections[index].target)
        let next = connections[index].nextPooled
        let previous = connections[index].previousPooled
        if previous >= 0 {
            connections[Int(previous)].nextPooled = next
        } else {
            targets[target].firstPooled = next
        }
        if next >= 0 { connections[Int(next)].previousPooled = previous }
        connections[index].flags.remove(.pooled)
        targets[target].pooledCount -= 1
        counters.upstreamConnection(upstream: targets[target].upstream, idleBy: -1, activeBy: 1)
    }

    /// Closes all connections to a target that nobody uses, and lets no others over those that
    /// carry streams.
    mutating func emptyPool(of target: Int) {
        while let index = takePooled(target) { close(index) }
        if targets[target].firstCarrier >= 0 { retireCarriers(of: target) }
    }
}

extension ConnectResult {
    /// What an attempt that failed with this error counts as.
    init(_ error: Errno) {
        switch error {
        case .connectionRefused: self = .refused
        case .timedOut: self = .timeout
        case .hostUnreachable, .networkUnreachable: self = .unreachable
        case .connectionReset, .brokenPipe: self = .reset
        default: self = .other
        }
    }
}
