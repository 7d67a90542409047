internal import Bytes
internal import HTTP
internal import HTTP2
internal import Kernel
internal import Reactor
internal import Settings
internal import TLS
internal import Telemetry

/// Streams towards targets: each is the upstream's connection of one exchange.
extension Worker {
    /// Begins an exchange over a carrier that has room.
    mutating func begin(_ exchange: Int, over carrier: Int) {
        guard addStream(exchange, over: carrier) != nil else { return }
        beginCarried(exchange, carrier)
    }

    /// The stream of an exchange may be opened.
    mutating func beginCarried(_ exchange: Int, _ carrier: Int) {
        let carried = connections[carrier].carriedCount
        connections[carrier].carriedCount = carried == .max ? carried : carried + 1
        carriages[Int(connections[carrier].carriage)].hasCarried = true
        perform(exchanges[exchange].handle(.connected(reused: carried > 0)), exchange)
    }

    /// Lets an exchange wait until a carrier has room.
    mutating func wait(_ exchange: Int, at carrier: Int) {
        guard let stream = addStream(exchange, over: carrier) else { return }
        connections[stream].flags.insert([.connecting, .writeBlocked])
        enqueue(stream, Int(connections[carrier].carriage))
        timers.set(stream, to: min(connectDeadline(exchange), exchanges[exchange].waitsUntil))
        exchanges[exchange].waitsUntil = .never
        perform(exchanges[exchange].handle(.connecting), exchange)
    }

    /// Puts a stream behind those that wait at a carrier. Who was passed over comes before all who
    /// were not: else those who keep coming would take its place for ever.
    private mutating func enqueue(_ stream: Int, _ place: Int) {
        var previous = carriages[place].lastWaiting
        if exchanges[Int(connections[stream].exchange)].goesFirst {
            while previous >= 0, !exchanges[Int(connections[Int(previous)].exchange)].goesFirst {
                previous = connections[Int(previous)].previousPooled
            }
        }
        let next =
            previous >= 0 ? connections[Int(previous)].nextPooled : carriages[place].firstWaiting
        connections[stream].previousPooled = previous
        connections[stream].nextPooled = next
        if previous >= 0 {
            connections[Int(previous)].nextPooled = Int32(stream)
        } else {
            carriages[place].firstWaiting = Int32(stream)
        }
        if next >= 0 {
            connections[Int(next)].previousPooled = Int32(stream)
        } else {
            carriages[place].lastWaiting = Int32(stream)
        }
        carriages[place].waitingCount += 1
    }

    private mutating func addStream(_ exchange: Int, over carrier: Int) -> Int? {
        let target = Int(connections[carrier].target)
        let state = StreamState(
            carrier: connections.token(at: carrier), number: 0, isChunked: false, hasEnded: false)
        guard let place = streams.insert(state) else {
            connectFailed(exchange, .other)
            return nil
        }
        guard let token = connections.insert(Connection(stream: place.index, to: target)) else {
            _ = streams.remove(at: place.index)
            connectFailed(exchange, .other)
            return nil
        }
        attach(token.index, to: exchange)
        let carriage = Int(connections[carrier].carriage)
        carriages[carriage].attachedCount += 1
        if carriages[carriage].isIdle {
            carriages[carriage].isIdle = false
            watchLife(ofTarget: carrier)
            counters.upstreamConnection(
                upstream: targets[target].upstream, idleBy: -1, activeBy: 1)
        }
        return token.index
    }

    /// Takes a stream out of those that wait at a carrier.
    mutating func leaveWaiting(_ stream: Int, _ place: Int) {
        let next = connections[stream].nextPooled
        let previous = connections[stream].previousPooled
        if previous >= 0 {
            connections[Int(previous)].nextPooled = next
        } else {
            carriages[place].firstWaiting = next
        }
        if next >= 0 {
            connections[Int(next)].previousPooled = previous
        } else {
            carriages[place].lastWaiting = previous
        }
        connections[stream].nextPooled = -1
        connections[stream].previousPooled = -1
        carriages[place].waitingCount -= 1
    }

