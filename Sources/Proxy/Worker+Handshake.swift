internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import TLS
internal import Telemetry

/// Handshakes of TLS, on both sides. Nothing ever waits in one.
extension Worker {
    /// A client's handshake goes on, as far as it can.
    mutating func handshakeDownstream(_ index: Int, _ readiness: Readiness) {
        if connections[index].tls == nil {
            // Who only connects costs no session.
            guard readiness.isReadable || readiness.isResumed else { return }
            let listener = Int(connections[index].listener)
            guard let session = listeners[listener].tls?.session() else { return close(index) }
            connections[index].tls = consume session
        }
        switch handshake(index, readiness) {
        case .wantsMore: return
        case .failed(let fault): handshakeFailed(index, fault)
        case .done:
            noteHandshake(index)
            if listeners[Int(connections[index].listener)].isTCP { return beginTCP(index) }
            connections[index].opening = .done
            if connections[index].tls?.isHTTP2 == true { return beginHTTP2(index) }
            timers.set(index, to: keepaliveDeadline(ofClient: index))
            readRequest(index)
        }
    }

    /// The handshake with a target goes on, as far as it can.
    mutating func handshakeUpstream(_ index: Int, _ readiness: Readiness) {
        let exchange = Int(connections[index].exchange)
        let target = Int(connections[index].target)
        guard exchange >= 0 || connections[index].carriage >= 0 else { return close(index) }
        if connections[index].tls == nil {
            let upstream = targets[target].upstream
            let session = upstreams[upstream].tls?.session(
                for: targets[target].serverName.text,
                isAddress: targets[target].serverName.isAddress, resuming: resumptions[target],
                offering: offer(by: index))
            guard let session else { return targetRefuses(index, .other) }
            connections[index].tls = consume session
        }
        switch handshake(index, readiness) {
        case .wantsMore: return
        case .failed(let fault): targetRefuses(index, fault)
        case .done:
            noteHandshake(index)
            if records.resumption != nil { keepResumption(index) }
            connections[index].opening = .done
            if connections[index].carriage >= 0 { return carrierIsConnected(index) }
            upstreamIsOpen(index)
        }
    }

    /// One step of either side's handshake.
    mutating func handshake(_ index: Int, _ readiness: Readiness) -> TLSProgress {
        if readiness.isWritable { connections[index].flags.remove(.writeBlocked) }
        if flush(index) == .broken { return .failed(.closed) }
        guard let session = connections[index].tls.take() else { return .failed(.other) }
        let progress = session.handshake(on: connections[index].socket.descriptor, &records)
        connections[index].tls = consume session
        if case .failed(.plainHTTP) = progress { records.outgoing.removeAll() }
        let isSent = sendRecords(index)
        switch progress {
        case .failed: return progress
        case .wantsMore: connections[index].flags.remove(.readable)
        case .done:
            if records.isDrained, !connections[index].flags.contains(.peerEnded) {
                connections[index].flags.remove(.readable)
            }
        }
        return isSent ? progress : .failed(.closed)
    }

    /// A client's handshake came to nothing: counted, told where that can be, and closed.
    private mutating func handshakeFailed(_ index: Int, _ fault: TLSFault) {
        noteFailedHandshake(ofClient: index, HandshakeFailure(fault))
        connections[index].tls = nil
        connections[index].opening = .done
        let isTCP = listeners[Int(connections[index].listener)].isTCP
        if fault == .plainHTTP, !isTCP { return refuse(index, .plainOnTLS) }
        if fault == .closed { return close(index) }
        // The alert must not be overtaken by the reset that unread bytes bring about.
        if connections[index].outbound != nil { return close(index) }
        connections[index].socket.endSending()
        connections[index].flags.insert(.lingering)
        timers.set(index, to: now.advanced(byMilliseconds: Limits.lingerMilliseconds))
        connections[index].flags.insert(.readable)
        linger(index)
    }

    /// A target's handshake came to nothing: that is a failed attempt to connect.
    mutating func targetRefuses(_ index: Int, _ fault: TLSFault) {
        let exchange = Int(connections[index].exchange)
        noteFailedHandshake(ofTarget: index, HandshakeFailure(fault))
        connections[index].flags.insert(.broken)
        if connections[index].carriage >= 0 { return carrierFailed(index, fault.connectResult) }
        detach(exchange)
        close(index)
        connectFailed(exchange, fault.connectResult)
    }

    private mutating func noteHandshake(_ index: Int) {
        guard connections[index].tls != nil else { return }
        let version = connections[index].tls?.version ?? .tls13
        let isResumed = connections[index].tls?.isResumed ?? false
        let kind = Handshake(isVersion13: version == .tls13, isResumed: isResumed)
        if connections[index].side == .downstream {
            counters.handshakeEnded(listener: Int(connections[index].listener), kind)
        } else if connections[index].side == .upstream {
            let upstream = targets[Int(connections[index].target)].upstream
            counters.handshakeEnded(upstream: upstream, kind)
        }
    }

    /// A client speaks TLS where plain HTTP is spoken.
    mutating func refuseHandshake(_ index: Int) {
        noteFailedHandshake(ofClient: index, .notExpected)
        refuse(index, .handshakeOnPlain)
    }

    /// Whether bytes that are no head begin a handshake of TLS: its record, of version 3.
    func beginsHandshake(_ buffer: borrowing Buffer) -> Bool {
        buffer.count >= 2 && buffer.bytes[0] == 0x16 && buffer.bytes[1] == 0x03
    }
}

extension TLSFault {
    /// What a failed handshake with a target counts as among the attempts to connect.
    var connectResult: ConnectResult {
        switch self {
        case .verification: .unverified
        case .timeout: .timeout
        default: .handshake
        }
    }
}

extension HandshakeFailure {
    init(_ fault: TLSFault) {
        switch fault {
        case .closed: self = .closed
        case .timeout: self = .timeout
        case .garbage: self = .garbage
        case .plainHTTP: self = .plainHTTP
        case .notExpected: self = .notExpected
        case .version: self = .version
        case .cipher: self = .cipher
        case .unknownName: self = .unknownName
        case .certificateMissing: self = .certificateMissing
        case .verification: self = .verification
        case .refusedByPeer: self = .alert
        case .other: self = .other
        case .applicationProtocol: self = .applicationProtocol
        }
    }
}
