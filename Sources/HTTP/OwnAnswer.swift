package import Bytes

/// A response that Sluice itself gives: `{"error":"<kind>","message":"..."}`, and the kind once
/// more in the field `X-Sluice-Error`.
package struct OwnAnswer: Sendable {
    /// The status code.
    package let status: Int
    /// A stable word for programs.
    package let kind: StaticString
    /// A sentence for people; neither it nor `kind` holds anything that JSON would escape.
    package let message: StaticString
    /// When the client may try again (RFC 9110 section 10.2.3); 0: nothing is said.
    package let retryAfterSeconds: Int
    /// Whether the body is what Kong's own errors are: `{"message":"..."}` and nothing besides.
    package let isLikeKong: Bool

    package init(
        status: Int, kind: StaticString, message: StaticString, retryAfterSeconds: Int = 0,
        isLikeKong: Bool = false
    ) {
        self.isLikeKong = isLikeKong
        self.status = status
        self.kind = kind
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The answer to a request that is refused; the connection is closed behind it.
    package init(_ fault: RequestFault) {
        self.init(status: fault.status, kind: fault.kind, message: fault.message)
    }

    /// The answer to a request whose chunks are broken, or too many; the connection is closed
    /// behind it.
    package init(_ fault: ChunkFault) {
        self.init(status: fault.status, kind: fault.kind, message: fault.message)
    }

    /// The answer when the upstream's response is refused.
    package init(_ fault: ResponseFault) {
        self.init(status: 502, kind: fault.kind, message: fault.message)
    }

    /// How much space `encode` needs at most, in bytes.
    package static var mostBytes: Int { 1024 }

    /// The length of the body in bytes.
    package var bodyCount: Int {
        message.utf8CodeUnitCount + (isLikeKong ? 14 : 25 + kind.utf8CodeUnitCount)
    }

    /// Appends the whole answer to a request of `version`; without its body if `isHead`. The
    /// answer says which request it is for, unless `requestID` is empty.
    package func encode(
        version: HTTPVersion, keepAlive: Bool, isHead: Bool, date: DateLine? = nil,
        requestID: borrowing Buffer, into buffer: inout Buffer
    ) {
        encode(
            version: version, keepAlive: keepAlive, isHead: isHead, date: date,
            requestID: requestID, line: Span(), into: &buffer)
    }

    /// The same, with one field line more, unless `upstreamField` is empty.
    package func encode(
        version: HTTPVersion, keepAlive: Bool, isHead: Bool, date: DateLine?,
        requestID: borrowing Buffer, upstreamField: borrowing Buffer, into buffer: inout Buffer
    ) {
        encode(
            version: version, keepAlive: keepAlive, isHead: isHead, date: date,
            requestID: requestID, line: upstreamField.bytes, into: &buffer)
    }

    private func encode(
        version: HTTPVersion, keepAlive: Bool, isHead: Bool, date: DateLine?,
        requestID: borrowing Buffer, line: Span<UInt8>, into buffer: inout Buffer
    ) {
        let length = bodyCount
        precondition(
            length + kind.utf8CodeUnitCount + requestID.count + line.count + 256
                <= Self.mostBytes,
            "an answer too long")
        precondition(Self.mostBytes <= buffer.space, "no space for an answer")
        buffer.append("HTTP/1.1 ")
        buffer.append(decimal: UInt64(status))
        buffer.append(byte: ByteClass.space)
        buffer.append(StatusReason.of(status))
        buffer.append("\r\nContent-Type: application/json\r\n")
        buffer.append(framing: .length(UInt64(length)))
        buffer.append("X-Sluice-Error: ")
        buffer.append(kind)
        buffer.append("\r\n")
        if let date { buffer.append(date.bytes) }
        if retryAfterSeconds > 0 {
            buffer.append("Retry-After: ")
            buffer.append(decimal: UInt64(retryAfterSeconds))
            buffer.append("\r\n")
        }
        if !requestID.isEmpty {
            buffer.append("X-Request-Id: ")
            buffer.append(requestID.bytes)
            buffer.append("\r\n")
        }
        buffer.append(line)
        buffer.append(connection: keepAlive, version)
        buffer.append("\r\n")
        if isHead { return }
        if isLikeKong {
            buffer.append("{\"message\":\"")
        } else {
            buffer.append("{\"error\":\"")
            buffer.append(kind)
            buffer.append("\",\"message\":\"")
        }
        buffer.append(message)
        buffer.append("\"}")
    }
}
