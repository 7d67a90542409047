internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import TLS
internal import Telemetry

/// Checks of targets' health: exchanges without a client, on connections outside of the pools, the
/// traffic's counters and the limits of what is in flight.
extension Worker {
    /// Begins to ask.
    mutating func begin(_ probe: Probe, _ reply: @escaping @Sendable (ProbeOutcome) -> Void) {
        if case .request(let bytes, _) = probe.question, bytes.count > Limits.probeRequestBytes {
            return reply(.broken("request_too_large"))
        }
        guard crew.takeDescriptor(for: .upstream) else { return reply(.notAsked) }
        switch Socket.connect(to: probe.address) {
        case .failed(let error):
            crew.giveDescriptorBack()
            reply(.connectFailed(ConnectResult(error)))
        case .started(let socket):
            let connection = Connection(to: -1, socket: socket, side: .probe)
            guard let token = connections.insert(connection) else {
                crew.giveDescriptorBack()
                return reply(.notAsked)
            }
            let index = token.index
            probes[index] = ProbeState(
                question: probe.question, reply: reply, tls: probe.tls, version: probe.version,
                serverName: probe.serverName, preamble: probe.preamble)
            if probe.tls != nil { connections[index].opening = .handshake }
            if epoll.addConnection(connections[index].socket, token: token.rawValue) != nil {
                return end(index, .notAsked)
            }
            timers.set(index, to: now.advanced(byMilliseconds: probe.timeoutMilliseconds))
        }
    }

    /// Something happened on a probe's connection.
    mutating func probeIsReady(_ index: Int, _ readiness: Readiness) {
        if connections[index].flags.contains(.connecting) {
            guard !readiness.isResumed else { return }
            if let error = connections[index].socket.pendingError() {
                return end(index, .connectFailed(ConnectResult(error)))
            }
            connections[index].flags.remove([.connecting, .writeBlocked])
            introduce(index)
            if connections[index].opening != .done { return openProbe(index, readiness) }
            guard ask(index) else { return }
        } else if connections[index].opening != .done {
            return openProbe(index, readiness)
        } else if readiness.isWritable {
            connections[index].flags.remove(.writeBlocked)
            // A connection that is broken shows it when it is read.
            _ = flush(index)
        }
        readProbe(index)
    }

    /// Sends what the target wants to hear before anything else.
    private mutating func introduce(_ index: Int) {
        guard let preamble = probes[index]?.preamble, !preamble.isEmpty else { return }
        scratch.removeAll()
        scratch.append(preamble.span)
        sendScratch(index)
    }

    /// Sends the question; false when the connection itself was the answer.
    private mutating func ask(_ index: Int) -> Bool {
        guard case .request(let bytes, _)? = probes[index]?.question else {
            end(index, .connected)
            return false
        }
        if speaksHTTP2(index) { return askInFrames(index, bytes) }
        scratch.removeAll()
        scratch.append(bytes.span)
        sendScratch(index)
        return true
    }

    /// A probe's handshake goes on, as far as it can.
    private mutating func openProbe(_ index: Int, _ readiness: Readiness) {
        if connections[index].tls == nil {
            guard let probe = probes[index],
                let session = probe.tls?.session(
                    for: probe.serverName.text, isAddress: probe.serverName.isAddress,
                    resuming: TLSResumptionSlot(), offering: offer(by: probe))
            else { return end(index, .notAsked) }
            connections[index].tls = consume session
        }
        let progress = handshake(index, readiness)
        records.resumption = nil
        switch progress {
        case .wantsMore: return
        case .failed(let fault):
            connections[index].flags.insert(.broken)
            end(index, .connectFailed(fault.connectResult))
        case .done:
            connections[index].opening = .done
            if ask(index) { readProbe(index) }
        }
    }

    /// The time for the whole answer is over.
    mutating func probeIsLate(_ index: Int) {
        let isConnected = !connections[index].flags.contains(.connecting)
        end(index, .timedOut(isConnected: isConnected))
    }

    /// The connection of a probe was closed for another reason than its end.
    mutating func probeIsClosed(_ index: Int) {
        probes.removeValue(forKey: index)?.reply(.notAsked)
    }

