internal import Bytes
internal import HTTP
internal import HTTP2
internal import Kernel
internal import Reactor
internal import Telemetry

/// Frames that come of targets.
extension Worker {
    /// Something happened on a connection that carries streams to a target.
    mutating func carrierToTargetIsReady(_ index: Int, _ readiness: Readiness) {
        // What is broken shows it when it is read.
        if readiness.hasFailed { connections[index].flags.insert(.readable) }
        if readiness.isWritable { connections[index].flags.remove(.writeBlocked) }
        guard connections[index].http2 != nil, readTargetFrames(index) else { return }
        if connections[index].flags.contains(.broken) {
            // All that was here is read.
            if !connections[index].flags.contains(.readable) { carrierFailed(index, .reset) }
            return
        }
        if carriages[Int(connections[index].carriage)].isOpen {
            lookAfterWaiting(index)
        } else {
            lookAfterOpening(index)
        }
        if connections[index].http2 != nil { markFrames(index) }
    }

    /// Reads a block of frames, and hands what they bring to their streams; false when the carrier
    /// is closed. What more there is comes in the next turn, when the streams have read theirs.
    private mutating func readTargetFrames(_ index: Int) -> Bool {
        var budget = Limits.blockBytes
        var buffer = takeBuffer()
        while true {
            buffer.removeAll()
            switch receive(index, into: &buffer) {
            case .done(let count):
                carriages[Int(connections[index].carriage)].heardAt = now
                connections[index].flags.remove(.asked)
                budget -= count
                guard feed(index, buffer) else {
                    giveBack(buffer)
                    breakOffTarget(index)
                    return false
                }
                if budget > 0 { continue }
                deferToNextTurn(index)
            case .wouldBlock:
                break
            case .ended, .failed:
                giveBack(buffer)
                carrierFailed(index, .reset)
                return false
            }
            giveBack(buffer)
            return true
        }
    }

    /// Tells a target that breaks the rules why, as far as it takes that, and closes.
    mutating func breakOffTarget(_ index: Int) {
        sendLastFrames(index)
        carrierFailed(index, .other)
    }

    /// A target takes no more requests over a connection; those above `last` it has not begun.
    mutating func takeFarewell(_ index: Int, _ last: Int32, _ code: UInt32) {
        let place = Int(connections[index].carriage)
        guard place >= 0 else { return }
        if code != HTTP2Code.none {
            carriages[place].farewell = .fault
        } else if last > 0, carriages[place].hasCarried {
            carriages[place].farewell = .passedOver
        }
    }

    /// The head of an answer, or of an interim one, is here.
    mutating func arriveHead(_ id: HTTP2StreamID, over carrier: Int, hasEnded: Bool) {
        let index = Int(id.tag)
        guard index >= 0 else { return }
        var block = connections[index].inbound.take() ?? takeBuffer()
        let needed = frames.text.count + Limits.firstLineBytes
        if block.space < needed { block.compact() }
        guard block.space >= needed else {
            connections[index].inbound = consume block
            return refuseAnswer(id, over: carrier)
        }
        if streams[at(index)].isUpgrade, frames.text.bytes[9] == UInt8(ascii: "2") {
            copyAgreement(of: index, to: &block)
        } else {
            copyHead(to: &block, isForStream: isForStream(index))
        }
        connections[index].inbound = consume block
        streams[at(index)].isChunked = connections[carrier].http2?.isOpenEnded(id.number) ?? false
        streams[at(index)].readSince = now
        if hasEnded { streams[at(index)].hasEnded = true }
        wake(index)
    }

    /// The head that stands for success where another protocol was asked for.
    private mutating func copyAgreement(of index: Int, to block: inout Buffer) {
        guard let agreement = streams[at(index)].agreement.take() else { return }
        Self.append(agreement, to: &block)
        // Behind `HTTP/1.1 200 `.
        block.append(frames.text.bytes, from: 15, to: frames.text.count)
        giveBack(agreement)
    }

    private func isForStream(_ index: Int) -> Bool {
        let exchange = Int(connections[index].exchange)
        return exchange >= 0 && connections[exchanges[exchange].downstream].isStream
    }

    private static func append(_ bytes: borrowing Buffer, to block: inout Buffer) {
        block.append(bytes.bytes)
    }

    /// A client of HTTP/1.1 gets the words that belong to the status.
    private func copyHead(to block: inout Buffer, isForStream: Bool) {
        let count = frames.text.count
        guard !isForStream, count > 13 else { return block.append(frames.text.bytes) }
        var status = 0
        for at in 9..<12 { status = status * 10 + Int(frames.text.bytes[at]) - 0x30 }
        block.append(frames.text.bytes, from: 0, to: 13)
        block.append(StatusReason.of(status))
        block.append(frames.text.bytes, from: 13, to: count)
    }

    mutating func refuseAnswer(_ id: HTTP2StreamID, over carrier: Int) {
        let index = Int(id.tag)
        guard index >= 0 else { return }
        connections[carrier].http2?.reset(id.number, code: HTTP2Code.enhanceYourCalm)
        streams[at(index)].isInvalid = true
        connections[index].flags.insert(.broken)
        wake(index)
    }

    /// A carrier may have room for those that wait.
    mutating func noteRoom(_ index: Int) {
        let place = Int(connections[index].carriage)
        if place >= 0, carriages[place].waitingCount > 0 { deferToNextTurn(index) }
    }

    /// A stream towards a target is over there.
    mutating func targetStreamIsClosed(_ index: Int, code: UInt32) {
        // Nothing was cut off of an answer that is here.
        guard !streams[at(index)].hasEnded else { return }
        connections[index].flags.insert(.broken)
        if code == HTTP2Code.protocol { streams[at(index)].isInvalid = true }
        let hasAnswer = connections[index].inbound != nil || streams[at(index)].arrived != nil
        guard code == HTTP2Code.refusedStream, !hasAnswer else { return }
        let carriage = Int(connections[transport(of: index)].carriage)
        streams[at(index)].refusal = carriage >= 0 ? carriages[carriage].farewell : .refused
    }
}
