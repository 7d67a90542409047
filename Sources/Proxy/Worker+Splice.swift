internal import Bytes
internal import Kernel
internal import Telemetry

/// Moving bytes through a pipe, without a copy, where much of them waits.
extension Worker {
    /// Moves what waits at the source, at most so much in one turn; nil when no pipe is to be had,
    /// or when bytes that were read before have to go first.
    ///
    /// A pipe is borrowed only while bytes are in it, which is beyond this call only when the sink
    /// takes no more.
    mutating func splice(_ flow: Flow) -> FlowState? {
        guard connections[flow.source].inbound == nil, connections[flow.sink].outbound == nil,
            connections[flow.source].tls == nil, connections[flow.sink].tls == nil
        else { return nil }
        hasMoved = false
        movedCount = 0
        if connections[flow.sink].flags.contains(.writeBlocked) { return .blocked }
        var number = Int(connections[flow.source].pipe)
        if number < 0 { number = pipes.take(crew) ?? -1 }
        guard number >= 0 else { return nil }
        guard var pipe = pipes.lend(number) else { return nil }
        let state = splice(flow, through: &pipe)
        let isEmpty = pipe.count == 0
        pipes.keep(pipe, number)
        connections[flow.source].pipe = isEmpty ? -1 : Int16(number)
        if isEmpty { pipes.give(number) }
        if movedCount >= Limits.splicedBytes {
            connections[flow.source].flags.insert(.spliced)
        } else if isEmpty {
            connections[flow.source].flags.remove(.spliced)
        }
        return state
    }

    private mutating func splice(_ flow: Flow, through pipe: inout Pipe) -> FlowState {
        while true {
            while pipe.count > 0 {
                switch pipe.drain(to: connections[flow.sink].socket) {
                case .done(let count):
                    noteSpliced(flow, count)
                case .wouldBlock:
                    connections[flow.sink].flags.insert(.writeBlocked)
                    return .blocked
                case .ended, .failed:
                    connections[flow.sink].flags.insert(.broken)
                    return .sinkBroken
                }
            }
            if connections[flow.source].body.hasEnded { return .ended }
            if movedCount >= Limits.bytesPerTurn { return .yielded }
            guard connections[flow.source].flags.contains(.readable) else { return .starved }
            switch pipe.fill(from: connections[flow.source].socket) {
            case .done(let count):
                hasMoved = true
                noteFilled(flow, count)
            case .wouldBlock:
                connections[flow.source].flags.remove(.readable)
                return .starved
            case .ended:
                connections[flow.source].flags.insert(.peerEnded)
                // The end that reading finds after a write has failed is none.
                if connections[flow.source].flags.contains(.broken) { return .sourceReset }
                hasMoved = true
                connections[flow.source].body = .none
            case .failed:
                connections[flow.source].flags.insert(.peerEnded)
                return .sourceReset
            }
        }
    }

    private mutating func noteFilled(_ flow: Flow, _ count: Int) {
        guard !flow.isRequest else { return }
        counters.received(upstream: exchanges[flow.exchange].upstream, bytes: count)
    }

    private mutating func noteSpliced(_ flow: Flow, _ count: Int) {
        hasMoved = true
        movedCount += count
        if flow.isRequest {
            counters.sent(upstream: exchanges[flow.exchange].upstream, bytes: count)
        }
        if log.isOn { noteBytes(count, at: flow.sink) }
    }

    /// A connection closes with bytes of its own still in a pipe: they are lost with it.
    mutating func dropPipe(of index: Int) {
        pipes.drop(Int(connections[index].pipe), crew)
        connections[index].pipe = -1
    }
}
