internal import Bytes
internal import HTTP
internal import Kernel

/// What the access log is told of connections that are no requests.
extension Worker {
    /// A connection through a tcp listener goes on its way; `serverName` is its own.
    mutating func noteTCP(_ exchange: Int) {
        exchanges[exchange].id = ids.next()
        log.open(exchange, serverName: serverName, id: exchanges[exchange].id)
    }

    /// A connection was closed before it became an exchange.
    mutating func noteBrokenOff(_ index: Int, _ kind: StaticString) {
        let ended = Instant.now()
        var facts = LogFacts(
            began: log.wallTime(of: ended, now: ended), client: connections[index].client,
            status: 0, nanoseconds: 0, listener: Int(connections[index].listener))
        facts.isTCP = connections[index].opening != .done
        facts.error = kind
        idText.removeAll()
        ids.next().append(to: &idText)
        let nothing = takeBuffer()
        log.add(refused: facts, nothing, id: idText, now: ended)
        giveBack(nothing)
    }
}

extension WorkerLog {
    /// Begins the record of a connection.
    mutating func open(_ exchange: Int, serverName: borrowing Buffer, id: RequestID) {
        makeRoom(for: exchange)
        guard var block = takeTexts(64 + serverName.count) else { return }
        var texts = LogTexts()
        texts.host = LogTexts.keep(
            serverName.bytes, ByteRange(0, serverName.count), most: LogLimits.hostBytes,
            in: &block)
        texts.id = Self.keep(id, in: &block)
        begin(exchange, texts, block)
    }
}
