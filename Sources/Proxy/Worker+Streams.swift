internal import Bytes
internal import HTTP
internal import HTTP2
internal import Kernel
internal import Reactor
internal import Settings

/// Streams of HTTP/2, which are used like connections: what `receive`, `send`, `flush` and
/// `close` do where there is no socket.
extension Worker {
    /// The connection that a client's bytes come over: a stream's carrier, else itself.
    func transport(of index: Int) -> Int {
        guard connections[index].isStream else { return index }
        let carrier = streams[at(index)].carrier
        return connections.contains(carrier) ? carrier.index : index
    }

    /// The place of what belongs to a stream.
    func at(_ index: Int) -> Int { Int(connections[index].stream) }

    /// Whether a stream was reset, or its carrier is gone.
    func isStreamBroken(_ index: Int) -> Bool {
        connections[index].isStream && connections[index].flags.contains(.broken)
    }

    /// A request has come: its head stands in `frames.text`.
    mutating func openStream(_ number: Int32, over carrier: Int, hasEnded: Bool) {
        guard let index = insertStream(number, over: carrier, hasEnded: hasEnded) else { return }
        var block = takeBuffer()
        guard block.space >= frames.text.count else {
            giveBack(block)
            return refuseStream(index)
        }
        block.append(frames.text.bytes)
        connections[index].inbound = consume block
        timers.set(index, to: headDeadline(ofClient: index))
        deferToNextTurn(index)
    }

    /// A request's head is too large.
    mutating func refuseStream(_ id: HTTP2StreamID, over carrier: Int) {
        if id.tag >= 0 {
            // Trailers that are too large: there may be an answer already.
            connections[carrier].http2?.reset(id.number, code: HTTP2Code.enhanceYourCalm)
            return
        }
        guard let index = insertStream(id.number, over: carrier, hasEnded: true) else { return }
        refuseStream(index)
    }

    private mutating func refuseStream(_ index: Int) {
        refuse(index, OwnAnswer(RequestFault.headTooLarge))
    }

    private mutating func insertStream(
        _ number: Int32, over carrier: Int, hasEnded: Bool
    ) -> Int? {
        let isChunked = connections[carrier].http2?.isOpenEnded(number) ?? false
        var stream = StreamState(
            carrier: connections.token(at: carrier), number: number, isChunked: isChunked,
            hasEnded: hasEnded)
        stream.isGRPC = connections[carrier].http2?.isGRPC(number) ?? false
        stream.window = Int(HTTP2Limits().streamWindow)
        guard let place = streams.insert(stream) else {
            connections[carrier].http2?.reset(number, code: HTTP2Code.refusedStream)
            return nil
        }
        let connection = Connection(
            stream: place.index, from: connections[carrier].client,
            listener: connections[carrier].listener)
        guard let token = connections.insert(connection) else {
            _ = streams.remove(at: place.index)
            connections[carrier].http2?.reset(number, code: HTTP2Code.refusedStream)
            return nil
        }
        connections[carrier].http2?.adopt(number, tag: Int32(token.index))
        watchLife(ofClient: carrier)
        return token.index
    }

    /// Bytes of a body have come. Until they are read the peer's window is shut by them: there are
    /// never more than the window of its stream, which is what a block holds until it grows.
    mutating func arrive(
        _ id: HTTP2StreamID, over carrier: Int, _ buffer: borrowing Buffer, _ from: Int,
        _ count: Int
    ) {
        let index = Int(id.tag)
        guard index >= 0 else { return }
        var block = streams[at(index)].arrived.take() ?? takeBuffer()
        if block.space < count { makeSpace(in: &block, for: count, of: index) }
        if block.space < count {
            connections[carrier].http2?.reset(id.number, code: HTTP2Code.flowControl)
        } else {
            block.append(buffer.bytes, from: from, to: from + count)
        }
        streams[at(index)].arrived = consume block
        wake(index)
    }

    private mutating func makeSpace(in block: inout Buffer, for count: Int, of index: Int) {
        // Those that grow are moved only when half of what they hold is gone, or they double.
        let canGrow = streams[at(index)].window > Limits.blockBytes
        if !canGrow || block.consumedCount >= block.capacity / 2 { block.compact() }
        guard canGrow, block.space < count else { return }
        let most = 2 * streams[at(index)].window
        var larger = Buffer(capacity: max(min(2 * block.capacity, most), block.count + count))
        larger.append(block.bytes)
        giveBack(block)
        block = larger
    }

