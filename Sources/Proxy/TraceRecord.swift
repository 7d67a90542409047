/// What is kept of the trace of an exchange under way, at the exchange's index.
struct TraceRecord {
    /// Whether the exchange began while traces were told of, and has not ended.
    var isOpen = false
    /// Whether the client's tracestate goes on with the trace.
    var keepsState = false
    /// Of an exchange that is not sampled, nothing but its context is filled in.
    var span = SpanRecord()
}
