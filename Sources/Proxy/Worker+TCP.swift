internal import Addressing
internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import TLS
internal import Telemetry

/// Connections through tcp listeners, from their first moment to their end.
extension Worker {
    /// A new connection that has something to get over, or somewhere to go, before any request.
    mutating func beginOpening(_ index: Int) {
        if connections[index].opening == .tcp { return beginTCP(index) }
        let client = ClientAddress(bits: connections[index].client.bits)
        if connections[index].opening == .proxyHeader,
            !trusts(client, at: Int(connections[index].listener))
        {
            return refuseHeader(index, .untrusted)
        }
        let time = timeouts(ofClient: index).handshakeMilliseconds
        timers.set(index, to: now.advanced(byMilliseconds: time))
        // Who only connects costs no session of TLS: an event tells of its first bytes.
        if connections[index].opening == .handshake { return }
        // The first bytes may be here already: an accepted connection is readable until it is read.
        openDownstream(index, .resumed)
    }

    /// Sends a connection on its way to a target.
    mutating func beginTCP(_ index: Int) {
        if connections[index].opening != .hello { readNameOfSession(index) }
        connections[index].opening = .done
        let listener = Int(connections[index].listener)
        var split = listeners[listener].split
        if !listeners[listener].routes.isEmpty {
            let route = listeners[listener].routes.firstMatch(
                serverName: serverName.bytes, origin(of: index))
            if let route { split = listeners[listener].routeSplits[route] }
        }
        let exchange = Exchange(
            downstream: index, listener: listener, split: split, method: .other,
            isVersion10: false, hasBody: true, headCount: 0, keepsDownstream: false, began: now)
        guard let token = exchanges.insert(exchange) else { return breakOff(index, "overloaded") }
        connections[index].exchange = Int32(token.index)
        timers.set(index, to: tunnelDeadline(token.index))
        if log.isOn { noteTCP(token.index) }
        choose(token.index)
    }

    /// Whom a connection is from.
    func origin(of client: Int) -> RequestOrigin {
        RequestOrigin(
            client: ClientAddress(bits: connections[client].client.bits), isTrusted: false)
    }

    /// The member that a connection chooses by its client's address or by the name that it asks
    /// for, and by what; nil when the sequence chooses.
    mutating func selectedMember(ofTCP exchange: Int) -> (member: Int, by: ChoiceKind)? {
        readNameAgain(exchange)
        let split = exchanges[exchange].split
        let origin = origin(of: exchanges[exchange].downstream)
        let pinned = splits[split].selection.pinnedMember(
            serverName: serverName.bytes, origin)
        if let pinned { return (pinned, .pin) }
        guard let position = splits[split].selection.position(origin) else { return nil }
        exchanges[exchange].rollout.key = position
        let member = splits[split].selection.member(at: position, of: splits[split].members)
        return member < 0 ? nil : (member, .sticky)
    }

    /// The target is connected: from now on bytes go both ways.
    mutating func joinSides(_ exchange: Int) {
        let target = exchanges[exchange].upstreamConnection
        let client = exchanges[exchange].downstream
        let lane = exchanges[exchange].lane
        exchanges[exchange].routedLane = lane
        counters.routed(lane: lane, by: exchanges[exchange].choice)
        counters.tcpConnected(lane: lane)
        if exchanges[exchange].rollout.segment != 0 { noteConnection(exchange, isConnected: true) }
        targets[exchanges[exchange].target].failures.inARow = 0
        if log.isOn { noteAttempt(exchange, headBytes: 0) }
        if let lifetime = timeouts(ofClient: client).lifetimeMilliseconds {
            exchanges[exchange].end = exchanges[exchange].began.advanced(byMilliseconds: lifetime)
        }
        join(client, exchange)
        join(target, exchange)
        setTCPDeadlines(exchange)
        relayTCP(exchange)
    }

