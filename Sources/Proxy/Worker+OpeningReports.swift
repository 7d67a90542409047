internal import Addressing
internal import Bytes
internal import Kernel
internal import TLS
internal import Telemetry

/// Whoever runs Sluice is told of openings that fail, each kind now and then.
extension Worker {
    /// A client's handshake came to nothing: counted, and told of unless nothing at all was said.
    mutating func noteFailedHandshake(ofClient index: Int, _ failure: HandshakeFailure) {
        let listener = Int(connections[index].listener)
        counters.handshakeFailed(listener: listener, kind: failure)
        // Who connects and goes, or says nothing, may be a check of a balancer's.
        let isSilent =
            failure == .closed && !hasBegunHandshake(index)
            || failure == .timeout && connections[index].tls == nil
        if !isSilent { tell(ofClient: index, .handshake(failure)) }
    }

    /// A target's handshake came to nothing.
    mutating func noteFailedHandshake(ofTarget index: Int, _ failure: HandshakeFailure) {
        let target = Int(connections[index].target)
        counters.handshakeFailed(upstream: targets[target].upstream, kind: failure)
        tell(index, .target(target), client: "", .handshake(failure))
    }

    /// A connection that does not begin as it must.
    mutating func tell(ofClient index: Int, _ fault: OpeningFault) {
        let listener = Int(connections[index].listener)
        tell(index, .listener(listener), client: nil, fault)
    }

    private mutating func tell(
        _ index: Int, _ place: OpeningPlace, client: String?, _ fault: OpeningFault
    ) {
        guard let untold = tales.untold(before: fault, at: place, now: now) else { return }
        let handler = crew.openingHandler.withLock { $0 }
        handler?(
            PostedOpening(
                place: place, client: client ?? connections[index].client.description,
                fault: fault, reason: reason(index, fault), untold: untold))
    }

    private mutating func hasBegunHandshake(_ index: Int) -> Bool {
        guard let session = connections[index].tls.take() else { return false }
        let hasBegun = session.hasBegun
        connections[index].tls = consume session
        return hasBegun
    }

    /// What the library says of the session's last call; for a name that is not served, the name.
    private mutating func reason(_ index: Int, _ fault: OpeningFault) -> String {
        guard case .handshake(let failure) = fault, failure != .closed, failure != .timeout,
            let session = connections[index].tls.take()
        else { return "" }
        let reason: String
        if failure == .unknownName {
            serverName.removeAll()
            session.appendServerName(to: &serverName)
            reason = serverName.isEmpty ? "" : Self.quoted(serverName)
        } else {
            reason = session.reason(records)
        }
        connections[index].tls = consume session
        return reason
    }

    /// As a log line may have it: the name is the client's own word.
    private static func quoted(_ name: borrowing Buffer) -> String {
        var bytes: [UInt8] = []
        for index in 0..<name.count { bytes.append(name.bytes[index]) }
        return String(decoding: bytes, as: UTF8.self).debugDescription
    }
}
