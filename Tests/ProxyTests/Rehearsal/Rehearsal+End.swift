import Bytes
import Kernel
import Telemetry

@testable import Proxy

/// How a rehearsal ends, and what must hold then.
extension Rehearsal {
    /// Everybody does what a patient peer does, and no time passes: whatever was asked whole is
    /// answered.
    func calmDown() {
        settle()
        for target in 0..<Self.targetCount { open(door: target) }
        isListed = [true, true, true]
        apply()
        settle()
        for round in 0..<2_000 {
            var hasMoved = false
            for client in clients where client.line.isOpen { hasMoved = serve(client) || hasMoved }
            for backend in backends where backend.line.isOpen {
                hasMoved = serve(backend) || hasMoved
            }
            settle()
            if !hasMoved {
                // What is on its way may need a moment on a busy machine.
                if worker.epoll.wait(milliseconds: 0) == 0 { break }
                turnOnce()
            }
            if round == 1_999 { faults.append("there is no end to what is said") }
        }
        for client in clients where client.isListening { checkAnswered(client) }
    }

    private func serve(_ client: Client) -> Bool {
        let before = (client.line.sent.count, client.line.received.count, client.line.end)
        client.line.send()
        client.line.receive()
        return before != (client.line.sent.count, client.line.received.count, client.line.end)
    }

    /// Sends what is left of an answer, gives good ones to the requests that wait, and leaves when
    /// the connection is in no state for that.
    private func serve(_ backend: Backend) -> Bool {
        let line = backend.line
        let before = (line.sent.count, line.received.count, line.end)
        line.receive()
        // Reading all of it again takes longer than all else.
        let state = Rehearsal.Backend.State(backend)
        if state == backend.atRest { return false }
        look(at: backend)
        line.send()
        look(at: backend)
        if line.pending.isEmpty {
            if let request = nextRequest(of: backend), isInStep(backend), request.body.isWhole {
                backend.answered += 1
                line.pending += script.good(to: request).utf8
                line.send()
            } else if !isInStep(backend) || line.end != nil {
                line.close()
                return true
            }
        }
        backend.atRest = Rehearsal.Backend.State(backend)
        return before != (line.sent.count, line.received.count, line.end)
    }

    /// Whether all that a target has said were whole answers to requests, and the connection may
    /// serve another one.
    private func isInStep(_ backend: Backend) -> Bool {
        if backend.line.hasEndedSending { return false }
        let (deliveries, _) = backend.ledger.deliveries(connection: 0)
        var reader = StrictReader(backend.line.sent)
        for delivery in deliveries.prefix(backend.answered) {
            guard case .whole(let response, _) = delivery.answer, !response.closes,
                !response.isSwitch
            else { return false }
            let question = StrictQuestion(
                isHead: delivery.request.method == "HEAD", upgrade: delivery.request.upgrade)
            _ = reader.response(to: question, hasEnded: false)
        }
        return reader.isAtEnd
    }

    private func checkAnswered(_ client: Client) {
        if client.line.end != nil { return }
        var asked = StrictReader(client.line.sent)
        var got = StrictReader(client.line.received)
        let name = client.ledger.address
        while true {
            switch asked.request() {
            case .none:
                if client.line.hasEndedSending { faults.append("\(name) waits for its end") }
                return
            case .refused(let why):
                // A fault may be found late in a head that is not at its end.
                let text = latin1(Array(asked.rest))
                if text.contains("\n\r\n") || text.contains("\n\n") {
                    faults.append("\(name) waits for a refusal of: \(why)")
                }
                return
            case .request(let request, let broken):
                let question = StrictQuestion(
                    isHead: request.method == "HEAD", upgrade: request.upgrade)
                switch got.response(to: question, hasEnded: false) {
                case .whole(let response, _):
                    if response.isSwitch { return }
                    if response.closes { return faults.append("\(name) waits for its end") }
                case .none, .cut, .refused:
                    let isWhole = request.body.isWhole || broken != nil
                    if isWhole || client.line.hasEndedSending {
                        faults.append("\(name) waits for an answer to \(request.target)")
                    }
                    return
                }
            }
        }
    }

    /// Everybody goes, and much time passes: nothing is left.
    func leave() {
        for client in clients { client.line.reset() }
        for backend in backends { backend.line.reset() }
        settle()
        for _ in 0..<40 {
            letTimePass(milliseconds: 30_000)
            settle()
        }
        if worker.connections.count > 0 { faults.append("connections are left") }
        if worker.exchanges.count > 0 { faults.append("exchanges are left") }
        if worker.buffers.usedCount > 0 {
            faults.append("\(worker.buffers.usedCount) blocks are left")
        }
        for target in 0..<worker.targets.count {
            let state = worker.targets[target]
            if state.inflight != 0 {
                faults.append("target \(target): \(state.inflight) in flight")
            }
            if state.pooledCount != 0 { faults.append("target \(target) has a pool") }
        }
        if ground.crew.connectionCounts != [0] { faults.append("the crew counts connections") }
    }

    /// What was counted is what was seen.
    func checkCounters(_ verdict: Verdict) {
        let counters = worker.counters
        let lanes = 0..<counters.laneCount
        for lane in lanes where counters.inflightCount(lane: lane) != 0 {
            faults.append("lane \(lane) counts exchanges in flight")
        }
        for upstream in 0..<counters.upstreamCount {
            let open = counters.connectionCounts(upstream: upstream)
            if open != (0, 0) { faults.append("upstream \(upstream) counts connections: \(open)") }
        }
        if counters.downstreamConnectionCount(listener: 0) != 0 {
            faults.append("the listener counts connections")
        }
        for (status, count) in verdict.statuses {
            let counted = counters.downstreamRequestCount(listener: 0, code: status)
            if counted < count { faults.append("\(status) came \(count) times, not \(counted)") }
        }
        let exchanges = lanes.reduce(0) { $0 + counters.requestCount(lane: $1) }
        if exchanges > counters.downstreamRequestCount(listener: 0) {
            faults.append("more exchanges than requests")
        }
        let sent = (0..<counters.upstreamCount).reduce(0) {
            $0 + counters.byteCounts(upstream: $1).sent
        }
        let arrived = backends.reduce(0) { $0 + $1.line.received.count }
        if arrived > sent { faults.append("\(arrived) bytes arrived of \(sent)") }
        let begun = backends.count { !$0.line.received.isEmpty }
        let routed = lanes.reduce(0) { sum, lane in
            sum + ChoiceKind.allCases.reduce(0) { $0 + counters.routedCount(lane: lane, by: $1) }
                + counters.retryCount(lane: lane)
        }
        if begun > routed {
            faults.append("\(begun) connections were used, \(routed) times routed")
        }
    }
}
