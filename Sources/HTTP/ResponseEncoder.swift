package import Bytes

/// Writes the head that the client gets: HTTP/1.1, framed anew, in which everything else is what
/// the upstream sent, byte for byte. Interim responses go the same way. A final response without
/// Date gets one: whoever forwards it must say when it came (RFC 9110, 6.6.1).
package enum ResponseEncoder {
    /// How much space `encode` needs at most, in bytes.
    package static func space(for head: borrowing ResponseHead) -> Int {
        head.byteCount &+ 192
    }

    /// Appends the head that goes to the client; `bytes` are those that `head` was parsed from,
    /// `date` is used where it `needsDate`. An interim response must not be sent to an HTTP/1.0
    /// client.
    package static func encode(
        _ head: borrowing ResponseHead, _ bytes: Span<UInt8>, for delivery: ResponseDelivery,
        date: DateLine? = nil, into buffer: inout Buffer
    ) {
        precondition(space(for: head) <= buffer.space, "no space for a response head")
        precondition(delivery.version == .http11 || !head.isInterim, "1xx to HTTP/1.0")
        let reason = head.reasonRange
        // `HTTP/1.1 ddd` takes 12 bytes, and the space behind it may be missing.
        let isRewritten = head.version == .http10 || reason.start == 12
        if isRewritten {
            buffer.append("HTTP/1.1 ")
            buffer.append(decimal: UInt64(head.status))
            buffer.append(byte: ByteClass.space)
        }
        head.fields.copy(
            bytes, from: isRewritten ? reason.start : 0,
            without: .droppedFromResponses, into: &buffer)
        if head.isSwitchingProtocols {
            buffer.append(upgradeTo: head.upgradeRange, of: bytes)
        } else {
            appendFraming(head, delivery, into: &buffer)
            if !head.isInterim { buffer.append(connection: delivery.keepAlive, delivery.version) }
            if let date, head.needsDate { buffer.append(date.bytes) }
        }
        buffer.append("\r\n")
    }

    /// A response to HEAD and a 304 have no body, and tell the length that it would have had
    /// (RFC 9110, 8.6); interim responses and 204 must not tell one.
    private static func appendFraming(
        _ head: borrowing ResponseHead, _ delivery: ResponseDelivery, into buffer: inout Buffer
    ) {
        if delivery.framing == .none, head.status >= 200, head.status != 204,
            let length = head.fields.facts.contentLength
        {
            buffer.append(framing: .length(length))
        } else {
            buffer.append(framing: delivery.framing)
        }
    }
}

extension Buffer {
    /// Appends a Connection field if the version's default is not what is meant.
    mutating func append(connection keepAlive: Bool, _ version: HTTPVersion) {
        if !keepAlive {
            append("Connection: close\r\n")
        } else if version == .http10 {
            append("Connection: keep-alive\r\n")
        }
    }
}
