internal import Bytes
internal import HTTP
internal import Kernel
internal import Settings
internal import TLS
internal import Telemetry

/// The name that a TLS client asks for, at tcp listeners that choose by it. Nothing is decrypted
/// and nothing is taken out: all that was looked at goes to the target.
extension Worker {
    /// Reads until the client's first message is whole. What is no TLS, or breaks its rules, is
    /// closed: a port that chooses by names is no way around the choice.
    mutating func readHello(_ index: Int) {
        var buffer = connections[index].inbound.take() ?? takeBuffer()
        while true {
            if buffer.count > 0, buffer.count >= Int(connections[index].awaitedCount) {
                switch ClientHello.readServerName(buffer.bytes, into: &serverName) {
                case .complete:
                    keepInbound(index, buffer)
                    let result: ClientHelloResult = serverName.isEmpty ? .unnamed : .named
                    counters.clientHello(listener: Int(connections[index].listener), result)
                    return beginTCP(index)
                case .incomplete(let count):
                    connections[index].awaitedCount = UInt16(count)
                case .refused(let fault):
                    giveBack(buffer)
                    return refuseHello(index, ClientHelloResult(fault))
                }
            }
            if buffer.space == 0 { buffer.compact() }
            switch receive(index, into: &buffer) {
            case .done:
                continue
            case .wouldBlock:
                return keepInbound(index, buffer)
            case .ended, .failed:
                let isSilent = buffer.isEmpty
                giveBack(buffer)
                return refuseHello(index, .closed, isSilent: isSilent)
            }
        }
    }

    /// Closes a connection whose target cannot be told, and counts why; tells of it unless it has
    /// sent nothing at all.
    mutating func refuseHello(_ index: Int, _ result: ClientHelloResult, isSilent: Bool = false) {
        counters.clientHello(listener: Int(connections[index].listener), result)
        if !isSilent { tell(ofClient: index, .clientHello(result)) }
        breakOff(index, result.logKind)
    }

    /// Makes `serverName` tell of a connection whose first bytes have not been passed on yet:
    /// others may have been looked at since.
    mutating func readNameAgain(_ exchange: Int) {
        serverName.removeAll()
        let client = exchanges[exchange].downstream
        let listener = Int(connections[client].listener)
        if connections[client].tls != nil { return readNameOfSession(client) }
        guard listeners[listener].openingAfterHeader == .hello,
            let buffer = connections[client].inbound.take()
        else { return }
        readName(buffer)
        connections[client].inbound = consume buffer
    }

    /// Makes `serverName` tell of a connection whose TLS ends here; empty for one without TLS.
    mutating func readNameOfSession(_ index: Int) {
        serverName.removeAll()
        guard let session = connections[index].tls.take() else { return }
        session.appendServerName(to: &serverName)
        connections[index].tls = consume session
    }

    private mutating func readName(_ buffer: borrowing Buffer) {
        let progress = ClientHello.readServerName(buffer.bytes, into: &serverName)
        if progress != .complete { serverName.removeAll() }
    }
}

extension Opening {
    /// What a listener's connections have to get over before anything is known of where they go.
    init(of listener: ListenerSettings, in snapshot: Snapshot) {
        guard listener.tls == nil, listener.mode == .tcp else {
            self = listener.tls == nil ? .done : .handshake
            return
        }
        let names = [listener.split] + listener.routes.map(\.split)
        let pins = names.flatMap { snapshot.split(named: $0)?.pins ?? [] }
        let asks =
            listener.routes.contains(where: \.when.asksForServerName)
            || pins.contains(where: \.when.asksForServerName)
        self = asks ? .hello : .tcp
    }
}

extension ClientHelloResult {
    init(_ fault: ClientHelloFault) {
        switch fault {
        case .notTLS: self = .notTLS
        case .malformed: self = .malformed
        case .tooLarge: self = .tooLarge
        }
    }

    /// What the access log calls it.
    var logKind: StaticString {
        switch self {
        case .named, .unnamed: ""
        case .notTLS: "client_hello_not_tls"
        case .malformed: "client_hello_malformed"
        case .tooLarge: "client_hello_too_large"
        case .timeout: "client_hello_timeout"
        case .closed: "client_hello_closed"
        }
    }
}
