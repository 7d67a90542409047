internal import Bytes
internal import HTTP
internal import HTTP2
internal import Kernel
internal import Reactor
internal import Settings
internal import TLS
internal import Telemetry

/// Connections of clients that speak HTTP/2 (RFC 9113): they carry streams, each of which is used
/// like a connection with one request (Worker+Streams). Frames are read as they come; what is to be
/// sent goes out at the end of the turn, so that many streams share a write.
extension Worker {
    /// A client speaks HTTP/2 from here on; what it has sent already stands in its block.
    mutating func beginHTTP2(_ index: Int) {
        let head = listeners[Int(connections[index].listener)].headLimits
        var limits = HTTP2Limits()
        limits.headBytes = head.headBytes
        limits.fields = head.fields
        guard
            let session = HTTP2Session(
                isServer: true, limits: limits, memory: frames.memory)
        else {
            return close(index)
        }
        connections[index].http2 = consume session
        connections[index].flags.remove(.headBegan)
        connections[index].scan = HeadScan()
        timers.set(index, to: keepaliveDeadline(ofClient: index))
        markFrames(index)
        if isDraining { announceClose(index) }
        readFrames(index)
    }

    /// Whether bytes that are no head of HTTP/1.1 are the beginning of HTTP/2 (section 3.4), on a
    /// connection that may speak it and has agreed on nothing else.
    func beginsHTTP2(_ index: Int, _ buffer: borrowing Buffer) -> Bool {
        guard !connections[index].isStream, connections[index].carriedCount == 0,
            listeners[Int(connections[index].listener)].takesHTTP2,
            connections[index].tls?.hasAgreedOnProtocol != true
        else { return false }
        let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        let count = min(buffer.count, preface.utf8CodeUnitCount)
        guard count >= 14 else { return false }
        return buffer.bytes.extracting(first: count).begins(preface)
    }

    /// Something happened on a connection that carries streams.
    mutating func carrierIsReady(_ index: Int, _ readiness: Readiness) {
        if readiness.hasFailed { return close(index) }
        if readiness.isWritable {
            connections[index].flags.remove(.writeBlocked)
            connections[index].carriedCount = 0
        }
        markFrames(index)
        readFrames(index)
    }

    /// Reads frames, and hands what they bring to their streams.
    private mutating func readFrames(_ index: Int) {
        var buffer = connections[index].inbound.take() ?? takeBuffer()
        var budget = Limits.bytesPerTurn
        while true {
            guard feed(index, buffer) else {
                giveBack(buffer)
                return breakOffStreams(index)
            }
            buffer.removeAll()
            if budget <= 0 {
                deferToNextTurn(index)
                break
            }
            switch receive(index, into: &buffer) {
            case .done(let count):
                budget -= count
                connections[index].flags.remove(.asked)
                continue
            case .wouldBlock: break
            case .ended, .failed:
                giveBack(buffer)
                return close(index)
            }
            break
        }
        giveBack(buffer)
        watchHead(index)
    }

    /// A head has to be whole in time, however many frames it has.
    private mutating func watchHead(_ index: Int) {
        let isAwaited = connections[index].http2?.awaitsHead ?? false
        guard isAwaited != connections[index].flags.contains(.headBegan) else { return }
        if isAwaited {
            connections[index].flags.insert(.headBegan)
            timers.set(index, to: headDeadline(ofClient: index))
        } else {
            connections[index].flags.remove(.headBegan)
            if connections[index].http2?.goAwaySteps == 1 {
                let later = now.advanced(byMilliseconds: Limits.goAwayMilliseconds)
                timers.set(index, to: later)
            } else {
                timers.set(index, to: lookDeadline(ofCarrier: index))
            }
        }
    }

    /// Takes all bytes of a block; false when the peer breaks the rules.
    mutating func feed(_ index: Int, _ buffer: borrowing Buffer) -> Bool {
        frames.now = Int(now.nanoseconds / 1_000_000)
        var at = 0
        while at < buffer.count {
            guard let session = connections[index].http2.take() else { return false }
            let taken = session.feed(buffer.bytes, from: at, &frames)
            connections[index].http2 = consume session
            for number in 0..<frames.events.count {
                hear(frames.events[number], index, buffer)
            }
            noteClosed(index)
            guard let taken else { return false }
            at += taken
        }
        return true
    }