    mutating func end(_ index: Int, _ outcome: ProbeOutcome) {
        let probe = probes.removeValue(forKey: index)
        close(index)
        probe?.reply(outcome)
    }

    /// Reads what is here of the answer.
    private mutating func readProbe(_ index: Int) {
        if connections[index].http2 != nil { return readProbeFrames(index) }
        var buffer = connections[index].inbound.take() ?? takeBuffer()
        while true {
            if let outcome = parseProbe(index, &buffer) {
                giveBack(buffer)
                return end(index, outcome)
            }
            if buffer.space == 0 { buffer.compact() }
            switch receive(index, into: &buffer) {
            case .done(let count):
                probes[index]?.received += count
                if probes[index]?.received ?? 0 > Limits.probeBytes {
                    giveBack(buffer)
                    return end(index, .broken("answer_too_large"))
                }
            case .wouldBlock:
                return keepInbound(index, buffer)
            case .ended:
                let wasWhole = takeEnd(index)
                giveBack(buffer)
                return end(index, wasWhole ?? .closed)
            case .failed:
                giveBack(buffer)
                return end(index, .reset)
            }
        }
    }

    /// Goes on with the head or the body; what came of the probe, once that is known.
    private mutating func parseProbe(_ index: Int, _ buffer: inout Buffer) -> ProbeOutcome? {
        while probes[index]?.status == 0 {
            let isDue =
                !buffer.isEmpty
                && connections[index].scan.isWorthParsing(buffer.bytes, limits: headLimits)
            guard isDue else { return nil }
            let method: Method = probes[index]?.isHead == true ? .head : .get
            switch responseHead.parse(buffer.bytes, to: method, limits: headLimits) {
            case .incomplete:
                return nil
            case .refused(let fault):
                return .broken("\(fault.kind)")
            case .complete:
                connections[index].scan = HeadScan()
                if !responseHead.isInterim { takeHead(index, buffer) }
                buffer.consume(responseHead.byteCount)
            }
        }
        return readProbeBody(index, &buffer)
    }

    mutating func takeHead(_ index: Int, _ buffer: borrowing Buffer) {
        probes[index]?.status = responseHead.status
        probes[index]?.isKong = responseHead.gatewayMarks(buffer.bytes).isKong
        connections[index].body = BodyReader(responseHead.framing)
        connections[index].framing = .plain
    }

    /// Takes the body apart as that of any answer, but keeps it here.
    private mutating func readProbeBody(_ index: Int, _ buffer: inout Buffer) -> ProbeOutcome? {
        let flow = Flow(exchange: -1, source: index, sink: index, isRequest: false)
        // Taken out meanwhile, so that it grows where it is.
        var body = probes[index]?.body ?? []
        probes[index]?.body = []
        switch takePiece(flow, &buffer, after: 0) {
        case .refused(let fault):
            payload.removeAll()
            return .broken("\(fault.kind)")
        case .plain(let count):
            Self.keep(buffer.bytes, count, in: &body)
            moveOn(flow, &buffer, by: count)
        case .framed:
            Self.keep(payload.bytes, payload.count, in: &body)
            payload.removeAll()
        }
        probes[index]?.body = body
        if connections[index].body.hasEnded { return answer(of: index, isWhole: true) }
        let isFull = probes[index]?.body.count == Limits.probeBodyBytes
        return isFull ? answer(of: index, isWhole: false) : nil
    }

    static func keep(_ bytes: Span<UInt8>, _ count: Int, in body: inout [UInt8]) {
        for offset in 0..<min(count, Limits.probeBodyBytes - body.count) {
            body.append(bytes[offset])
        }
    }

    /// The target closed: the answer, if that is how its body ends.
    private func takeEnd(_ index: Int) -> ProbeOutcome? {
        guard probes[index]?.status ?? 0 > 0, case .untilClose = connections[index].body else {
            return nil
        }
        return answer(of: index, isWhole: true)
    }

    func answer(of index: Int, isWhole: Bool) -> ProbeOutcome? {
        probes[index].map { probe in
            .answered(
                ProbeAnswer(
                    status: probe.status, isKong: probe.isKong, body: probe.body,
                    isWhole: isWhole))
        }
    }
}
