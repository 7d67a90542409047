internal import Bytes
internal import Kernel
internal import Telemetry

/// What comes between a connection and its first request. For plain HTTP that is nothing, and it
/// costs a compare.
extension Worker {
    /// A client's connection goes on with its opening, as far as it can.
    mutating func openDownstream(_ index: Int, _ readiness: Readiness) {
        switch connections[index].opening {
        case .proxyHeader: readProxyHeader(index)
        case .hello: readHello(index)
        case .handshake: handshakeDownstream(index, readiness)
        case .tcp: beginTCP(index)
        case .done: readRequest(index)
        }
    }

    /// A connected target's connection goes on with its opening, as far as it can.
    mutating func openUpstream(_ index: Int, _ readiness: Readiness) {
        switch connections[index].opening {
        case .proxyHeader: sendProxyHeader(index, readiness)
        case .handshake: handshakeUpstream(index, readiness)
        case .done, .hello, .tcp: upstreamIsOpen(index)
        }
    }

    /// What comes before a connection's first request is not over in time.
    mutating func openingIsLate(_ index: Int) {
        switch connections[index].side {
        case .downstream: openingOfClientIsLate(index)
        case .upstream: openingOfTargetIsLate(index)
        case .probe: probeIsLate(index)
        }
    }

    private mutating func openingOfClientIsLate(_ index: Int) {
        let listener = Int(connections[index].listener)
        switch connections[index].opening {
        case .proxyHeader:
            // Where TLS follows, what has come is left at the socket.
            let isLeft = listeners[listener].openingAfterHeader == .handshake
            let isSilent = connections[index].inbound == nil && !isLeft
            refuseHeader(index, .timeout, isSilent: isSilent)
        case .hello:
            refuseHello(index, .timeout, isSilent: connections[index].inbound == nil)
        case .handshake:
            noteFailedHandshake(ofClient: index, .timeout)
            close(index)
        case .done, .tcp: close(index)
        }
    }

    private mutating func openingOfTargetIsLate(_ index: Int) {
        let exchange = Int(connections[index].exchange)
        guard exchange >= 0 else { return close(index) }
        if connections[index].opening == .handshake {
            noteFailedHandshake(ofTarget: index, .timeout)
        }
        detach(exchange)
        close(index)
        connectFailed(exchange, .timeout)
    }
}
