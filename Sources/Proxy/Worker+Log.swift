internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import Telemetry

/// What the access log is told on an exchange's way. Each call stands behind `log.isOn`.
extension Worker {
    /// A request's head is whole, and its exchange begins.
    mutating func noteRequest(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        guard let buffer = connections[client].inbound.take() else { return }
        log.open(exchange, requestHead, buffer, id: exchanges[exchange].id)
        connections[client].inbound = consume buffer
    }

    /// The request goes to a target, with a head of so many bytes: once more, perhaps.
    mutating func noteAttempt(_ exchange: Int, headBytes: Int) {
        guard hasRecord(exchange) else { return }
        log.records[exchange].attempts += 1
        log.records[exchange].bytesToUpstream = -headBytes
        log.records[exchange].trouble = nil
    }

    /// An attempt ended without a connection.
    mutating func noteFailedConnect(_ exchange: Int) {
        guard hasRecord(exchange) else { return }
        log.records[exchange].attempts += 1
    }

    /// A head of so many bytes goes to the client, interim ones among them.
    mutating func noteAnswerHead(_ exchange: Int, headBytes: Int) {
        guard hasRecord(exchange) else { return }
        log.records[exchange].bytesToClient -= headBytes
    }

    /// The head of the final answer came, so long after the request's head was sent.
    mutating func noteFirstByte(_ exchange: Int, nanoseconds: UInt64) {
        guard hasRecord(exchange) else { return }
        log.records[exchange].firstByteNanoseconds = Int64(clamping: nanoseconds)
    }

    /// Our own answer stands in `scratch`.
    mutating func noteOwnAnswer(_ exchange: Int, _ own: OwnAnswer) {
        guard hasRecord(exchange) else { return }
        let isHead = exchanges[exchange].method == .head
        let headBytes = scratch.count - (isHead ? 0 : own.bodyCount)
        log.records[exchange].bytesToClient -= headBytes
        log.records[exchange].ownKind = own.kind
    }

    /// What went wrong, in case that the client's connection will be broken for it.
    mutating func noteTrouble(_ exchange: Int, _ kind: StaticString) {
        if traces.isOn { traceTrouble(exchange, kind) }
        guard log.isOn, hasRecord(exchange) else { return }
        log.records[exchange].trouble = kind
    }

    /// Bytes of an exchange went out at one of its two connections.
    mutating func noteBytes(_ count: Int, at index: Int) {
        let exchange = Int(connections[index].exchange)
        guard exchange >= 0, hasRecord(exchange) else { return }
        switch connections[index].side {
        case .downstream: log.records[exchange].bytesToClient += count
        case .upstream: log.records[exchange].bytesToUpstream += count
        case .probe: break
        }
    }

    /// An exchange is over: its line is written. `breach` says why its client's connection is
    /// broken, where nothing else was noted.
    mutating func noteEnd(_ exchange: Int, breach: StaticString?, ended: Instant) {
        guard hasRecord(exchange) else { return }
        let client = exchanges[exchange].downstream
        let target = exchanges[exchange].target
        var facts = LogFacts(
            began: log.wallTime(of: exchanges[exchange].began, now: ended),
            client: connections[client].client,
            version: exchanges[exchange].version,
            status: exchanges[exchange].status,
            nanoseconds: ended.since(exchanges[exchange].began),
            listener: exchanges[exchange].listener)
        facts.isTCP = exchanges[exchange].isTCP
        facts.isHTTP2 = connections[client].isStream
        facts.split = exchanges[exchange].split
        facts.upstream = exchanges[exchange].upstream
        facts.target = target < 0 ? nil : targets[target].address
        facts.choice = facts.upstream < 0 ? nil : exchanges[exchange].choice
        facts.tls = logTLS(client)
        log.end(exchange, facts, breach: breach, now: ended)
    }

    /// What a client sent was refused before an exchange could be made of it. The answer has been
    /// sent; the request's name stands in `idText`.
    mutating func noteRefusal(_ index: Int, _ own: OwnAnswer) {
        let ended = Instant.now()
        let hasBegun = connections[index].flags.contains(.headBegan)
        let began = hasBegun ? connections[index].headBegan : ended
        var facts = LogFacts(
            began: log.wallTime(of: began, now: ended), client: connections[index].client,
            status: own.status, nanoseconds: ended.since(began),
            listener: Int(connections[index].listener))
        facts.error = own.kind
        facts.tls = logTLS(index)
        facts.bytesSent = connections[index].outbound == nil ? own.bodyCount : 0
        let buffer = connections[index].inbound.take() ?? takeBuffer()
        log.add(refused: facts, buffer, id: idText, now: ended)
        keepInbound(index, buffer)
    }

    private func hasRecord(_ exchange: Int) -> Bool {
        exchange < log.records.count && log.records[exchange].isOpen
    }
}

/// The log in the worker's loop.
extension Worker {
    /// Hands lines over that have waited long enough.
    mutating func handOverLog() {
        if let due = log.due, due <= now { log.handOver() }
    }

    /// Exchanges that are cut by the end of the process are written down as well.
    mutating func endLog() {
        guard log.isOn else { return }
        let ended = Instant.now()
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            noteEnd(exchange, breach: "shutdown", ended: ended)
        }
        log.leave()
    }
}

extension AttemptFailure {
    /// What the access log calls it when it broke an answer in the middle.
    var logKind: StaticString {
        switch self {
        case .connect: "connect_failed"
        case .timeout: "response_timeout"
        case .reset: "upstream_reset"
        case .closed: "upstream_closed"
        case .protocol: "upstream_invalid"
        case .other: "upstream_failed"
        case .handshake: "tls_failed"
        case .unverified: "tls_unverified"
        }
    }
}
