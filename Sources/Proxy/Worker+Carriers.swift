internal import Bytes
internal import HTTP2
internal import Kernel
internal import Reactor
internal import Settings
internal import Splitting
internal import TLS
internal import Telemetry

/// Connections to targets that carry streams (RFC 9113): an exchange goes over a stream of one that
/// has room, waits for one that is on its way, or has a new one made.
///
/// A carrier has no exchange of its own. One is filled before the next is used, so that many
/// requests share a write.
extension Worker {
    /// Goes to a target over a stream.
    mutating func connectByStream(_ exchange: Int, to target: Int) {
        if let carrier = carrierWithRoom(at: target) { return begin(exchange, over: carrier) }
        if let carrier = carrierUnderWay(to: target) { return wait(exchange, at: carrier) }
        guard targets[target].carrierCount >= Limits.carriersPerTarget else {
            if let carrier = makeCarrier(to: target, exchange) { wait(exchange, at: carrier) }
            return
        }
        guard let carrier = leastAwaitedCarrier(of: target) else {
            return connectFailed(exchange, .other)
        }
        wait(exchange, at: carrier)
    }

    private func carrierWithRoom(at target: Int) -> Int? {
        var index = Int(targets[target].firstCarrier)
        while index >= 0 {
            let place = Int(connections[index].carriage)
            if carriages[place].waitingCount == 0, room(on: index) > 0 { return index }
            index = Int(carriages[place].next)
        }
        return nil
    }

    /// How many more streams an open carrier takes now.
    private func room(on index: Int) -> Int {
        let place = Int(connections[index].carriage)
        guard carriages[place].isOpen, takesMore(index), let session = peek(index) else { return 0 }
        let begun = carriages[place].attachedCount - carriages[place].waitingCount
        return session.most - max(session.count, begun)
    }

    /// How many streams the target of a carrier lets be open at once, and how many are.
    private func peek(_ index: Int) -> (most: Int, count: Int)? {
        guard let most = connections[index].http2?.mostStreams,
            let count = connections[index].http2?.streamCount
        else { return nil }
        return (min(Int(most), Limits.streamsPerCarrier), count)
    }

    /// Whether new streams may be begun on a carrier, be there room or not.
    private func takesMore(_ index: Int) -> Bool {
        let upstream = targets[Int(connections[index].target)].upstream
        return connections[index].http2?.takesRequests ?? true
            && connections[index].carriedCount < upstreams[upstream].requestsPerConnection
    }

    /// One that is not open yet, with fewer streams in wait than the last one could carry.
    private func carrierUnderWay(to target: Int) -> Int? {
        var index = Int(targets[target].firstCarrier)
        while index >= 0 {
            let place = Int(connections[index].carriage)
            if !carriages[place].isOpen, takesMore(index),
                carriages[place].waitingCount < targets[target].streamLimit
            {
                return index
            }
            index = Int(carriages[place].next)
        }
        return nil
    }

    private func leastAwaitedCarrier(of target: Int) -> Int? {
        var (index, best, least) = (Int(targets[target].firstCarrier), -1, Int.max)
        while index >= 0 {
            let place = Int(connections[index].carriage)
            let count = carriages[place].waitingCount
            if takesMore(index), count < least { (best, least) = (index, count) }
            index = Int(carriages[place].next)
        }
        return best < 0 ? nil : best
    }

    /// Starts a connection; nil when none can be had, of which the exchange was told.
    private mutating func makeCarrier(to target: Int, _ exchange: Int) -> Int? {
        guard crew.takeDescriptor(for: .upstream) else {
            refuseForLack(exchange)
            return nil
        }
        switch Socket.connect(to: targets[target].address) {
        case .failed(let error):
            crew.giveDescriptorBack()
            connectFailed(exchange, ConnectResult(error))
            return nil
        case .started(let socket):
            var connection = Connection(to: target, socket: socket)
            connection.opening = opening(toTarget: target)
            guard let token = connections.insert(connection) else {
                crew.giveDescriptorBack()
                connectFailed(exchange, .other)
                return nil
            }
            let index = token.index
            counters.upstreamConnection(
                upstream: targets[target].upstream, idleBy: 0, activeBy: 1)
            enlist(index, target)
            if epoll.addConnection(connections[index].socket, token: token.rawValue) != nil {
                close(index)
                connectFailed(exchange, .other)
                return nil
            }
            timers.set(index, to: connectDeadline(exchange))
            return index
        }
    }

    private mutating func enlist(_ index: Int, _ target: Int) {
        guard let token = carriages.insert(CarrierState()) else {
            preconditionFailure("more carriers than connections")
        }
        let next = targets[target].firstCarrier
        carriages[token.index].next = next
        if next >= 0 { carriages[Int(connections[Int(next)].carriage)].previous = Int32(index) }
        connections[index].carriage = Int32(token.index)
        targets[target].firstCarrier = Int32(index)
        targets[target].carrierCount += 1
    }

