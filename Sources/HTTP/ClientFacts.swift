/// What a connection tells about its client: what the encoder adds to each request.
package struct ClientFacts: Sendable, Equatable {
    /// Where the client is, or the last proxy before Sluice.
    package let address: ClientAddress
    /// The port on which the client was accepted.
    package let localPort: UInt16
    /// Whether what the client says about others is kept.
    package let isTrusted: Bool
    /// Whether the client speaks over TLS.
    package let isSecure: Bool

    package init(address: ClientAddress, localPort: UInt16, isTrusted: Bool, isSecure: Bool) {
        self.address = address
        self.localPort = localPort
        self.isTrusted = isTrusted
        self.isSecure = isSecure
    }
}