    /// Takes all streams that wait at a carrier, and returns the first; the others hang on it.
    mutating func takeWaiting(_ place: Int) -> Int {
        let first = Int(carriages[place].firstWaiting)
        carriages[place].firstWaiting = -1
        carriages[place].lastWaiting = -1
        carriages[place].waitingCount = 0
        var stream = first
        while stream >= 0 {
            // It stands in no list any more.
            connections[stream].flags.remove(.connecting)
            stream = Int(connections[stream].nextPooled)
        }
        return first
    }

    /// Takes an exchange off a stream that waited; returns it, and the stream behind that one.
    mutating func leaveStream(_ stream: Int) -> (exchange: Int, next: Int) {
        let exchange = Int(connections[stream].exchange)
        let next = Int(connections[stream].nextPooled)
        detach(exchange)
        close(stream)
        return (exchange, next)
    }

    /// Exchanges whose streams waited at a carrier look for another one, and wait no longer there
    /// than they had left.
    mutating func placeAgain(_ first: Int) {
        var stream = first
        while stream >= 0 {
            let deadline = timers.deadline(of: stream) ?? .never
            let (exchange, next) = leaveStream(stream)
            exchanges[exchange].waitsUntil = deadline
            connect(exchange, to: exchanges[exchange].target)
            stream = next
        }
    }

    /// A target has ended its connection before any request began: whoever waited for that has
    /// failed to connect.
    mutating func leaveStanding(_ first: Int) {
        var stream = first
        while stream >= 0 {
            let (exchange, next) = leaveStream(stream)
            connectGaveUp(exchange, .reset, isLeftStanding: true)
            stream = next
        }
    }

    /// A stream towards a target is closed.
    mutating func leaveCarrier(_ index: Int) {
        let carrier = streams[at(index)].carrier
        guard connections.contains(carrier), connections[carrier.index].carriage >= 0 else {
            return
        }
        let place = Int(connections[carrier.index].carriage)
        if connections[index].flags.contains(.connecting) { leaveWaiting(index, place) }
        carriages[place].attachedCount -= 1
        if carriages[place].attachedCount == 0 {
            carrierIsIdle(carrier.index)
        } else if carriages[place].waitingCount > 0 {
            deferToNextTurn(carrier.index)
        }
    }
}

/// Requests over them.
extension Worker {
    /// Opens the stream of a request whose head stands in `scratch`; false when that cannot be.
    mutating func openTargetStream(_ exchange: Int) -> Bool {
        let index = exchanges[exchange].upstreamConnection
        let carrier = transport(of: index)
        guard carrier != index, let session = connections[carrier].http2.take() else {
            scratch.removeAll()
            upstreamFailed(exchange, .closed)
            return false
        }
        let isUpgrade = exchanges[exchange].upgradeMark != 0
        let mayOpen =
            !isUpgrade
            || session.takesUpgrades && requestHead.upgradeRange.count <= Limits.protocolNameBytes
        if requestHead.acceptsTrailers {
            scratch.truncate(to: scratch.count - 2)
            scratch.append("te: trailers\r\n\r\n")
        }
        var opening = HTTP2Session.Opening.refused
        if mayOpen {
            opening = session.open(
                scratch, scheme: connections[carrier].tls == nil ? "http" : "https",
                tag: Int32(index),
                isLast: connections[exchanges[exchange].downstream].body.hasEnded, &frames)
        }
        connections[carrier].http2 = consume session
        guard case .opened(let number) = opening else {
            if opening == .headTooLarge {
                refuseToOpen(exchange, .headTooLargeForUpstream)
            } else {
                refuseToOpen(exchange, mayOpen ? .requestNotTaken : .upgradeNotTaken)
            }
            return false
        }
        let count = scratch.count
        scratch.removeAll()
        streams[at(index)].number = number
        streams[at(index)].isUpgrade = isUpgrade
        connections[index].framing = .plain
        if isUpgrade { writeAgreement(exchange, index) }
        markFrames(carrier)
        noteSent(exchange, count)
        if log.isOn { noteBytes(count, at: index) }
        return true
    }