    private mutating func hear(_ event: HTTP2Event, _ index: Int, _ buffer: borrowing Buffer) {
        let isOfTarget = connections[index].side == .upstream
        switch event {
        case .head(let id, let endsStream) where isOfTarget:
            arriveHead(id, over: index, hasEnded: endsStream)
        case .head(let id, let endsStream):
            openStream(id.number, over: index, hasEnded: endsStream)
        case .body(let id, let from, let count):
            arrive(id, over: index, buffer, from, count)
        case .trailers(let id):
            endArrival(id, hasTrailers: true)
        case .ended(let id):
            endArrival(id, hasTrailers: false)
        case .headTooLarge(let id) where isOfTarget:
            refuseAnswer(id, over: index)
        case .headTooLarge(let id):
            refuseStream(id, over: index)
        case .goingAway(let last, let code) where isOfTarget:
            takeFarewell(index, last, code)
        case .goingAway:
            break
        }
    }

    /// Sends the frames of a connection at the end of this turn.
    mutating func markFrames(_ index: Int) {
        guard !connections[index].flags.contains(.framesWaiting) else { return }
        connections[index].flags.insert(.framesWaiting)
        carriers.append(connections.token(at: index))
    }

    /// Sends what was left to the end of the turn.
    mutating func sendAllFrames() {
        guard !carriers.isEmpty else { return }
        swap(&carriers, &servedCarriers)
        for number in 0..<servedCarriers.count {
            let token = servedCarriers[number]
            guard connections.contains(token) else { continue }
            connections[token.index].flags.remove(.framesWaiting)
            if connections[token.index].http2 != nil { sendFrames(token.index) }
        }
        servedCarriers.removeAll(keepingCapacity: true)
    }

    /// Sends the frames of a connection as far as its peer takes them.
    private mutating func sendFrames(_ index: Int) {
        var budget = Limits.bytesPerTurn
        while true {
            switch flush(index) {
            case .flushed: break
            case .blocked: return
            case .broken: return sendingFailed(index)
            }
            if budget <= 0 {
                deferToNextTurn(index)
                break
            }
            frames.outgoing.removeAll()
            let isSound = gather(index)
            noteClosed(index)
            noteWritable()
            let count = frames.outgoing.count
            budget -= count
            scratch.removeAll()
            swap(&scratch, &frames.outgoing)
            if count > 0 { sendScratch(index) }
            scratch.removeAll()
            if connections[index].flags.contains(.broken) { return sendingFailed(index) }
            guard isSound, count > 0 else { break }
        }
        guard connections[index].http2?.isOver ?? true else { return }
        if connections[index].side == .upstream { return carrierFailed(index, .other) }
        breakOffStreams(index)
    }

    /// Nothing goes out over a connection with streams any more. A client's is closed at once; of
    /// a target may be here what it has answered before, which is read first.
    private mutating func sendingFailed(_ index: Int) {
        guard connections[index].side == .upstream else { return close(index) }
        connections[index].flags.insert([.readable, .broken])
        connections[index].carriedCount = .max
        deferToNextTurn(index)
    }

    private mutating func gather(_ index: Int) -> Bool {
        guard let session = connections[index].http2.take() else { return false }
        let isSound = session.gather(&frames)
        connections[index].http2 = consume session
        return isSound
    }

    /// Streams that are over at the peer's side: they go on, or end, in the next turn.
    private mutating func noteClosed(_ index: Int) {
        guard !frames.closed.isEmpty else { return }
        if connections[index].side == .upstream { sortRefused() }
        for number in 0..<frames.closed.count {
            let closed = frames.closed[number]
            let stream = Int(closed.stream.tag)
            guard stream >= 0, connections.isUsed(stream), connections[stream].isStream,
                streams[at(stream)].number == closed.stream.number
            else { continue }
            streams[at(stream)].number = 0
            connections[stream].flags.insert([.peerEnded, .readable])
            // What was not over for us is broken off.
            let isInStep = closed.code == HTTP2Code.none
            if connections[stream].side == .upstream {
                targetStreamIsClosed(stream, code: closed.code)
            } else if !isInStep || !connections[stream].flags.contains(.lingering) {
                connections[stream].flags.insert(.broken)
            }
            deferToNextTurn(stream)
        }
        frames.closed.removeAll(keepingCapacity: true)
        guard connections[index].side == .downstream else {
            // Others may have been waiting for room.
            noteRoom(index)
            return
        }
        // From here on it is idle.
        if connections[index].http2?.streamCount == 0 { watchIdle(index) }
    }

