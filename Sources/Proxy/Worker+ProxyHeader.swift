internal import Addressing
internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import Telemetry

/// The header of the PROXY protocol: read where a listener requires it, and sent where an upstream
/// wants it.
extension Worker {
    /// Reads until the header is whole. Until it is, the client is unknown.
    mutating func readProxyHeader(_ index: Int) {
        let listener = Int(connections[index].listener)
        if listeners[listener].openingAfterHeader == .handshake { return peekProxyHeader(index) }
        var buffer = connections[index].inbound.take() ?? takeBuffer()
        while true {
            switch ProxyHeader.parse(buffer.bytes) {
            case .complete(let header):
                buffer.consume(header.byteCount)
                keepInbound(index, buffer)
                return takeOn(header, index)
            case .refused(let fault):
                giveBack(buffer)
                return refuseHeader(index, ProxyHeaderRefusal(fault))
            case .incomplete:
                break
            }
            switch receive(index, into: &buffer) {
            case .done:
                continue
            case .wouldBlock:
                return keepInbound(index, buffer)
            case .ended, .failed:
                let isSilent = buffer.isEmpty
                giveBack(buffer)
                return refuseHeader(index, .closed, isSilent: isSilent)
            }
        }
    }

    /// Where TLS follows, its session reads the socket itself: what stands behind the header must
    /// be left there.
    private mutating func peekProxyHeader(_ index: Int) {
        var buffer = takeBuffer()
        let result = connections[index].socket.peek(into: &buffer)
        if case .wouldBlock = result { return giveBack(buffer) }
        guard case .done = result else {
            giveBack(buffer)
            return refuseHeader(index, .closed, isSilent: true)
        }
        switch ProxyHeader.parse(buffer.bytes) {
        case .complete(let header):
            buffer.removeAll()
            _ = connections[index].socket.receive(into: &buffer, atMost: header.byteCount)
            giveBack(buffer)
            takeOn(header, index)
        case .refused(let fault):
            giveBack(buffer)
            refuseHeader(index, ProxyHeaderRefusal(fault))
        case .incomplete:
            giveBack(buffer)
            if connections[index].flags.contains(.peerEnded) { refuseHeader(index, .closed) }
        }
    }

    /// From here on the client is who was announced, for limits, pins, keys, fields and logs.
    private mutating func takeOn(_ header: ProxyHeader, _ index: Int) {
        if let ends = header.ends {
            if index >= announcements.count {
                announcements.grow(to: max(index + 1, announcements.count * 2)) { _ in .unknown }
            }
            announcements[index] = ends
            connections[index].flags.insert(.announced)
            connections[index].client = IPAddress(bits: ends.source.bits)
        }
        let listener = Int(connections[index].listener)
        connections[index].opening = listeners[listener].openingAfterHeader
        guard takeClientPlace(&connections[index]) else {
            counters.refused(listener: listener, by: .connectionsPerClient)
            guard connections[index].opening == .done else {
                return breakOff(index, "connections_per_client")
            }
            return refuse(index, .tooManyConnectionsOfClient)
        }
        if connections[index].opening == .done {
            timers.set(index, to: keepaliveDeadline(ofClient: index))
        }
        openDownstream(index, .resumed)
    }

    /// Closes a connection that does not begin as it must, and counts why; tells of it unless it
    /// has sent nothing at all.
    mutating func refuseHeader(
        _ index: Int, _ refusal: ProxyHeaderRefusal, isSilent: Bool = false
    ) {
        counters.proxyHeaderRefused(listener: Int(connections[index].listener), refusal)
        if !isSilent { tell(ofClient: index, .proxyHeader(refusal)) }
        breakOff(index, refusal.logKind)
    }

    /// Resets a connection that has no exchange; its line in the log says why.
    mutating func breakOff(_ index: Int, _ kind: StaticString) {
        if log.isOn { noteBrokenOff(index, kind) }
        breakOnClose(index)
        close(index)
    }
}

