internal import Bytes

/// The trace that a request belongs to.
extension RequestHead {
    /// What the head that was parsed last out of `bytes` says of its trace; nil for nothing,
    /// nothing valid, and more than one word.
    package func traceContext(_ bytes: Span<UInt8>) -> TraceContext? {
        var found: ByteRange?
        for index in 0..<fields.count {
            let line = fields[index]
            guard !line.isRemoved, FieldLines.isTraceParent(bytes, line.name) else { continue }
            guard found == nil else { return nil }
            found = line.value
        }
        guard let found else { return nil }
        return TraceContext(bytes, found)
    }

    /// Leaves out its traceparent when it is passed on, and, unless it is kept, its tracestate.
    package mutating func leaveOutTrace(_ bytes: Span<UInt8>, keepsState: Bool) {
        fields.removeTrace(bytes, keepsState: keepsState)
    }
}
