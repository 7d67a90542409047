package import Bytes

/// What clients of gRPC understand: a head with the status of the call, and nothing behind it.
extension OwnAnswer {
    /// UNAVAILABLE: the call did not reach its service, or nobody knows what became of it.
    package static let grpcStatus = 14

    /// Appends the whole answer to a call; the client may send others over its connection.
    package func encodeForGRPC(
        date: DateLine, requestID: borrowing Buffer, upstreamField: borrowing Buffer,
        into buffer: inout Buffer
    ) {
        precondition(Self.mostBytes <= buffer.space, "no space for an answer")
        buffer.append("HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: ")
        buffer.append(decimal: UInt64(Self.grpcStatus))
        buffer.append("\r\nGrpc-Message: ")
        buffer.append(message)
        buffer.append("\r\nX-Sluice-Error: ")
        buffer.append(kind)
        buffer.append("\r\n")
        buffer.append(date.bytes)
        if !requestID.isEmpty {
            buffer.append("X-Request-Id: ")
            buffer.append(requestID.bytes)
            buffer.append("\r\n")
        }
        buffer.append(upstreamField.bytes)
        buffer.append("\r\n")
    }
}
