internal import Bytes
internal import HTTP
internal import HTTP2
internal import Kernel
internal import Reactor
internal import Settings
internal import TLS
internal import Telemetry

/// Checks of targets that speak HTTP/2: one stream on a connection of its own.
extension Worker {
    /// The protocols that a check offers.
    func offer(by probe: ProbeState) -> TLSOffer {
        switch probe.version {
        case .http1: .nothing
        case .http2: .http2
        case .auto: .both
        }
    }

    /// Whether a check whose connection is there goes on in HTTP/2.
    func speaksHTTP2(_ index: Int) -> Bool {
        switch probes[index]?.version {
        case .http2: true
        case .auto: connections[index].tls?.isHTTP2 ?? false
        case .http1, nil: false
        }
    }

    /// Sends the question; false when the connection itself was the answer.
    mutating func askInFrames(_ index: Int, _ question: [UInt8]) -> Bool {
        if connections[index].tls?.isHTTP2 == false {
            end(index, .connectFailed(.handshake))
            return false
        }
        guard let session = HTTP2Session(isServer: false, memory: frames.memory) else {
            end(index, .notAsked)
            return false
        }
        let scheme: StaticString = connections[index].tls == nil ? "http" : "https"
        let opening = session.open(
            question.span, scheme: scheme, tag: -1, isLast: true, &frames)
        connections[index].http2 = consume session
        guard case .opened = opening else {
            end(index, .broken("request_not_taken"))
            return false
        }
        sendLastFrames(index)
        return true
    }

    /// Reads what is here of the answer.
    mutating func readProbeFrames(_ index: Int) {
        var buffer = takeBuffer()
        while true {
            buffer.removeAll()
            switch receive(index, into: &buffer) {
            case .done(let count):
                probes[index]?.received += count
                var outcome = feedProbe(index, buffer)
                if probes[index]?.received ?? 0 > Limits.probeBytes {
                    outcome = outcome ?? .broken("answer_too_large")
                }
                guard let outcome else { continue }
                giveBack(buffer)
                return end(index, outcome)
            case .wouldBlock:
                giveBack(buffer)
                return sendLastFrames(index)
            case .ended:
                giveBack(buffer)
                return end(index, .closed)
            case .failed:
                giveBack(buffer)
                return end(index, .reset)
            }
        }
    }

    /// Takes all bytes of a block; what came of the probe, once that is known.
    private mutating func feedProbe(_ index: Int, _ buffer: borrowing Buffer) -> ProbeOutcome? {
        frames.now = Int(now.nanoseconds / 1_000_000)
        var at = 0
        while at < buffer.count {
            guard let session = connections[index].http2.take() else { return .closed }
            let taken = session.feed(buffer.bytes, from: at, &frames)
            var outcome: ProbeOutcome?
            for number in 0..<frames.events.count where outcome == nil {
                outcome = hearProbe(frames.events[number], index, buffer, session)
            }
            connections[index].http2 = consume session
            if outcome == nil, !frames.closed.isEmpty { outcome = .reset }
            frames.closed.removeAll(keepingCapacity: true)
            if let outcome { return outcome }
            guard let taken else { return .broken("http2_invalid") }
            at += taken
        }
        return nil
    }

    private mutating func hearProbe(
        _ event: HTTP2Event, _ index: Int, _ buffer: borrowing Buffer,
        _ session: borrowing HTTP2Session
    ) -> ProbeOutcome? {
        switch event {
        case .head(_, let endsStream):
            var head = takeBuffer()
            guard head.space >= frames.text.count else {
                giveBack(head)
                return .broken("head_too_large")
            }
            head.append(frames.text.bytes)
            let outcome = readProbeHead(index, head, endsStream)
            giveBack(head)
            return outcome
        case .body(let id, let from, let count):
            session.haveRead(count, of: id.number)
            var body = probes[index]?.body ?? []
            probes[index]?.body = []
            Self.keep(buffer.bytes.extracting(from..<from + count), count, in: &body)
            let isFull = body.count == Limits.probeBodyBytes
            probes[index]?.body = body
            return isFull ? answer(of: index, isWhole: false) : nil
        case .trailers, .ended: return answer(of: index, isWhole: true)
        case .headTooLarge: return .broken("head_too_large")
        case .goingAway: return nil
        }
    }

    private mutating func readProbeHead(
        _ index: Int, _ head: borrowing Buffer, _ endsStream: Bool
    ) -> ProbeOutcome? {
        let method: Method = probes[index]?.isHead == true ? .head : .get
        switch responseHead.parse(head.bytes, to: method, limits: headLimits) {
        case .incomplete: return .broken("bad_status_line")
        case .refused(let fault): return .broken("\(fault.kind)")
        case .complete where responseHead.isInterim: return nil
        case .complete: break
        }
        takeHead(index, head)
        return endsStream ? answer(of: index, isWhole: true) : nil
    }
}
