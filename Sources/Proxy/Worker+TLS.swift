internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import TLS
internal import Telemetry

/// Bytes of connections with TLS. Whatever waits at such a connection for its peer (`outbound`) is
/// records, so that all that moves them further is the same with TLS and without.
extension Worker {
    /// Reads plain text out of the records that wait at a connection.
    mutating func receiveRecords(_ index: Int, into buffer: inout Buffer) -> IOResult {
        guard let session = connections[index].tls.take() else { return .wouldBlock }
        let descriptor = connections[index].socket.descriptor
        let read = session.read(on: descriptor, into: &buffer, &records)
        connections[index].tls = consume session
        if records.resumption != nil { keepResumption(index) }
        // An alert, or an answer to the peer's wish for new keys.
        if !records.outgoing.isEmpty { _ = sendRecords(index) }
        switch read {
        case .done(let count):
            if records.isDrained, !connections[index].flags.contains(.peerEnded) {
                connections[index].flags.remove(.readable)
            }
            return .done(count)
        case .wantsMore:
            connections[index].flags.remove(.readable)
            return .wouldBlock
        case .ended:
            connections[index].flags.insert(.peerEnded)
            return connections[index].flags.contains(.broken)
                ? .failed(.connectionReset) : .ended
        case .truncated, .failed:
            // An end that the peer did not announce may have been made by anybody on the way.
            connections[index].flags.insert([.peerEnded, .broken])
            if read == .truncated { connections[index].flags.insert(.cut) }
            return .failed(.connectionReset)
        }
    }

    /// Makes records of what stands in `scratch` and `payload` and of `plain` bytes of `buffer`,
    /// from `held` on, or of the first of them, and sends them; what is not taken waits at the
    /// sink. Returns the number of bytes that went into records; nil when the connection is broken.
    mutating func sendRecords(
        _ flow: Flow, _ buffer: inout Buffer, from held: Int, plain: Int
    ) -> Int? {
        let count = min(plain, Limits.plainBytesPerSend)
        let next = whatFollows(flow, plain: count)
        let total = scratch.count + payload.count + count
        guard encrypt(flow.sink, buffer, from: held, plain: count) else {
            records.outgoing.removeAll()
            connections[flow.sink].flags.insert(.broken)
            return nil
        }
        if next == .end { announceEnd(flow.sink) }
        guard sendRecords(flow.sink, before: next) else { return nil }
        if flow.isRequest { noteSent(flow.exchange, total) }
        if log.isOn { noteBytes(total, at: flow.sink) }
        moveOn(flow, &buffer, by: count)
        scratch.removeAll()
        payload.removeAll()
        return total
    }

    /// A head shares its record with as much of what follows as goes into one.
    private mutating func encrypt(
        _ index: Int, _ buffer: borrowing Buffer, from held: Int, plain: Int
    ) -> Bool {
        var offset = 0
        if !scratch.isEmpty {
            let room = max(Limits.recordBytes - scratch.count, 0)
            if payload.isEmpty {
                offset = min(room, plain)
                scratch.append(buffer.bytes, from: held, to: held + offset)
            } else {
                Self.move(min(room, payload.count), from: &payload, to: &scratch)
            }
        }
        guard encryptScratch(index), let session = connections[index].tls.take() else {
            return false
        }
        let isMade = session.write(
            buffer, from: held + offset, count: plain - offset, &records)
        connections[index].tls = consume session
        return isMade
    }

    private mutating func encryptScratch(_ index: Int) -> Bool {
        guard let session = connections[index].tls.take() else { return false }
        var isMade = session.write(scratch, from: 0, count: scratch.count, &records)
        if isMade {
            isMade = session.write(payload, from: 0, count: payload.count, &records)
        }
        connections[index].tls = consume session
        return isMade
    }

    static func move(_ count: Int, from: inout Buffer, to: inout Buffer) {
        to.append(from.bytes, from: 0, to: count)
        from.consume(count)
    }

