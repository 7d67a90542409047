internal import Addressing
internal import Bytes
internal import HTTP
internal import Kernel
internal import Telemetry

/// Guards before Admin APIs. A listener that is shut costs each of its requests a look at the
/// head; one that is not costs a compare.
extension Worker {
    /// Refuses the request whose head was just parsed if its listener is shut and it writes. It
    /// gets no exchange, and its connection is closed behind the answer.
    mutating func isRefusedByGuard(_ client: Int) -> Bool {
        // The head that was parsed lies in this block.
        guard let buffer = connections[client].inbound.take() else { return false }
        let sign = signOfWrite(client, buffer)
        connections[client].inbound = consume buffer
        if sign == nil { return false }
        refuse(client, .frozen, isHead: requestHead.method == .head)
        return true
    }

    /// Whether a request that was taken on earlier may not be sent any more: its listener was shut
    /// while it waited, connected, or was about to be sent once more.
    mutating func isHeldBack(_ exchange: Int, _ buffer: borrowing Buffer) -> Bool {
        guard listeners[exchanges[exchange].listener].isShut else { return false }
        parseAgain(exchange, buffer)
        return signOfWrite(exchanges[exchange].downstream, buffer) != nil
    }

    /// Answers in the place of the target, which gets nothing of the request.
    mutating func holdBack(_ exchange: Int) {
        // The answer is the one that is given for what a client must not send.
        lastFault = .frozen
        perform(exchanges[exchange].handle(.downstreamInvalid), exchange)
    }

    /// Opens and shuts guards; listeners that are not named are open.
    mutating func shut(_ shut: Set<Int>) {
        for listener in 0..<listeners.count { listeners[listener].isShut = shut.contains(listener) }
    }

    /// How many writes are on their way to targets, by the id of their listener. Once they were
    /// sent nobody can take them back. A tunnel may carry anything.
    func writesInFlight() -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            let listener = exchanges[exchange].listener
            guard listeners[listener].isGuarded else { continue }
            switch exchanges[exchange].phase {
            case .tunnelling:
                counts[listener, default: 0] += 1
            case .requesting, .responding:
                let method = exchanges[exchange].method
                let reads = method == .get || method == .head || method == .options
                if !reads { counts[listener, default: 0] += 1 }
            case .choosing, .connecting, .queued, .answering, .over:
                continue
            }
        }
        return counts
    }

    /// Why the request in `requestHead` writes, counted and told of; nil when it does not.
    private mutating func signOfWrite(_ client: Int, _ buffer: borrowing Buffer) -> WriteSign? {
        let listener = Int(connections[client].listener)
        let sign = requestHead.writeSign(buffer.bytes, allowing: listeners[listener].allowed)
        guard let sign else { return nil }
        counters.guardRefused(listener: listener, for: GuardRefusal(sign))
        if now < listeners[listener].guardQuietUntil {
            listeners[listener].untoldRefusals += 1
            return sign
        }
        listeners[listener].guardQuietUntil = now.advanced(
            byMilliseconds: Limits.guardPauseMilliseconds)
        let handler = crew.guardHandler.withLock { $0 }
        handler?(
            PostedRefusal(
                listener: listener, client: connections[client].client.description,
                method: GuardText.text(buffer.bytes, requestHead.methodRange),
                target: GuardText.text(buffer.bytes, requestHead.targetRange),
                sign: GuardRefusal(sign),
                credentials: requestHead.credentialNames(buffer.bytes),
                untold: listeners[listener].untoldRefusals))
        listeners[listener].untoldRefusals = 0
        return sign
    }
}

extension GuardRefusal {
    fileprivate init(_ sign: WriteSign) {
        switch sign {
        case .method: self = .method
        case .path: self = .path
        case .target: self = .target
        case .upgrade: self = .upgrade
        case .methodOverride: self = .override
        }
    }
}

/// What a client sent, as a log line may have it.
private enum GuardText {
    /// At most so many bytes of it are told.
    private static let mostBytes = 256

    static func text(_ bytes: Span<UInt8>, _ range: ByteRange) -> String {
        var kept: [UInt8] = []
        for at in range.start..<min(range.end, range.start + mostBytes) { kept.append(bytes[at]) }
        return String(decoding: kept, as: UTF8.self) + (range.count > mostBytes ? "..." : "")
    }
}
