/// What a request has to be like, as somebody has written it. `RequestRules` matches it.
package struct RequestRule: Sendable {
    /// One thing that a request has to have.
    package enum Condition: Sendable {
        /// A field, cookie or query parameter of that name, with any of these values; any value
        /// if there are none. A field's name is in lower case.
        case header(String, [String])
        case cookie(String, [String])
        case query(String, [String])
        /// A client in any of these ranges: the bits of the network, and the mask of its prefix.
        case client([(network: UInt128, mask: UInt128)])
        /// Any of these methods; a path that is any of these or below it; any of these hosts, in
        /// lower case, `*.` before it meaning any host below it.
        case method([String])
        case pathPrefix([String])
        case host([String])
        /// A TLS client that asks for any of these names, written like hosts.
        case serverName([String])
    }

    /// All of these hold.
    package let conditions: [Condition]
    /// Not all of these hold; nothing is asked if there are none.
    package let exceptions: [Condition]

    package init(_ conditions: [Condition], exceptions: [Condition] = []) {
        self.conditions = conditions
        self.exceptions = exceptions
    }
}

/// Whom a request is from, for those who decide about it.
package struct RequestOrigin: Sendable {
    /// The client that counts.
    package let client: ClientAddress
    /// Whether what the connection's peer says of others is believed.
    package let isTrusted: Bool

    package init(client: ClientAddress, isTrusted: Bool) {
        self.client = client
        self.isTrusted = isTrusted
    }
}