    /// All of a message is here.
    mutating func endArrival(_ id: HTTP2StreamID, hasTrailers: Bool) {
        let index = Int(id.tag)
        guard index >= 0 else { return }
        streams[at(index)].hasEnded = true
        if hasTrailers, frames.text.count <= Limits.blockBytes {
            var trailers = takeBuffer()
            trailers.append(frames.text.bytes)
            streams[at(index)].arrivedTrailers = consume trailers
        }
        wake(index)
    }

    mutating func wake(_ index: Int) {
        connections[index].flags.insert(.readable)
        deferToNextTurn(index)
    }

    /// Reads what has come of a stream's body; in chunks where its length is not known.
    mutating func receiveFromStream(_ index: Int, into buffer: inout Buffer) -> IOResult {
        if connections[index].flags.contains(.broken) { return .failed(.connectionReset) }
        let isChunked = streams[at(index)].isChunked
        if let arrived = streams[at(index)].arrived.take() {
            return read(arrived, of: index, isChunked: isChunked, into: &buffer)
        }
        guard streams[at(index)].hasEnded else {
            connections[index].flags.remove(.readable)
            return .wouldBlock
        }
        guard isChunked, !streams[at(index)].hasToldEnd else {
            connections[index].flags.insert(.peerEnded)
            return .ended
        }
        return readEnd(of: index, into: &buffer)
    }

    private mutating func read(
        _ block: consuming Buffer, of index: Int, isChunked: Bool, into buffer: inout Buffer
    ) -> IOResult {
        var arrived = block
        let before = buffer.count
        let frame = isChunked ? Limits.chunkBytes : 0
        if buffer.space <= frame { buffer.compact() }
        let count = min(arrived.count, buffer.space - frame)
        if count > 0 {
            if isChunked { ChunkEncoder.begin(size: count, into: &buffer) }
            Self.move(count, from: &arrived, to: &buffer)
            if isChunked { ChunkEncoder.end(into: &buffer) }
            haveRead(count, of: index)
        }
        if arrived.isEmpty {
            giveBack(arrived)
            if !streams[at(index)].hasEnded {
                connections[index].flags.remove(.readable)
            }
        } else {
            streams[at(index)].arrived = consume arrived
        }
        return count > 0 ? .done(buffer.count - before) : .wouldBlock
    }

    /// What is here of a stream's body goes out with its head: that is one call, and one packet.
    mutating func readAlong(_ index: Int, _ buffer: inout Buffer) {
        while streams[at(index)].hasMore {
            guard case .done = receiveFromStream(index, into: &buffer) else { return }
        }
    }

    private mutating func readEnd(of index: Int, into buffer: inout Buffer) -> IOResult {
        let before = buffer.count
        if buffer.space < Limits.chunkBytes { buffer.compact() }
        guard buffer.space >= Limits.chunkBytes else { return .wouldBlock }
        ChunkEncoder.beginLast(into: &buffer)
        if var trailers = streams[at(index)].arrivedTrailers.take() {
            // They end with the empty line that ends the body. Where there is no room for them,
            // there are none.
            if buffer.space >= trailers.count {
                Self.move(trailers.count, from: &trailers, to: &buffer)
            } else {
                ChunkEncoder.finish(into: &buffer)
            }
            giveBack(trailers)
        } else {
            ChunkEncoder.finish(into: &buffer)
        }
        streams[at(index)].hasToldEnd = true
        return .done(buffer.count - before)
    }

    private mutating func haveRead(_ count: Int, of index: Int) {
        let number = streams[at(index)].number
        guard number > 0 else { return }
        let carrier = transport(of: index)
        connections[carrier].http2?.haveRead(count, of: number)
        growWindow(index, readNow: count)
        markFrames(carrier)
    }
}

/// What goes out over streams.
extension Worker {
    /// Sends what stands in `scratch` and `payload`, then bytes of `buffer`, as `send` does.
    mutating func sendToStream(
        _ flow: Flow, _ buffer: inout Buffer, from held: Int, plain: Int
    ) -> Int? {
        let framed = scratch.count + payload.count
        let isLast = isLast(flow, plain: plain)
        guard let first = writeFramed(flow.sink, isLast: isLast && plain == 0) else { return nil }
        var sent = first
        if sent < framed {
            stashScratch(flow.sink)
        } else if plain > 0 {
            guard let more = write(flow.sink, buffer, from: held, count: plain, isLast) else {
                return nil
            }
            sent += more
            moveOn(flow, &buffer, by: more)
        }
        if sent < framed + plain { connections[flow.sink].flags.insert(.writeBlocked) }
        if flow.isRequest { noteSent(flow.exchange, sent) }
        if log.isOn { noteBytes(sent, at: flow.sink) }
        return sent
    }