    private mutating func join(_ index: Int, _ exchange: Int) {
        let client = exchanges[exchange].downstream
        let seconds = Limits.deadPeerSeconds(ofTunnel: timeouts(ofClient: client))
        connections[index].body = .untilClose
        connections[index].framing = .plain
        connections[index].socket.findDeadPeer(withinSeconds: seconds)
    }

    /// Something has moved: both sides have as long again; the client's deadline is the end, too.
    private mutating func setTCPDeadlines(_ exchange: Int) {
        let idle = tunnelDeadline(exchange)
        timers.set(exchanges[exchange].downstream, to: min(idle, exchanges[exchange].end))
        timers.set(exchanges[exchange].upstreamConnection, to: idle)
    }

    /// The client's deadline is over.
    mutating func tcpIsLate(_ exchange: Int) {
        switch exchanges[exchange].phase {
        case .choosing, .connecting:
            // The target has its own time.
            timers.set(exchanges[exchange].downstream, to: tunnelDeadline(exchange))
        case .queued:
            endWaiting(exchange)
        case .tunnelling:
            let isOld = exchanges[exchange].end <= now
            perform(exchanges[exchange].handle(isOld ? .overdue : .downstreamLate), exchange)
        case .requesting, .responding, .answering, .over:
            return
        }
    }

    /// Records the connection and closes both sides; what was broken off is reset on both.
    mutating func finishTCP(_ exchange: Int) {
        scratch.removeAll()
        payload.removeAll()
        let client = exchanges[exchange].downstream
        let target = exchanges[exchange].upstreamConnection
        let end = exchanges[exchange].tcpEnd
        let ended = Instant.now()
        counters.tcpEnded(
            lane: exchanges[exchange].lane, end, wasConnected: exchanges[exchange].routedLane >= 0,
            nanoseconds: ended.since(exchanges[exchange].began))
        if exchanges[exchange].rollout.segment != 0, end == .notConnected {
            noteConnection(exchange, isConnected: false)
        }
        if log.isOn { noteEnd(exchange, breach: logKind(ofTCP: exchange), ended: ended) }
        if end != .closed {
            if target >= 0 { breakOnClose(target) }
            connections[client].tls?.abandon()
        }
        dropUpstream(exchange)
        letGo(exchange)
        _ = exchanges.remove(at: exchange)
        connections[client].exchange = -1
        close(client)
    }

    private func logKind(ofTCP exchange: Int) -> StaticString? {
        switch exchanges[exchange].tcpEnd {
        case .closed: nil
        case .clientReset: "client_closed"
        case .upstreamReset: "upstream_reset"
        case .idle: "tunnel_timeout"
        case .lifetime: "lifetime"
        case .shifted: "shifted"
        case .notConnected: ownAnswer(exchanges[exchange].connectFailure).kind
        }
    }
}

/// Both directions.
extension Worker {
    /// Moves what there is, both ways. Each side may end alone.
    mutating func relayTCP(_ exchange: Int) {
        let token = exchanges.token(at: exchange)
        var hasLostTarget = false
        if !exchanges[exchange].requestHasEnded {
            hasLostTarget = relayToTarget(exchange)
            guard exchanges.contains(token) else { return }
        }
        var isDry = true
        if !exchanges[exchange].responseHasEnded {
            isDry = relayToClient(exchange)
            guard exchanges.contains(token) else { return }
        }
        // What the target has said before it broke off goes to the client first.
        if hasLostTarget, isDry {
            perform(exchanges[exchange].handle(.upstreamFailed(.reset)), exchange)
        }
    }

    /// Whether the target takes nothing more.
    private mutating func relayToTarget(_ exchange: Int) -> Bool {
        let flow = Flow(
            exchange: exchange, source: exchanges[exchange].downstream,
            sink: exchanges[exchange].upstreamConnection, isRequest: true)
        if hasNothing(flow) { return false }
        switch move(flow) {
        case .ended:
            endSending(flow.sink)
            perform(exchanges[exchange].handle(.requestEnded), exchange)
        case .starved, .blocked:
            break
        case .yielded:
            deferToNextTurn(flow.source)
        case .sourceClosed, .sourceReset, .sourceInvalid:
            perform(exchanges[exchange].handle(.downstreamGone), exchange)
        case .sinkBroken:
            return true
        }
        return false
    }

