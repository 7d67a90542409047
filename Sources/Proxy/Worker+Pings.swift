internal import Bytes
internal import HTTP2
internal import Kernel
internal import Reactor
internal import Settings

/// Signs of life of connections that carry streams (RFC 9113 section 6.7): whoever gives none for
/// as long as `timeouts.ping` is gone, whatever its streams are waiting for.
extension Worker {
    /// When a client's connection with streams is looked at again.
    func lookDeadline(ofCarrier index: Int) -> Instant {
        guard let time = timeouts(ofClient: index).pingMilliseconds,
            let streamCount = connections[index].http2?.streamCount, streamCount > 0
        else { return keepaliveDeadline(ofClient: index) }
        return now.advanced(byMilliseconds: time)
    }

    /// A client's connection carries its first stream: from now on signs of life are wanted.
    mutating func watchLife(ofClient index: Int) {
        guard timeouts(ofClient: index).pingMilliseconds != nil,
            connections[index].http2?.streamCount == 1,
            !connections[index].flags.contains(.headBegan),
            connections[index].http2?.goAwaySteps != 1
        else { return }
        timers.set(index, to: lookDeadline(ofCarrier: index))
    }

    /// The same of a connection to a target.
    mutating func watchLife(ofTarget index: Int) {
        let upstream = targets[Int(connections[index].target)].upstream
        guard let time = upstreams[upstream].timeouts.pingMilliseconds else {
            return timers.cancel(index)
        }
        timers.set(index, to: now.advanced(byMilliseconds: time))
    }

    /// Whether a client has answered to the last question; then it is asked the next.
    mutating func clientIsAlive(_ index: Int) -> Bool {
        guard timeouts(ofClient: index).pingMilliseconds != nil else { return true }
        if askForLife(index) { return true }
        silentClients += 1
        return false
    }

    /// Asks for a sign of life; false when nothing has come since that was asked the last time.
    mutating func askForLife(_ index: Int) -> Bool {
        if connections[index].flags.contains(.asked) { return false }
        connections[index].flags.insert(.asked)
        connections[index].http2?.ping()
        markFrames(index)
        return true
    }
}
