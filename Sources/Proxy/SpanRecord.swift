internal import HTTP

/// What a worker tells of one exchange that is traced, of a fixed size: names are ids, and texts
/// are cut off.
struct SpanRecord: Sendable {
    /// The bytes that are kept of the path, without its query, and of the host.
    static var pathBytes: Int { 128 }
    static var hostBytes: Int { 64 }

    /// The trace and its span that stands for the exchange, as the target is told.
    var context = TraceContext(traceHigh: 0, traceLow: 0, span: 0, isSampled: false)
    /// The client's span, 0 for none.
    var parent: UInt64 = 0
    /// By the wall clock, in nanoseconds since 1970.
    var began: Int64 = 0
    var ended: Int64 = 0
    var method = Method.get
    var isVersion10 = false
    var isHTTP2 = false
    var isSecure = false
    /// 0 when the client got none.
    var status: Int16 = 0
    /// How often a target was tried.
    var attempts: Int32 = 0
    /// The ids of what the request went through, -1 where it did not come so far.
    var listener: Int32 = -1
    var split: Int32 = -1
    var upstream: Int32 = -1
    var target: Int32 = -1
    /// What our own answer said, or what broke the answer; nil for neither.
    var error: StaticString?
    /// What went wrong with the current attempt; counts only if the client's connection was broken
    /// for it.
    var trouble: StaticString?
    /// How many bytes of the path, then how many of the host stand in `texts`.
    var pathCount: UInt8 = 0
    var hostCount: UInt8 = 0
    var texts = InlineArray<192, UInt8>(repeating: 0)
}
