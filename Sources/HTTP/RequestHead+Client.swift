extension RequestHead {
    /// Whom a request is from: the connection's address, or, as long as that is a proxy which is
    /// trusted, the address that the proxy names last in X-Forwarded-For, and so on to the left.
    /// What cannot be read ends the walk: the proxy that said it is the client then.
    package func client(
        _ bytes: Span<UInt8>, from connection: ClientAddress,
        isTrusted: (ClientAddress) -> Bool
    ) -> ClientAddress {
        var client = connection
        guard fields.present.contains(NameSet(.xForwardedFor)), isTrusted(client) else {
            return client
        }
        var index = fields.count
        while index > 0 {
            index &-= 1
            let line = fields[index]
            guard line.known == .xForwardedFor, !line.isRemoved else { continue }
            var end = line.value.end
            while end > line.value.start {
                var start = end
                while start > line.value.start, bytes[start &- 1] != ByteClass.comma {
                    start &-= 1
                }
                var elements = ListElements(of: ByteRange(start, end))
                end = start &- 1
                guard let element = elements.next(bytes), !element.isEmpty else { continue }
                guard let address = AddressText.parse(bytes, element) else { return client }
                client = address
                if !isTrusted(client) { return client }
            }
        }
        return client
    }

    /// The offset behind the path of path and query.
    static func endOfPath(_ path: ByteRange, _ bytes: Span<UInt8>) -> Int {
        var end = path.start
        while end < path.end, bytes[end] != UInt8(ascii: "?") { end &+= 1 }
        return end
    }
}
