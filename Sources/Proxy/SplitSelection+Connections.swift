internal import Bytes
internal import HTTP
internal import Splitting

/// What a split asks of a connection through a tcp listener.
extension SplitSelection {
    /// The member that a connection is pinned to, nil for none.
    func pinnedMember(serverName name: Span<UInt8>, _ origin: RequestOrigin) -> Int? {
        guard let pin = pins.firstMatch(serverName: name, origin) else { return nil }
        return pinned[pin]
    }

    /// The position of a connection's client: by its address, nil where that is no key.
    func position(_ origin: RequestOrigin) -> UInt64? {
        guard let secret, keys.asksForClient else { return nil }
        return secret.position(ofAddress: origin.client.bits)
    }
}
