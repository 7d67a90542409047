internal import Bytes
internal import Kernel
internal import Reactor

/// What comes between a connection and its first request. For plain HTTP that is nothing, and it
/// costs a compare.
extension Worker {
    /// A client's connection goes on with its opening, as far as it can.
    mutating func openDownstream(_ index: Int, _ readiness: Readiness) {
        switch connections[index].opening {
        case .handshake: handshakeDownstream(index, readiness)
        case .done: readRequest(index)
        }
    }

    /// A connected target's connection goes on with its opening, as far as it can.
    mutating func openUpstream(_ index: Int, _ readiness: Readiness) {
        switch connections[index].opening {
        case .handshake: handshakeUpstream(index, readiness)
        case .done: upstreamIsOpen(index)
        }
    }
}
