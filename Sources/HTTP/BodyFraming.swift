/// How the end of a message's body is found (RFC 9112, 6.3).
package enum BodyFraming: Equatable, Sendable {
    /// No body follows the head.
    case none
    /// This many bytes follow; 0 is a body that was announced as empty.
    case length(UInt64)
    /// Chunks follow, then trailers.
    case chunked
    /// Everything until the connection is closed: responses only.
    case untilClose
}