    /// Whether nothing follows these bytes of a message.
    private func isLast(_ flow: Flow, plain: Int) -> Bool {
        if streams[at(flow.sink)].hasTrailers { return false }
        switch connections[flow.source].body {
        case .none: return flow.isRequest || exchanges[flow.exchange].phase == .responding
        case .length(let left): return left == UInt64(plain)
        case .chunked, .untilClose: return false
        }
    }

    /// Writes what stands in `scratch` and `payload` to a stream, as much as it takes: what is left
    /// stays there. Returns the number of bytes; nil when the stream is over.
    private mutating func writeFramed(_ index: Int, isLast: Bool) -> Int? {
        guard let (carrier, number) = place(of: index) else { return nil }
        var sent = 0
        if !scratch.isEmpty {
            guard let session = connections[carrier].http2.take() else { return nil }
            let written = session.write(
                scratch, from: 0, count: scratch.count, to: number,
                isLast: isLast && payload.isEmpty, &frames)
            connections[carrier].http2 = consume session
            guard let count = taken(written, by: index) else { return nil }
            sent = count
            scratch.consume(count)
        }
        if scratch.isEmpty, !payload.isEmpty {
            guard let session = connections[carrier].http2.take() else { return nil }
            let written = session.write(
                payload, from: 0, count: payload.count, to: number, isLast: isLast, &frames)
            connections[carrier].http2 = consume session
            guard let count = taken(written, by: index) else { return nil }
            sent += count
            payload.consume(count)
        }
        if scratch.isEmpty { scratch.removeAll() }
        if payload.isEmpty { payload.removeAll() }
        return sent
    }

    /// Writes bytes to a stream, as many as it takes; nil when it is over.
    private mutating func write(
        _ index: Int, _ bytes: borrowing Buffer, from start: Int, count: Int, _ isLast: Bool
    ) -> Int? {
        guard let (carrier, number) = place(of: index) else { return nil }
        guard let session = connections[carrier].http2.take() else { return nil }
        let written = session.write(
            bytes, from: start, count: count, to: number, isLast: isLast, &frames)
        connections[carrier].http2 = consume session
        return taken(written, by: index)
    }

    /// The connection that carries a stream, and its number there; nil when it is over.
    private mutating func place(of index: Int) -> (Int, Int32)? {
        let number = streams[at(index)].number
        guard number > 0 else {
            breakStream(index)
            return nil
        }
        return (transport(of: index), number)
    }

    /// Nothing more goes out over a stream. An answer that is here is whole all the same.
    private mutating func breakStream(_ index: Int) {
        let isAnswered = connections[index].side == .upstream && streams[at(index)].hasEnded
        if !isAnswered { connections[index].flags.insert(.broken) }
    }

    private mutating func taken(_ written: HTTP2Session.Write?, by index: Int) -> Int? {
        guard case .taken(let count) = written else {
            breakStream(index)
            return nil
        }
        markFrames(transport(of: index))
        return count
    }

    /// Sends what stands in `scratch`, as `sendScratch` does.
    mutating func sendScratchToStream(_ index: Int) {
        if flush(index) == .flushed {
            let exchange = Int(connections[index].exchange)
            // An answer of our own is whole; others are followed by their bodies.
            let isOwn = exchange < 0 || exchanges[exchange].phase == .answering
            let sent = writeFramed(index, isLast: isOwn)
            if let sent, log.isOn { noteBytes(sent, at: index) }
            if sent == nil { scratch.removeAll() }
            if !scratch.isEmpty { connections[index].flags.insert(.writeBlocked) }
        }
        stashScratch(index)
    }

    /// Sends what waits at a stream.
    mutating func flushStream(_ index: Int) -> FlushState {
        if connections[index].flags.contains(.broken) { return .broken }
        if connections[index].flags.contains(.writeBlocked) { return .blocked }
        guard var waiting = connections[index].outbound.take() else { return .flushed }
        guard
            let count = write(
                index, waiting, from: 0, count: waiting.count, false)
        else {
            giveBack(waiting)
            return .broken
        }
        if connections[index].side == .upstream {
            noteSent(Int(connections[index].exchange), count)
        }
        if log.isOn { noteBytes(count, at: index) }
        waiting.consume(count)
        if waiting.isEmpty {
            giveBack(waiting)
            return .flushed
        }
        connections[index].flags.insert(.writeBlocked)
        connections[index].outbound = consume waiting
        return .blocked
    }

