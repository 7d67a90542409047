/// How spans get to a collector.
package protocol TraceTransport: Sendable {
    /// Sends a body with such fields and says what came of it, within so many milliseconds.
    func send(
        _ body: [UInt8], to endpoint: String, fields: [(name: String, value: String)],
        milliseconds: Int
    ) async -> TraceReply

    /// Nothing more is sent.
    func close() async
}