    /// nghttp2 closes what a target does not begin in any order: those that were sent first are
    /// sent again first.
    private mutating func sortRefused() {
        guard frames.closed.count > 1,
            frames.closed.contains(where: { $0.code == HTTP2Code.refusedStream })
        else { return }
        frames.closed.sort { $0.stream.number < $1.stream.number }
    }

    private mutating func watchIdle(_ index: Int) {
        if connections[index].flags.contains(.headBegan) { return }
        if connections[index].http2?.goAwaySteps == 1 { return }
        timers.set(index, to: keepaliveDeadline(ofClient: index))
    }

    private mutating func noteWritable() {
        for number in 0..<frames.writable.count {
            let stream = Int(frames.writable[number])
            guard stream >= 0, connections.isUsed(stream) else { continue }
            connections[stream].flags.remove(.writeBlocked)
            deferToNextTurn(stream)
        }
        frames.writable.removeAll(keepingCapacity: true)
    }

    /// Ends all streams of a connection at once: each of them hears of it in the next turn.
    mutating func endStreams(_ index: Int) {
        guard let session = connections[index].http2.take() else { return }
        // Without optimisation Swift 6.3 leaves half of what is taken where it was, and `?.` would
        // find it.
        connections[index].http2 = nil
        session.end(&frames)
        noteClosed(index)
    }

    /// Closes a client's connection at once, with a word.
    private mutating func breakOff(_ index: Int) {
        connections[index].http2?.terminate()
        breakOffStreams(index)
    }

    /// Tells the client why, as far as it takes that, and closes.
    private mutating func breakOffStreams(_ index: Int) {
        sendLastFrames(index)
        endStreams(index)
        endConnection(index)
    }

    mutating func sendLastFrames(_ index: Int) {
        guard flush(index) == .flushed else { return }
        frames.outgoing.removeAll()
        _ = gather(index)
        noteClosed(index)
        noteWritable()
        scratch.removeAll()
        swap(&scratch, &frames.outgoing)
        if !scratch.isEmpty { sendScratch(index) }
        scratch.removeAll()
    }

    /// A connection with streams is to close: the client opens no new ones, those that are here
    /// are served. In two steps, so that none is lost that is on its way (section 6.8).
    mutating func goAway(_ index: Int) {
        connections[index].http2?.goAway()
        markFrames(index)
        let isFirst = connections[index].http2?.goAwaySteps == 1
        timers.set(
            index,
            to: isFirst
                ? now.advanced(byMilliseconds: Limits.goAwayMilliseconds)
                : lookDeadline(ofCarrier: index))
    }

    /// As `goAway`, for one that was not told yet.
    mutating func announceClose(_ index: Int) {
        if connections[index].http2?.goAwaySteps == 0 { goAway(index) }
    }

    /// Whether the client has taken nothing of what it was sent since this was asked the last time.
    private func takesNothing(_ index: Int) -> Bool {
        guard connections[index].flags.contains(.writeBlocked) else { return false }
        // How often that was seen; a carrier counts no requests.
        connections[index].carriedCount += 1
        return connections[index].carriedCount > 1
    }

    /// What clients were refused since the start.
    var http2Refusals: HTTP2Counters {
        let counts = frames.counts
        var refusals = HTTP2Counters()
        refusals[.broken] = counts.brokenRules
        refusals[.resets] = counts.resets
        refusals[.continuations] = counts.continuations
        refusals[.flood] = counts.floods
        refusals[.memory] = counts.outOfMemory
        refusals[.silent] = silentClients
        refusals[.streams] = counts.refusedStreams
        refusals[.head] = counts.largeHeads
        refusals[.malformed] = counts.malformed
        return refusals
    }

    /// The deadline of a connection that carries streams is over.
    mutating func carrierIsLate(_ index: Int) {
        if takesNothing(index) { return close(index) }
        if connections[index].flags.contains(.headBegan) { return breakOff(index) }
        let streamCount = connections[index].http2?.streamCount ?? 0
        switch connections[index].http2?.goAwaySteps {
        case 1: goAway(index)
        case 0 where streamCount == 0: goAway(index)
        // Streams have their own deadlines; what is left without one ends now.
        case _ where streamCount == 0: close(index)
        case _ where !clientIsAlive(index): breakOff(index)
        default: timers.set(index, to: lookDeadline(ofCarrier: index))
        }
    }
}
