internal import Bytes
internal import Kernel

/// What comes between a connection and its first request. For plain HTTP that is nothing, and it
/// costs a compare.
extension Worker {
    /// A client's connection goes on with its opening, as far as it can.
    mutating func openDownstream(_ index: Int, _ readiness: Readiness) {
        switch connections[index].opening {
        case .done: readRequest(index)
        case .proxyHeader: readProxyHeader(index)
        case .hello: readHello(index)
        case .tcp: beginTCP(index)
        }
    }

    /// A connected target's connection goes on with its opening, as far as it can.
    mutating func openUpstream(_ index: Int, _ readiness: Readiness) {
        switch connections[index].opening {
        case .done, .hello, .tcp: upstreamIsOpen(index)
        case .proxyHeader: sendProxyHeader(index, readiness)
        }
    }
}