    /// Makes the record that says that nothing more will be sent.
    private mutating func announceEnd(_ index: Int) {
        guard let session = connections[index].tls.take() else { return }
        session.close(&records)
        connections[index].tls = consume session
    }

    /// Sends what stands in `scratch`, as `sendScratch` does.
    mutating func sendScratchAsRecords(_ index: Int) {
        let count = scratch.count
        if encryptScratch(index) {
            if sendRecords(index), log.isOn { noteBytes(count, at: index) }
        } else {
            records.outgoing.removeAll()
            connections[index].flags.insert(.broken)
        }
        scratch.removeAll()
        payload.removeAll()
    }

    /// Sends the records that were made, behind those that wait already; false when the connection
    /// is broken. What is not taken waits, and the connection is marked as blocked.
    @discardableResult
    mutating func sendRecords(
        _ index: Int, before next: Socket.Continuation = .unknown
    ) -> Bool {
        guard !records.outgoing.isEmpty else { return true }
        switch flush(index) {
        case .broken:
            records.outgoing.removeAll()
            return false
        case .blocked: break
        case .flushed:
            switch connections[index].socket.send(records.outgoing, before: next) {
            case .done(let count): records.outgoing.consume(count)
            case .wouldBlock: break
            case .ended, .failed:
                records.outgoing.removeAll()
                connections[index].flags.insert(.broken)
                return false
            }
        }
        if !records.outgoing.isEmpty { stashRecords(index) }
        records.outgoing.removeAll()
        return true
    }

    private mutating func stashRecords(_ index: Int) {
        connections[index].flags.insert(.writeBlocked)
        var waiting = connections[index].outbound.take() ?? takeBuffer()
        waiting.compact()
        if waiting.space < records.outgoing.count {
            var larger = Buffer(capacity: waiting.count + records.outgoing.count)
            larger.append(waiting.bytes)
            giveBack(waiting)
            waiting = larger
        }
        waiting.append(records.outgoing.bytes)
        connections[index].outbound = consume waiting
    }

    /// Tells the peer that nothing more will be sent; with TLS in its own words too.
    mutating func endSending(_ index: Int) {
        if connections[index].isStream { return endSendingToStream(index) }
        if connections[index].tls != nil {
            announceEnd(index)
            sendRecords(index)
            // What waits must go out first: the close ends the connection then.
            if connections[index].outbound != nil { return }
        }
        connections[index].socket.endSending()
    }

    /// A connection with TLS is about to be closed: says so, unless the peer is to see a break.
    mutating func sayGoodbye(_ index: Int) {
        guard connections[index].flags.isDisjoint(with: [.broken, .writeBlocked]),
            connections[index].outbound == nil, connections[index].opening == .done
        else { return }
        announceEnd(index)
        if !records.outgoing.isEmpty { _ = connections[index].socket.send(records.outgoing) }
        records.outgoing.removeAll()
    }

    /// Makes the close that follows a break that nobody takes for an end.
    mutating func breakOnClose(_ index: Int) {
        if connections[index].isStream {
            connections[index].flags.insert(.broken)
            return
        }
        connections[index].socket.resetOnClose()
        connections[index].tls?.abandon()
    }

    /// Whether an upstream's connection that nobody uses is open and has said nothing unasked. New
    /// tickets for sessions are nothing: they are kept.
    mutating func isQuiet(_ index: Int) -> Bool {
        if connections[index].tls == nil { return connections[index].socket.isQuiet() }
        if connections[index].flags.contains(.peerEnded) { return false }
        connections[index].flags.insert(.readable)
        var buffer = takeBuffer()
        let result = receiveRecords(index, into: &buffer)
        giveBack(buffer)
        return result == .wouldBlock
    }

    /// A target gave what its next session begins with; checks keep none.
    mutating func keepResumption(_ index: Int) {
        let target = Int(connections[index].target)
        let resumption = records.resumption.take()
        guard target >= 0, let client = upstreams[targets[target].upstream].tls,
            connections[index].tls?.isOf(client) == true
        else { return }
        resumptions[target].resumption = consume resumption
    }
}
