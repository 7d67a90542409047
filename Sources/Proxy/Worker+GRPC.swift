internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Telemetry

/// Calls of gRPC: requests of HTTP/2 whose content says so. All else that they need is HTTP/2.
extension Worker {
    /// Whether a client's stream is such a call.
    func isGRPC(_ client: Int) -> Bool {
        connections[client].isStream && streams[at(client)].isGRPC
    }

    /// Notes the status of a call where a line of its trailers tells it.
    mutating func noteGRPCStatus(
        _ client: Int, _ buffer: borrowing Buffer, _ from: Int, _ to: Int
    ) {
        guard let status = GRPCStatusLine.status(buffer.bytes, from, to) else { return }
        streams[at(client)].grpcStatus = status
    }

    /// Notes the status of a call whose answer is nothing but a head, which stands in `scratch`.
    mutating func noteGRPCHead(_ client: Int) {
        var start = 0
        for at in 0..<scratch.count where scratch.bytes[at] == 0x0a {
            if let status = GRPCStatusLine.status(scratch.bytes, start, at) {
                streams[self.at(client)].grpcStatus = status
                return
            }
            start = at + 1
        }
    }

    /// Counts a call that is over.
    mutating func countGRPC(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        guard streams[at(client)].isGRPC, exchanges[exchange].lane >= 0 else { return }
        let status = Int(streams[at(client)].grpcStatus)
        counters.grpcEnded(
            lane: exchanges[exchange].lane, status: status < 0 ? nil : status)
    }
}
