/// Handshakes of TLS: recorded by the worker, read by the page.
extension WorkerCounters {
    /// A client's handshake was good.
    package mutating func handshakeEnded(listener: Int, _ handshake: Handshake) {
        handshakes.ofListeners.add(1, row: listener, column: handshake.column)
    }

    /// A handshake with a target was good.
    package mutating func handshakeEnded(upstream: Int, _ handshake: Handshake) {
        handshakes.ofUpstreams.add(1, row: upstream, column: handshake.column)
    }

    /// A client's handshake came to nothing.
    package mutating func handshakeFailed(listener: Int, kind: HandshakeFailure) {
        handshakes.failuresOfListeners.add(1, row: listener, column: kind.rawValue)
    }

    /// A handshake with a target came to nothing.
    package mutating func handshakeFailed(upstream: Int, kind: HandshakeFailure) {
        handshakes.failuresOfUpstreams.add(1, row: upstream, column: kind.rawValue)
    }

    /// Good handshakes of a listener's clients.
    package func handshakeCount(listener: Int, _ handshake: Handshake) -> Int {
        handshakes.ofListeners.count(row: listener, column: handshake.column)
    }

    /// Good handshakes with an upstream's targets.
    package func handshakeCount(upstream: Int, _ handshake: Handshake) -> Int {
        handshakes.ofUpstreams.count(row: upstream, column: handshake.column)
    }

    /// Handshakes of a listener's clients that came to nothing.
    package func handshakeFailureCount(listener: Int, kind: HandshakeFailure) -> Int {
        handshakes.failuresOfListeners.count(row: listener, column: kind.rawValue)
    }

    /// Handshakes with an upstream's targets that came to nothing.
    package func handshakeFailureCount(upstream: Int, kind: HandshakeFailure) -> Int {
        handshakes.failuresOfUpstreams.count(row: upstream, column: kind.rawValue)
    }
}

extension CountTable {
    /// 0 where there is no such row yet.
    fileprivate func count(row: Int, column: Int) -> Int {
        row < rows ? self[row: row, column: column] : 0
    }
}
