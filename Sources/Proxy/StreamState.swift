internal import Bytes
internal import HTTP2
internal import Kernel

/// What belongs to a stream of HTTP/2 that is used like a connection.
///
/// Its peer's head stands in the connection's block as HTTP/1.1 writes it; a body whose length is
/// not known comes out of `receive` in chunks, so that whoever reads it need not know the version.
struct StreamState: ~Copyable {
    /// The connection that carries it, or did.
    let carrier: Token
    /// Its number there, 0 when it is over there, or not begun.
    var number: Int32
    /// Whether its body is told in chunks.
    var isChunked: Bool
    /// Whether all that the peer sends is here.
    var hasEnded: Bool
    /// Whether the last chunk was told.
    var hasToldEnd = false
    /// Bytes of its body that were not read yet; they hold the peer's window shut.
    var arrived: Buffer?
    /// Trailers of what comes that were not read yet.
    var arrivedTrailers: Buffer?
    /// Trailers of what goes out, which go with its end.
    var trailers: Buffer?
    /// How many bytes waited for the client when that was looked at last.
    var waitingCount = 0

    /// How much the peer may send before any of it is read, and how much was read since when.
    var window = Int(HTTP2Limits.ofTargets.streamWindow)
    var readCount = 0
    var readSince = Instant.distantPast

    // From a client.
    /// Whether the request is a call of gRPC, and the status that it got, -1 while it has none.
    var isGRPC = false
    var grpcStatus: Int16 = -1

    // Towards a target.
    /// Whether its request asks for another protocol, and the head that answers it where the target
    /// agrees, but for the target's own fields.
    var isUpgrade = false
    var agreement: Buffer?
    /// Whether what came of it breaks the rules.
    var isInvalid = false
    /// Why the target did nothing of the request, where it has said so.
    var refusal: StreamRefusal?
    /// Whether all of an exchange went over it.
    var isInOrder = false
    var hasTrailers: Bool { trailers != nil }
    /// Whether bytes are here that were not read yet, or the end of chunks.
    var hasMore: Bool { arrived != nil || isChunked && hasEnded && !hasToldEnd }

    init(carrier: Token, number: Int32, isChunked: Bool, hasEnded: Bool) {
        self.carrier = carrier
        self.number = number
        self.isChunked = isChunked
        self.hasEnded = hasEnded
    }
}
