internal import Bytes
internal import HTTP
internal import Kernel

/// Traces on an exchange's way. Each call stands behind `traces.isOn`.
extension Worker {
    /// A request's head is whole, and its exchange begins.
    mutating func beginTrace(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        guard let buffer = connections[client].inbound.take() else { return }
        beginTrace(exchange, buffer)
        connections[client].inbound = consume buffer
    }

    private mutating func beginTrace(_ exchange: Int, _ buffer: borrowing Buffer) {
        let parent = requestHead.traceContext(buffer.bytes)
        let isSampled = traces.open(exchange, parent, id: exchanges[exchange].id)
        if isSampled { noteTraced(exchange, buffer) }
    }

    /// Keeps what only the head tells.
    private func noteTraced(_ exchange: Int, _ buffer: borrowing Buffer) {
        let bytes = buffer.bytes
        var count = 0
        let path = requestHead.pathRange
        var at = path.start
        while at < path.end, count < SpanRecord.pathBytes, bytes[at] != UInt8(ascii: "?") {
            traces.records[exchange].span.texts[count] = bytes[at]
            count += 1
            at += 1
        }
        traces.records[exchange].span.pathCount = UInt8(truncatingIfNeeded: count)
        let host = requestHead.hostRange
        let hostCount = min(host.count, SpanRecord.hostBytes)
        for offset in 0..<hostCount {
            traces.records[exchange].span.texts[count + offset] = bytes[host.start + offset]
        }
        traces.records[exchange].span.hostCount = UInt8(truncatingIfNeeded: hostCount)
        traces.records[exchange].span.attempts = 0
        traces.records[exchange].span.error = nil
        traces.records[exchange].span.trouble = nil
    }

    /// The client's own words about the trace do not go to the target.
    mutating func leaveOutTrace(_ exchange: Int, _ buffer: borrowing Buffer) {
        guard isInTrace(exchange) else { return }
        requestHead.leaveOutTrace(
            buffer.bytes, keepsState: traces.records[exchange].keepsState)
    }

    /// Tells the target the trace, behind the head in `scratch`: it was asked by our span.
    mutating func tellTrace(_ exchange: Int) {
        guard isInTrace(exchange) else { return }
        scratch.truncate(to: scratch.count - 2)
        traces.records[exchange].span.context.append(to: &scratch)
        scratch.append("\r\n")
    }

    /// A target is tried, whether a connection comes about or not.
    func traceAttempt(_ exchange: Int) {
        guard isInTrace(exchange) else { return }
        traces.records[exchange].span.attempts += 1
        traces.records[exchange].span.trouble = nil
    }

    /// The answer is our own.
    func traceOwnAnswer(_ exchange: Int, _ own: OwnAnswer) {
        guard isInTrace(exchange) else { return }
        traces.records[exchange].span.error = own.kind
    }

    /// What went wrong, in case that the client's connection will be broken for it.
    func traceTrouble(_ exchange: Int, _ kind: StaticString) {
        guard isInTrace(exchange) else { return }
        traces.records[exchange].span.trouble = kind
    }

    /// An exchange is over: its span is told.
    mutating func endTrace(_ exchange: Int, ended: Instant) {
        guard isInTrace(exchange) else { return }
        traces.records[exchange].isOpen = false
        guard traces.records[exchange].span.context.isSampled else { return }
        let now = WallClock.nanoseconds()
        let began = now &- Int64(clamping: ended.since(exchanges[exchange].began))
        traces.records[exchange].span.began = began
        traces.records[exchange].span.ended = now
        traces.records[exchange].span.method = exchanges[exchange].method
        traces.records[exchange].span.isVersion10 = exchanges[exchange].isVersion10
        let client = exchanges[exchange].downstream
        traces.records[exchange].span.isHTTP2 = connections[client].isStream
        traces.records[exchange].span.isSecure = connections[transport(of: client)].tls != nil
        traces.records[exchange].span.status = Int16(clamping: exchanges[exchange].status)
        traces.records[exchange].span.listener = Int32(exchanges[exchange].listener)
        traces.records[exchange].span.split = Int32(exchanges[exchange].split)
        traces.records[exchange].span.upstream = Int32(exchanges[exchange].upstream)
        traces.records[exchange].span.target = Int32(exchanges[exchange].target)
        if traces.records[exchange].span.error == nil, exchanges[exchange].downstreamIsGone {
            traces.records[exchange].span.error =
                traces.records[exchange].span.trouble ?? "client_closed"
        }
        traces.handOver(exchange)
    }

    private func isInTrace(_ exchange: Int) -> Bool {
        exchange < traces.records.count && traces.records[exchange].isOpen
    }
}