    /// Keeps a line of an answer's trailers until its end.
    mutating func keepTrailer(_ index: Int, _ buffer: borrowing Buffer, _ from: Int, _ to: Int) {
        if streams[at(index)].isGRPC { noteGRPCStatus(index, buffer, from, to) }
        var trailers = streams[at(index)].trailers.take() ?? takeBuffer()
        // With the empty line behind them.
        if trailers.space >= to - from + 2 {
            trailers.append(buffer.bytes, from: from, to: to)
        }
        streams[at(index)].trailers = consume trailers
    }

    /// An answer is over: the stream ends when all of it has gone out.
    mutating func endStream(_ index: Int) {
        if let buffer = connections[index].inbound.take() { giveBack(buffer) }
        connections[index].flags.insert(.lingering)
        let idle = timeouts(ofClient: index).bodyIdleMilliseconds
        timers.set(index, to: now.advanced(byMilliseconds: idle))
        lingerStream(index)
    }

    /// Ends a stream whose answer is over, as far as its client takes it.
    mutating func lingerStream(_ index: Int) {
        let number = streams[at(index)].number
        guard number > 0 else {
            return close(index)
        }
        switch flush(index) {
        case .broken: return close(index)
        case .blocked: return
        case .flushed: break
        }
        let carrier = transport(of: index)
        if streams[at(index)].hasTrailers, !finishWithTrailers(index, number, over: carrier) {
            return
        }
        endSendingToStream(index)
        if !streams[at(index)].hasEnded {
            connections[carrier].http2?.discardRest(number)
        }
    }

    /// Ends a message with the trailers that were kept for it; false when they have no room yet.
    mutating func finishWithTrailers(_ index: Int, _ number: Int32, over carrier: Int) -> Bool {
        guard var trailers = streams[at(index)].trailers.take() else { return true }
        trailers.append("\r\n")
        if finish(number, over: carrier, trailers) {
            giveBack(trailers)
            return true
        }
        trailers.truncate(to: trailers.count - 2)
        streams[at(index)].trailers = consume trailers
        return false
    }

    private mutating func finish(
        _ number: Int32, over carrier: Int, _ trailers: borrowing Buffer
    ) -> Bool {
        guard let session = connections[carrier].http2.take() else { return true }
        let isTaken = session.finish(number, trailers: trailers.bytes, &frames)
        connections[carrier].http2 = consume session
        return isTaken
    }

    /// Tells the client that nothing more will be sent.
    mutating func endSendingToStream(_ index: Int) {
        guard let (carrier, number) = place(of: index) else { return }
        markFrames(carrier)
        if connections[carrier].http2?.owesHead(number) == true {
            connections[carrier].http2?.reset(number, code: HTTP2Code.internalError)
        } else {
            connections[carrier].http2?.finish(number)
        }
    }

    /// The deadline of a stream is over whose answer is. Who takes it, however slowly, goes on.
    mutating func lingeringStreamIsLate(_ index: Int) {
        let number = streams[at(index)].number
        guard number > 0 else {
            return close(index)
        }
        let waiting = connections[transport(of: index)].http2?.waitingCount(number) ?? 0
        let before = streams[at(index)].waitingCount
        guard before == 0 || waiting < before else { return close(index) }
        streams[at(index)].waitingCount = waiting
        let idle = timeouts(ofClient: index).bodyIdleMilliseconds
        timers.set(index, to: now.advanced(byMilliseconds: idle))
    }

    /// Closes a stream at once; one that is not over is reset.
    mutating func closeStream(_ index: Int) {
        timers.cancel(index)
        if let buffer = connections[index].inbound.take() { giveBack(buffer) }
        if let buffer = connections[index].outbound.take() { giveBack(buffer) }
        if let buffer = streams[at(index)].arrived.take() { giveBack(buffer) }
        if let buffer = streams[at(index)].arrivedTrailers.take() { giveBack(buffer) }
        if let buffer = streams[at(index)].trailers.take() { giveBack(buffer) }
        if let buffer = streams[at(index)].agreement.take() { giveBack(buffer) }
        let carrier = transport(of: index)
        let number = streams[at(index)].number
        let isOfTarget = connections[index].side == .upstream
        if number > 0, streams[at(index)].isInOrder {
            connections[carrier].http2?.forget(number)
            markFrames(carrier)
        } else if number > 0 {
            let isBroken = connections[index].flags.contains(.broken) && !isOfTarget
            connections[carrier].http2?.adopt(number, tag: -1)
            connections[carrier].http2?.reset(
                number, code: isBroken ? HTTP2Code.internalError : HTTP2Code.cancel)
            markFrames(carrier)
        }
        giveWindowBack(index)
        if isOfTarget { leaveCarrier(index) }
        _ = streams.remove(at: at(index))
        _ = connections.remove(at: index)
    }
}
