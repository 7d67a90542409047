package import Bytes

/// Writes the head that the upstream gets: an origin-form HTTP/1.1 request, framed anew, in which
/// everything else is what the client sent, byte for byte.
package enum RequestEncoder {
    /// How much space `encode` needs at most, in bytes.
    package static func space(for head: borrowing RequestHead) -> Int {
        head.byteCount &+ head.hostRange.count &+ 496
    }

    /// Appends the head that goes to the upstream; `bytes` are those that `head` was parsed from.
    /// `id` names the request where its client does not.
    package static func encode(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, client: ClientFacts, id: RequestID,
        into buffer: inout Buffer
    ) {
        precondition(space(for: head) <= buffer.space, "no space for a request head")
        var dropped = NameSet.droppedFromRequests
        if !client.isTrusted { dropped.formUnion(.forwarding) }
        if head.version == .http10 { dropped.insert(NameSet(.expect)) }
        let isNamed = !head.requestIDRange.isEmpty
        if !isNamed { dropped.insert(NameSet(.xRequestID)) }
        let isAbsolute = head.form == .absolute
        if isAbsolute { dropped.insert(NameSet(.host)) }
        if head.countsHops { dropped.insert(NameSet(.maxForwards)) }

        let line = ByteRange(head.methodRange.start, head.fields.range.start)
        let isRewritten = isAbsolute || head.version == .http10
        if isRewritten { appendLine(head, bytes, into: &buffer) }
        head.fields.copy(
            bytes, from: isRewritten ? line.end : line.start, without: dropped, into: &buffer)
        if isAbsolute || head.hostRange.isEmpty { appendHost(head, bytes, into: &buffer) }
        buffer.append(framing: head.framing)
        if !head.upgradeRange.isEmpty { buffer.append(upgradeTo: head.upgradeRange, of: bytes) }
        appendForwarding(head, bytes, client: client, into: &buffer)
        if !isNamed { buffer.append(requestID: id) }
        if head.countsHops, let left = head.fields.facts.maxForwards {
            buffer.append("Max-Forwards: ")
            buffer.append(decimal: left &- 1)
            buffer.append("\r\n")
        }
        buffer.append("\r\n")
    }

    private static func appendLine(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, into buffer: inout Buffer
    ) {
        buffer.append(bytes, head.methodRange)
        buffer.append(byte: ByteClass.space)
        appendTarget(head, bytes, into: &buffer)
        buffer.append(" HTTP/1.1\r\n")
    }

    /// RFC 9112, 3.2.1 and 3.2.4: an absolute target without a path asks for `/`, or, with
    /// OPTIONS and no query, for the server itself.
    private static func appendTarget(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, into buffer: inout Buffer
    ) {
        let path = head.pathRange
        if path.isEmpty, head.method == .options {
            buffer.append(byte: UInt8(ascii: "*"))
            return
        }
        if path.isEmpty || bytes[path.start] == UInt8(ascii: "?") {
            buffer.append(byte: ByteClass.slash)
        }
        buffer.append(bytes, path)
    }

    /// HTTP/1.1 demands a Host; a name stands in for the one that an HTTP/1.0 client left out,
    /// since servers refuse an empty value.
    private static func appendHost(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, into buffer: inout Buffer
    ) {
        buffer.append("Host: ")
        if head.hostRange.isEmpty {
            buffer.append("localhost")
        } else {
            buffer.append(bytes, head.hostRange)
        }
        buffer.append("\r\n")
    }

    private static func appendForwarding(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, client: ClientFacts,
        into buffer: inout Buffer
    ) {
        let kept = client.isTrusted ? head.fields.present : []
        buffer.append("X-Forwarded-For: ")
        if kept.contains(NameSet(.xForwardedFor)) {
            appendEarlierClients(head, bytes, into: &buffer)
        }
        let address = buffer.count
        client.address.append(to: &buffer)
        if !kept.contains(NameSet(.xRealIP)) {
            let length = buffer.count &- address
            buffer.append("\r\nX-Real-IP: ")
            buffer.appendAgain(from: address, count: length)
        }
        if !kept.contains(NameSet(.xForwardedProto)) {
            buffer.append(
                client.isSecure
                    ? "\r\nX-Forwarded-Proto: https" : "\r\nX-Forwarded-Proto: http")
        }
        if !kept.contains(NameSet(.xForwardedHost)), !head.hostRange.isEmpty {
            buffer.append("\r\nX-Forwarded-Host: ")
            buffer.append(bytes, head.hostRange)
        }
        if !kept.contains(NameSet(.xForwardedPort)) {
            buffer.append("\r\nX-Forwarded-Port: ")
            buffer.append(decimal: UInt64(client.localPort))
        }
        buffer.append("\r\n")
    }

    /// The values of all X-Forwarded-For fields, each followed by a comma.
    private static func appendEarlierClients(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, into buffer: inout Buffer
    ) {
        for index in 0..<head.fields.count {
            let line = head.fields[index]
            guard line.known == .xForwardedFor, !line.isRemoved, !line.value.isEmpty else {
                continue
            }
            buffer.append(bytes, line.value)
            buffer.append(", ")
        }
    }
}