    /// Whether nothing more comes from the target now.
    private mutating func relayToClient(_ exchange: Int) -> Bool {
        let flow = Flow(
            exchange: exchange, source: exchanges[exchange].upstreamConnection,
            sink: exchanges[exchange].downstream, isRequest: false)
        if hasNothing(flow) { return true }
        switch move(flow) {
        case .ended:
            endSending(flow.sink)
            perform(exchanges[exchange].handle(.responseEnded), exchange)
        case .starved:
            break
        case .blocked:
            return false
        case .yielded:
            deferToNextTurn(flow.source)
            return false
        case .sourceReset where endsInSilence(exchange):
            endUnannounced(flow)
        case .sourceClosed, .sourceReset, .sourceInvalid:
            perform(exchanges[exchange].handle(.upstreamFailed(.reset)), exchange)
        case .sinkBroken:
            perform(exchanges[exchange].handle(.downstreamGone), exchange)
        }
        return true
    }

    /// Whether a direction can only be starved. An event is of one side, and what it tells is
    /// nothing to the direction in which the other one sends, most of the time.
    private func hasNothing(_ flow: Flow) -> Bool {
        !connections[flow.source].flags.contains(.readable)
            && connections[flow.source].inbound == nil && connections[flow.source].pipe < 0
            && connections[flow.sink].outbound == nil && !connections[flow.source].body.hasEnded
            && connections[flow.source].tls == nil && connections[flow.sink].tls == nil
            && scratch.isEmpty && payload.isEmpty
    }

    /// Whether the target, whose connection has ended, had nothing more to say: the client has
    /// ended its side, and after that came nothing but an end that the target did not announce.
    /// Many a server ends TLS like that when its client has gone.
    func endsInSilence(_ exchange: Int) -> Bool {
        let target = exchanges[exchange].upstreamConnection
        return connections[target].flags.contains(.cut) && exchanges[exchange].requestHasEnded
            && !exchanges[exchange].hasSpokenAfterEnd
    }

    /// Takes that for the target's end. The client, if it is still there, is told of none: it may
    /// know better whether it has got everything.
    mutating func endUnannounced(_ flow: Flow) {
        if connections[flow.sink].tls == nil {
            connections[flow.sink].socket.resetOnClose()
        } else {
            connections[flow.sink].tls?.abandon()
        }
        perform(exchanges[flow.exchange].handle(.responseEnded), flow.exchange)
    }

    /// Moves what can be moved now: copied, and from a block's worth on through a pipe.
    private mutating func move(_ flow: Flow) -> FlowState {
        var state: FlowState?
        // What is in a pipe comes before what is at the socket.
        let isPiped = connections[flow.source].pipe >= 0
        if isPiped || connections[flow.source].flags.contains(.spliced) { state = splice(flow) }
        if state == nil {
            let first = pump(flow, atMost: Limits.copiedBeforeSplice)
            note(flow)
            state = first
            if case .yielded = first {
                state = splice(flow)
                if state == nil { state = pump(flow) }
            }
        }
        note(flow)
        return state ?? .starved
    }

    /// Counts what was moved last.
    private mutating func note(_ flow: Flow) {
        if movedCount > 0 {
            let lane = exchanges[flow.exchange].lane
            counters.tcpMoved(lane: lane, bytes: movedCount, fromUpstream: !flow.isRequest)
            movedCount = 0
            if !flow.isRequest, exchanges[flow.exchange].requestHasEnded {
                exchanges[flow.exchange].hasSpokenAfterEnd = true
            }
        }
        if hasMoved {
            setTCPDeadlines(flow.exchange)
            hasMoved = false
        }
    }
}