    /// A carrier is closed, or carries no streams after all. It has none that wait.
    mutating func leaveCarriers(_ index: Int) {
        let target = Int(connections[index].target)
        let carriage = carriages.remove(at: Int(connections[index].carriage))
        connections[index].carriage = -1
        if carriage.previous >= 0 {
            carriages[Int(connections[Int(carriage.previous)].carriage)].next = carriage.next
        } else {
            targets[target].firstCarrier = carriage.next
        }
        if carriage.next >= 0 {
            carriages[Int(connections[Int(carriage.next)].carriage)].previous = carriage.previous
        }
        targets[target].carrierCount -= 1
        if carriage.isIdle {
            counters.upstreamConnection(
                upstream: targets[target].upstream, idleBy: -1, activeBy: 1)
        }
    }
}

/// From the attempt to connect to the end.
extension Worker {
    /// The attempt behind a carrier is decided.
    mutating func carrierIsDecided(_ index: Int) {
        if let error = connections[index].socket.pendingError() {
            return carrierFailed(index, ConnectResult(error))
        }
        connections[index].flags.remove([.connecting, .writeBlocked])
        if connections[index].opening == .handshake { return handshakeUpstream(index, .resumed) }
        carrierIsConnected(index)
    }

    /// The protocols that a target is offered over a connection.
    func offer(by index: Int) -> TLSOffer {
        let version = targets[Int(connections[index].target)].version
        if connections[index].carriage >= 0 { return version == .http2 ? .http2 : .both }
        let exchange = Int(connections[index].exchange)
        guard version != .http1, exchange >= 0, !exchanges[exchange].isTCP else { return .nothing }
        return .http1
    }

    /// A carrier is connected, with TLS where that is spoken. Whether the target speaks HTTP/2, its
    /// first frame shows; nothing is risked before.
    mutating func carrierIsConnected(_ index: Int) {
        let isAgreed = connections[index].tls?.isHTTP2 ?? true
        if !isAgreed {
            let isNeeded = targets[Int(connections[index].target)].version == .http2
            return isNeeded ? targetRefuses(index, .applicationProtocol) : becomePlain(index)
        }
        guard
            let session = HTTP2Session(
                isServer: false, limits: .ofTargets, memory: frames.memory)
        else {
            return carrierFailed(index, .other)
        }
        connections[index].http2 = consume session
        markFrames(index)
        if connections[index].flags.contains(.readable) { deferToNextTurn(index) }
    }

    /// A target has chosen HTTP/1.1: the connection is that of the first who waits for it, the
    /// others get their own.
    private mutating func becomePlain(_ index: Int) {
        let target = Int(connections[index].target)
        targets[target].streamLimit = 1
        var stream = takeWaiting(Int(connections[index].carriage))
        leaveCarriers(index)
        if stream < 0 {
            counters.connectEnded(upstream: targets[target].upstream, result: .ok)
            return putInPool(index, target)
        }
        let (first, next) = leaveStream(stream)
        stream = next
        attach(index, to: first)
        upstreamIsOpen(index)
        placeAgain(stream)
    }

    /// Something came of the target of a carrier that is not open. It is when SETTINGS are here
    /// that let a stream be open.
    mutating func lookAfterOpening(_ index: Int) {
        guard connections[index].http2?.hasPeerSettings == true, let session = peek(index) else {
            return
        }
        if session.most > 0 || !takesMore(index) { carrierIsOpen(index) }
    }

    /// A carrier takes its first requests, or none at all if its target goes away already.
    private mutating func carrierIsOpen(_ index: Int) {
        let target = Int(connections[index].target)
        let place = Int(connections[index].carriage)
        carriages[place].isOpen = true
        watchLife(ofTarget: index)
        counters.connectEnded(upstream: targets[target].upstream, result: .ok)
        if let session = peek(index) { targets[target].streamLimit = max(1, session.most) }
        admitWaiting(index)
        guard connections[index].carriage >= 0 else { return }
        if carriages[place].attachedCount == 0 { return carrierIsIdle(index) }
        // Whoever found no room looks for another one.
        if carriages[place].waitingCount > 0 { dismissWaiting(index) }
    }

    /// Something has changed at an open carrier that streams wait at.
    mutating func lookAfterWaiting(_ index: Int) {
        guard carriages[Int(connections[index].carriage)].waitingCount > 0 else { return }
        if takesMore(index) { return admitWaiting(index) }
        dismissWaiting(index)
    }