/// The upstream's side.
extension Worker {
    /// Takes on which header an upstream's targets are sent. Pooled connections began without one.
    mutating func takeOnProxyHeader(of upstream: Blueprint.Upstream) {
        upstreams[upstream.id].proxyHeader = upstream.proxyHeader
        guard upstream.proxyHeader != nil else { return }
        for position in 0..<upstreams[upstream.id].targets.count {
            emptyPool(of: upstreams[upstream.id].targets[position])
        }
    }

    /// Whether a target's connection may carry the requests of any client: one that has announced
    /// a client carries that client's alone, and one that has not none where it should have.
    func isForAnybody(_ index: Int) -> Bool {
        let upstream = targets[Int(connections[index].target)].upstream
        return !connections[index].flags.contains(.announced)
            && upstreams[upstream].proxyHeader == nil
    }

    /// Tells a target who the client is, as the first thing on a new connection.
    mutating func sendProxyHeader(_ index: Int, _ readiness: Readiness) {
        if !connections[index].flags.contains(.announced) {
            connections[index].flags.insert(.announced)
            writeProxyHeader(Int(connections[index].exchange))
            return pushHeader(index)
        }
        if readiness.hasFailed { return headerIsStuck(index) }
        guard readiness.isWritable, let waiting = connections[index].outbound.take() else { return }
        scratch.removeAll()
        Self.copy(waiting, to: &scratch)
        giveBack(waiting)
        pushHeader(index)
    }

    private static func copy(_ bytes: borrowing Buffer, to buffer: inout Buffer) {
        buffer.append(bytes.bytes)
    }

    /// Sends what stands in `scratch`; a new socket has room for so little as a rule.
    private mutating func pushHeader(_ index: Int) {
        switch connections[index].socket.send(scratch) {
        case .done(let count): scratch.consume(count)
        case .wouldBlock: break
        case .ended, .failed:
            scratch.removeAll()
            return headerIsStuck(index)
        }
        if !scratch.isEmpty {
            connections[index].flags.insert(.writeBlocked)
            return stashScratch(index)
        }
        scratch.removeAll()
        connections[index].flags.remove(.writeBlocked)
        let upstream = targets[Int(connections[index].target)].upstream
        connections[index].opening = upstreams[upstream].tls == nil ? .done : .handshake
        openUpstream(index, .resumed)
    }

    private mutating func headerIsStuck(_ index: Int) {
        let exchange = Int(connections[index].exchange)
        detach(exchange)
        close(index)
        connectFailed(exchange, .reset)
    }

    /// The client and where it connected to; nil where its connection is gone already.
    func ends(ofClient client: Int) -> ProxyHeader.Ends? {
        let client = transport(of: client)
        if connections[client].flags.contains(.announced) { return announcements[client] }
        guard let peer = connections[client].socket.peerAddress(),
            let local = connections[client].socket.localAddress()
        else { return nil }
        return ProxyHeader.Ends(
            source: ClientAddress(bits: peer.address.bits), sourcePort: peer.port,
            destination: ClientAddress(bits: local.address.bits), destinationPort: local.port)
    }
}

extension ProxyHeader.Ends {
    /// Nobody.
    static var unknown: Self {
        let nobody = ClientAddress(bits: 0)
        return Self(source: nobody, sourcePort: 0, destination: nobody, destinationPort: 0)
    }
}

extension ProxyHeaderRefusal {
    init(_ fault: ProxyHeaderFault) {
        switch fault {
        case .missing: self = .missing
        case .tooLong: self = .tooLong
        case .malformed: self = .malformed
        case .unsupported: self = .unsupported
        case .badChecksum: self = .badChecksum
        }
    }

    /// What the access log calls it.
    var logKind: StaticString {
        switch self {
        case .untrusted: "proxy_header_untrusted"
        case .missing: "proxy_header_missing"
        case .malformed: "proxy_header_malformed"
        case .tooLong: "proxy_header_too_long"
        case .unsupported: "proxy_header_unsupported"
        case .badChecksum: "proxy_header_bad_checksum"
        case .timeout: "proxy_header_timeout"
        case .closed: "proxy_header_closed"
        }
    }
}
