internal import Addressing
internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import Telemetry

/// How much a listener takes: heads, bodies, and connections over all workers.
///
/// Connections are counted by the worker that serves them, when it begins to, and only while
/// there is a limit. So a connection on its way from one worker to another is in no count, and
/// what a worker has counted stands in its own connections.
extension Worker {
    /// The size of a request's body that this client may send.
    func bodyLimit(ofClient index: Int) -> UInt64 {
        listeners[Int(connections[index].listener)].bodyLimit
    }

    /// Takes on a listener's limits.
    mutating func takeOnLimits(of listener: Blueprint.Listener) {
        let limits = listener.limits
        listeners[listener.id].headLimits = HeadLimits(limits)
        listeners[listener.id].bodyLimit = limits.bodyBytes.map { UInt64(max($0, 0)) } ?? .max
        listeners[listener.id].connectionLimit = limits.connections.map { UInt64(max($0, 0)) }
        listeners[listener.id].connectionLimitPerClient = limits.connectionsPerClient
        listeners[listener.id].counts = listener.counts
    }

    /// Counts the connections that came while there was no limit. There may be more of them than
    /// the limit allows: they stay, and no other is let in until enough of them have gone.
    mutating func countPresentConnections() {
        for index in 0..<connections.indexLimit where connections.isUsed(index) {
            let places = connections[index].places
            guard connections[index].side == .downstream, !places.contains(.turnedAway),
                !connections[index].isStream
            else { continue }
            let listener = Int(connections[index].listener)
            guard let counts = listeners[listener].counts else { continue }
            if listeners[listener].connectionLimit != nil, !places.contains(.ofListener) {
                _ = counts.connections.add(1)
                connections[index].places.insert(.ofListener)
            }
            let isKnown = connections[index].opening != .proxyHeader
            if listeners[listener].connectionLimitPerClient != nil, isKnown,
                !places.contains(.ofClient)
            {
                counts.clients.add(connections[index].client)
                connections[index].places.insert(.ofClient)
            }
        }
    }

    /// Counts a new connection where there is a limit. If there is no place left, it is not
    /// counted, and the limit is returned.
    func takePlaces(_ connection: inout Connection) -> Refusal? {
        let listener = Int(connection.listener)
        guard let counts = listeners[listener].counts else { return nil }
        // Who the client is, a proxy has still to tell.
        if connection.opening != .proxyHeader, !takeClientPlace(&connection) {
            return .connectionsPerClient
        }
        if let limit = listeners[listener].connectionLimit {
            guard counts.connections.take(below: limit) else {
                givePlacesBack(connection.places, of: connection.client, at: listener)
                return .connections
            }
            connection.places.insert(.ofListener)
        }
        return nil
    }

    /// Counts a connection among those of its client where there is a limit for them; false, and
    /// not counted, if there is no place left.
    func takeClientPlace(_ connection: inout Connection) -> Bool {
        let listener = Int(connection.listener)
        guard let counts = listeners[listener].counts,
            let limit = listeners[listener].connectionLimitPerClient
        else { return true }
        guard counts.clients.take(connection.client, below: limit) else { return false }
        connection.places.insert(.ofClient)
        return true
    }

    /// Gives back what a connection was counted in.
    func givePlacesBack(_ places: Places, of client: IPAddress, at listener: Int) {
        guard !places.isEmpty, let counts = listeners[listener].counts else { return }
        if places.contains(.ofListener) { counts.connections.subtract(1) }
        if places.contains(.ofClient) { counts.clients.release(client) }
    }

    /// A client's connection closes.
    mutating func leave(_ index: Int) {
        let places = connections[index].places
        if places.contains(.turnedAway) {
            turnedAwayCount -= 1
            return
        }
        let listener = Int(connections[index].listener)
        counters.downstreamClosed(listener: listener)
        givePlacesBack(places, of: connections[index].client, at: listener)
    }

    /// Tells a client for which there is no place so, without waiting for its request, and lets
    /// it close. Where many are turned away at once, the others are closed behind the answer.
    mutating func turnAway(_ refused: consuming Connection, by limit: Refusal) {
        counters.refused(listener: Int(refused.listener), by: limit)
        if listeners[Int(refused.listener)].openingAfterHeader != .done {
            refused.socket.resetOnClose()
            return dropTurnedAway(refused)
        }
        setDate()
        idText.removeAll()
        ids.next().append(to: &idText)
        OwnAnswer(limit).encode(
            version: .http11, keepAlive: false, isHead: false, date: dateLine, requestID: idText,
            into: &scratch)
        // A new socket has room for so little; who takes nothing is not told.
        // One who speaks TLS would not understand it.
        if listeners[Int(refused.listener)].tls == nil {
            _ = refused.socket.send(scratch, before: .end)
        }
        scratch.removeAll()
        refused.socket.endSending()
        guard turnedAwayCount < Limits.turnedAway else { return dropTurnedAway(refused) }
        refused.places = .turnedAway
        refused.flags.insert(.lingering)
        guard let token = connections.insert(refused) else {
            crew.connectionClosed(by: number)
            crew.giveDescriptorBack()
            return
        }
        turnedAwayCount += 1
        let index = token.index
        if epoll.addConnection(connections[index].socket, token: token.rawValue) != nil {
            return close(index)
        }
        timers.set(index, to: now.advanced(byMilliseconds: Limits.lingerMilliseconds))
        linger(index)
    }

    /// Closes at once. What the client has sent already is read before: to close over it would
    /// be a reset, which may overtake the answer.
    private mutating func dropTurnedAway(_ refused: consuming Connection) {
        var buffer = takeBuffer()
        _ = refused.socket.receive(into: &buffer)
        giveBack(buffer)
        crew.connectionClosed(by: number)
        crew.giveDescriptorBack()
    }
}

extension OwnAnswer {
    /// What a client is told that was turned away.
    fileprivate init(_ limit: Refusal) {
        switch limit {
        case .connections: self = .tooManyConnections
        case .connectionsPerClient: self = .tooManyConnectionsOfClient
        }
    }
}

extension HeadLimits {
    /// A listener's, within what heads may have at all.
    fileprivate init(_ limits: ListenerLimits) {
        self.init(
            headBytes: min(max(limits.headBytes, 1), Self.mostHeadBytes),
            fields: min(max(limits.fields, 1), Self.mostFields),
            targetBytes: max(limits.uriBytes, 1))
    }
}
