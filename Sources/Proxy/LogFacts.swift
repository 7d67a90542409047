internal import Addressing
internal import HTTP
internal import Kernel
internal import Telemetry

/// What one line tells, but for the texts that the client sent.
struct LogFacts {
    /// When the request began, by the wall clock, in nanoseconds since 1970.
    var began: Int64
    var client: IPAddress
    /// nil where the request line was not understood.
    var version: HTTPVersion?
    /// Whether it is no request, but a connection through a tcp listener.
    var isTCP = false
    /// Whether it is a stream of HTTP/2.
    var isHTTP2 = false
    /// 0 when the client got none.
    var status: Int
    /// Bytes of bodies: to the client, and to the upstream.
    var bytesSent = 0
    var bytesReceived = 0
    var nanoseconds: UInt64
    /// From the request's head sent to the answer's head received; nil when none came.
    var firstByteNanoseconds: UInt64?
    var retries = 0
    /// What went wrong; nil for nothing.
    var error: StaticString?
    /// The ids of what the request went through, -1 where it did not come so far.
    var listener: Int
    var split = -1
    var upstream = -1
    var target: SocketAddress?
    var choice: ChoiceKind?
    /// The client's TLS; nil: it spoke none.
    var tls: LogTLS?
    var texts = LogTexts()
}