    /// What a target of HTTP/1.1 would say if it agreed to change to another protocol; HTTP/2 knows
    /// success only (RFC 8441).
    private mutating func writeAgreement(_ exchange: Int, _ index: Int) {
        let client = exchanges[exchange].downstream
        guard let buffer = connections[client].inbound.take() else { return }
        var head = takeBuffer()
        appendAgreement(buffer, to: &head)
        connections[client].inbound = consume buffer
        streams[at(index)].agreement = consume head
    }

    private func appendAgreement(_ request: borrowing Buffer, to head: inout Buffer) {
        head.append("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: ")
        let name = requestHead.upgradeRange
        head.append(request.bytes, from: name.start, to: name.end)
        head.append("\r\n")
        let key = requestHead.webSocketKey(request.bytes)
        WebSocketAccept.appendLine(
            key: request.bytes.extracting(key.start..<key.end), to: &head)
    }

    /// That a request cannot be said in HTTP/2 is no fault of its target.
    private mutating func refuseToOpen(_ exchange: Int, _ answer: OwnAnswer) {
        scratch.removeAll()
        lastFault = answer
        noteTrouble(exchange, answer.kind)
        perform(exchanges[exchange].handle(.upstreamFailed(.protocol)), exchange)
    }

    /// All of a request was given to its stream; false when its trailers have no room there yet.
    mutating func endTargetRequest(_ index: Int) -> Bool {
        let number = streams[at(index)].number
        guard number > 0, !streams[at(index)].isUpgrade else { return true }
        let carrier = transport(of: index)
        if streams[at(index)].hasTrailers {
            guard finishWithTrailers(index, number, over: carrier) else {
                connections[index].flags.insert(.writeBlocked)
                return false
            }
        } else {
            connections[carrier].http2?.finish(number)
        }
        markFrames(carrier)
        return true
    }

    /// A stream was reset, or its carrier is gone, before its answer was whole.
    mutating func targetStreamFailed(_ exchange: Int, _ index: Int) {
        if streams[at(index)].isInvalid {
            lastFault = .streamInvalid
            return upstreamFailed(exchange, .protocol)
        }
        guard let refusal = streams[at(index)].refusal else {
            return upstreamFailed(exchange, .reset)
        }
        // The target says that it has done nothing, which speaks for it.
        lastFault = .upstreamClosed
        counters.attemptFailed(lane: exchanges[exchange].lane, kind: .closed)
        noteTrouble(exchange, AttemptFailure.closed.logKind)
        perform(exchanges[exchange].handle(.requestUnseen(refusal)), exchange)
        perform(exchanges[exchange].handle(.upstreamFailed(.closed)), exchange)
    }

    /// What a stream's window has grown by is others' again.
    mutating func giveWindowBack(_ index: Int) {
        let isOfTarget = connections[index].side == .upstream
        let first = isOfTarget ? HTTP2Limits.ofTargets.streamWindow : HTTP2Limits().streamWindow
        grownWindowBytes -= streams[at(index)].window - Int(first)
    }

    /// Lets a peer send more at once where its bytes are read as fast as they come.
    mutating func growWindow(_ index: Int, readNow count: Int) {
        let place = at(index)
        streams[place].readCount += count
        let window = streams[place].window
        guard streams[place].readCount >= window / 2 else { return }
        let time = now.since(streams[place].readSince)
        streams[place].readCount = 0
        streams[place].readSince = now
        let isOfTarget = connections[index].side == .upstream
        let grown = min(
            window * 8, isOfTarget ? Limits.mostStreamWindow : Limits.mostClientWindow)
        let most = isOfTarget ? Limits.grownWindowBytes : Limits.grownClientWindowBytes
        guard grown > window, time < Limits.windowGrowthMilliseconds * 1_000_000,
            grownWindowBytes + grown - window <= most
        else { return }
        grownWindowBytes += grown - window
        streams[place].window = grown
        let carrier = transport(of: index)
        connections[carrier].http2?.setWindow(Int32(grown), of: streams[place].number)
    }
}
