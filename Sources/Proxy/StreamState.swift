internal import Bytes

/// What belongs to a stream of HTTP/2 that is used like a connection.
///
/// Its client's head stands in the connection's block as HTTP/1.1 writes it; a body whose length is
/// not known comes out of `receive` in chunks, so that whoever reads it need not know the version.
struct StreamState: ~Copyable {
    /// The connection that carries it, or did.
    let carrier: Token
    /// Its number there, 0 when it is over there.
    var number: Int32
    /// Whether its body is told in chunks.
    let isChunked: Bool
    /// Whether all that the client sends is here.
    var hasEnded: Bool
    /// Whether the last chunk was told.
    var hasToldEnd = false
    /// Bytes of its body that were not read yet; they hold the client's window shut.
    var arrived: Buffer?
    /// Trailers of the request that were not read yet.
    var requestTrailers: Buffer?
    /// Trailers of the answer, which go out with its end.
    var trailers: Buffer?
    /// How many bytes waited for the client when that was looked at last.
    var waitingCount = 0

    var hasTrailers: Bool { trailers != nil }

    init(carrier: Token, number: Int32, isChunked: Bool, hasEnded: Bool) {
        self.carrier = carrier
        self.number = number
        self.isChunked = isChunked
        self.hasEnded = hasEnded
    }
}
