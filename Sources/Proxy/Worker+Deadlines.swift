internal import Bytes
internal import Kernel
internal import Reactor
internal import Settings

/// How long each step may take, from now on: a client's by its listener's settings, a target's by
/// its upstream's.
extension Worker {
    /// When an idle client's connection is closed.
    func keepaliveDeadline(ofClient index: Int) -> Instant {
        now.advanced(byMilliseconds: timeouts(ofClient: index).keepaliveMilliseconds)
    }

    /// When a handshake must be over.
    func handshakeDeadline(ofClient index: Int) -> Instant {
        now.advanced(byMilliseconds: timeouts(ofClient: index).handshakeMilliseconds)
    }

    /// When a head that has begun must be whole.
    func headDeadline(ofClient index: Int) -> Instant {
        now.advanced(byMilliseconds: timeouts(ofClient: index).headMilliseconds)
    }

    /// When the next piece of a request's body must be here, or a piece of the answer be taken;
    /// when the exchange must be over, if that is earlier.
    func bodyDeadline(ofClient index: Int) -> Instant {
        let exchange = Int(connections[index].exchange)
        let idle = now.advanced(byMilliseconds: timeouts(ofClient: index).bodyIdleMilliseconds)
        return min(idle, exchanges[exchange].end)
    }

    /// Gives an exchange the end that its upstream sets, counted from the request's first byte.
    ///
    /// The client's connection watches over it, as it is there all the time: from here on it has
    /// a deadline that is no later, until the exchange is over.
    mutating func setEnd(_ exchange: Int) {
        let upstream = exchanges[exchange].upstream
        guard let total = upstreams[upstream].timeouts.totalMilliseconds else {
            exchanges[exchange].end = .never
            return
        }
        let end = exchanges[exchange].began.advanced(byMilliseconds: total)
        exchanges[exchange].end = end
        timers.set(exchanges[exchange].downstream, to: end)
    }

    /// When something must have moved in a tunnel.
    func tunnelDeadline(_ exchange: Int) -> Instant {
        let client = exchanges[exchange].downstream
        return now.advanced(byMilliseconds: timeouts(ofClient: client).tunnelMilliseconds)
    }

    /// When an attempt to connect must have ended.
    func connectDeadline(_ exchange: Int) -> Instant {
        now.advanced(byMilliseconds: timeouts(ofUpstreamOf: exchange).connectMilliseconds)
    }

    /// When the answer's head must be here, or, once it is, the next piece of its body.
    func answerDeadline(_ exchange: Int) -> Instant {
        if exchanges[exchange].phase == .responding { return idleDeadline(exchange) }
        return now.advanced(byMilliseconds: timeouts(ofUpstreamOf: exchange).responseMilliseconds)
    }

    /// When the next piece of the answer's body must be here, or a piece of the request be taken.
    func idleDeadline(_ exchange: Int) -> Instant {
        now.advanced(byMilliseconds: timeouts(ofUpstreamOf: exchange).idleMilliseconds)
    }

    /// When a pooled connection is closed.
    func keepaliveDeadline(ofUpstream upstream: Int) -> Instant {
        now.advanced(byMilliseconds: upstreams[upstream].timeouts.keepaliveMilliseconds)
    }

    func timeouts(ofClient index: Int) -> ListenerTimeouts {
        listeners[Int(connections[index].listener)].timeouts
    }

    private func timeouts(ofUpstreamOf exchange: Int) -> UpstreamTimeouts {
        upstreams[exchanges[exchange].upstream].timeouts
    }
}
