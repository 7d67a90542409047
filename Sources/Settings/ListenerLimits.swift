/// How much a listener takes.
package struct ListenerLimits: Sendable, Equatable {
    /// Client connections at once, over all workers; nil: as many as there are descriptors.
    package var connections: Int?
    /// Connections of one client address at once, over all workers; nil: any number.
    package var connectionsPerClient: Int?
    /// The size of a request's head in bytes.
    package var headBytes: Int
    /// Field lines of a request's head.
    package var fields: Int
    /// The length of a request's target in bytes.
    package var uriBytes: Int
    /// The size of a request's body in bytes; nil: any size.
    package var bodyBytes: Int?

    /// The presets, except for what is said. A head may be twice as large as Kong takes, which
    /// has 32 KiB and 100 fields: what is too much is Kong's to say.
    package init(
        connections: Int? = nil,
        connectionsPerClient: Int? = nil,
        headBytes: Int = 64 * 1024,
        fields: Int = 200,
        uriBytes: Int = 16 * 1024,
        bodyBytes: Int? = nil
    ) {
        self.connections = connections
        self.connectionsPerClient = connectionsPerClient
        self.headBytes = headBytes
        self.fields = fields
        self.uriBytes = uriBytes
        self.bodyBytes = bodyBytes
    }
}
