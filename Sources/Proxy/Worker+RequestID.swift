internal import Bytes
internal import HTTP

/// The name by which a request is found in the logs of all who handled it.
extension Worker {
    /// Puts the name of an exchange's request into `idText`: the client's own, or ours. Nothing
    /// where the client's is no longer at hand, since another would mislead.
    mutating func writeID(of exchange: Int) {
        idText.removeAll()
        guard exchanges[exchange].isNamedByClient else {
            return exchanges[exchange].id.append(to: &idText)
        }
        let client = exchanges[exchange].downstream
        guard exchanges[exchange].isHeld, let buffer = connections[client].inbound.take() else {
            return
        }
        copyID(exchange, buffer)
        connections[client].inbound = consume buffer
    }

    private mutating func copyID(_ exchange: Int, _ buffer: borrowing Buffer) {
        parseAgain(exchange, buffer)
        let range = requestHead.requestIDRange
        idText.append(buffer.bytes, from: range.start, to: range.end)
    }

    /// Makes `requestHead` tell about an exchange whose head is at the front of `buffer`: others
    /// may have been parsed since.
    mutating func parseAgain(_ exchange: Int, _ buffer: borrowing Buffer) {
        guard parsedExchange != exchange else { return }
        let progress = requestHead.parse(buffer.bytes, limits: headLimits)
        precondition(progress == .complete, "a head that was whole is not any more")
        parsedExchange = exchange
    }
}