    /// Whoever waits at a carrier leaves it. One whose target goes away before it took any request
    /// is no better than one that did not come about: else such a target would be connected to
    /// without end. Those that we have retired ourselves, for a drain or a reload, say nothing.
    private mutating func dismissWaiting(_ index: Int) {
        let place = Int(connections[index].carriage)
        let isGone = connections[index].http2?.takesRequests == false
        let isUnused = isGone && !carriages[place].hasCarried
        let first = takeWaiting(place)
        if isUnused { leaveStanding(first) } else { placeAgain(first) }
    }

    private mutating func admitWaiting(_ index: Int) {
        let place = Int(connections[index].carriage)
        var left = carriages[place].waitingCount
        while left > 0, carriages[place].firstWaiting >= 0, room(on: index) > 0 {
            left -= 1
            let stream = Int(carriages[place].firstWaiting)
            leaveWaiting(stream, place)
            connections[stream].flags.remove([.connecting, .writeBlocked])
            beginCarried(Int(connections[stream].exchange), index)
        }
    }

    /// Nobody uses a carrier any more.
    mutating func carrierIsIdle(_ index: Int) {
        let place = Int(connections[index].carriage)
        let target = Int(connections[index].target)
        guard carriages[place].isOpen, !carriages[place].isIdle else { return }
        carriages[place].isIdle = true
        counters.upstreamConnection(upstream: targets[target].upstream, idleBy: 1, activeBy: -1)
        let isNeeded =
            takesMore(index) && targets[target].isCurrent && !targets[target].standing.isDrained
        if !isNeeded || isDraining { return endCarrier(index) }
        timers.set(index, to: keepaliveDeadline(ofUpstream: targets[target].upstream))
    }

    /// Tells the target that the connection ends; it closes when that has gone out.
    private mutating func endCarrier(_ index: Int) {
        let place = Int(connections[index].carriage)
        guard !carriages[place].isEnding else { return }
        carriages[place].isEnding = true
        connections[index].carriedCount = .max
        connections[index].http2?.terminate()
        markFrames(index)
        timers.set(index, to: now.advanced(byMilliseconds: Limits.lingerMilliseconds))
    }

    /// Ends a carrier that nobody uses; others end with their last stream.
    mutating func endIdleCarrier(_ index: Int) {
        if carriages[Int(connections[index].carriage)].isIdle { endCarrier(index) }
    }

    /// A target's carriers get no new streams; those that nobody uses end at once.
    mutating func retireCarriers(of target: Int) {
        var index = Int(targets[target].firstCarrier)
        while index >= 0 {
            connections[index].carriedCount = .max
            endIdleCarrier(index)
            index = Int(carriages[Int(connections[index].carriage)].next)
        }
    }

    /// A stream's target is late. If nothing at all came of it since the request was sent, nobody
    /// else is to wait for it over the same connection.
    mutating func doubtCarrier(of index: Int, _ exchange: Int) {
        let carrier = streams[at(index)].carrier
        guard connections.contains(carrier) else { return }
        let place = Int(connections[carrier.index].carriage)
        if carriages[place].heardAt <= exchanges[exchange].requestSent {
            connections[carrier.index].carriedCount = .max
        }
    }

    /// The deadline of a carrier is over.
    mutating func carrierToTargetIsLate(_ index: Int) {
        let place = Int(connections[index].carriage)
        if !carriages[place].isOpen {
            if connections[index].opening == .handshake {
                noteFailedHandshake(ofTarget: index, .timeout)
            }
            return carrierFailed(index, .timeout)
        }
        if carriages[place].isEnding { return carrierFailed(index, .other) }
        if carriages[place].isIdle { return endCarrier(index) }
        guard askForLife(index) else { return carrierFailed(index, .timeout) }
        watchLife(ofTarget: index)
    }

    /// Whether a target that was connected to has said nothing, or does speak HTTP/2.
    private func isSilentOrSound(_ index: Int) -> Bool {
        guard let isSound = connections[index].http2?.hasPeerSettings else { return false }
        return isSound || carriages[Int(connections[index].carriage)].heardAt == .distantPast
    }

    /// A carrier is closed at once, whatever it carries. Those that wait for it to open have failed
    /// with it; those that wait for room look for another one.
    mutating func carrierFailed(_ index: Int, _ result: ConnectResult) {
        let place = Int(connections[index].carriage)
        let (wasOpen, hasCarried) = (carriages[place].isOpen, carriages[place].hasCarried)
        let isLeftStanding = result == .reset && isSilentOrSound(index)
        var stream = takeWaiting(place)
        if !wasOpen {
            let upstream = targets[Int(connections[index].target)].upstream
            counters.connectEnded(upstream: upstream, result: result)
        }
        close(index)
        if hasCarried { return placeAgain(stream) }
        if isLeftStanding { return leaveStanding(stream) }
        while stream >= 0 {
            let (exchange, next) = leaveStream(stream)
            connectGaveUp(exchange, result)
            stream = next
        }
    }
}
