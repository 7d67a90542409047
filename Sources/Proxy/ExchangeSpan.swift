internal import HTTP
internal import Kernel
internal import Telemetry

/// An exchange that is over, as a span of its trace.
package struct ExchangeSpan: Sendable, Equatable {
    /// Two halves of the trace's name, the span's, and that of the client's span, 0 for none.
    package var traceHigh: UInt64 = 0
    package var traceLow: UInt64 = 0
    package var span: UInt64 = 0
    package var parent: UInt64 = 0
    /// By the wall clock, in nanoseconds since 1970.
    package var began: Int64 = 0
    package var ended: Int64 = 0
    /// The method; nil for one that is not known.
    package var method: String?
    /// `1.0`, `1.1` or `2`.
    package var version = "1.1"
    /// Whether the client spoke TLS.
    package var isSecure = false
    /// The path without its query, and the host with its port, as far as they were kept.
    package var path = ""
    package var host = ""
    /// 0 when the client got none.
    package var status = 0
    /// How often a target was tried.
    package var attempts = 0
    /// The names of what the request went through, empty where it did not come so far.
    package var listener = ""
    package var split = ""
    package var upstream = ""
    package var target = ""
    /// What went wrong, in the words of the access log; nil for nothing.
    package var error: String?

    /// A span of which nothing is known yet.
    package init() {}

    init(_ record: SpanRecord, _ registry: Registry) {
        traceHigh = record.context.traceHigh
        traceLow = record.context.traceLow
        span = record.context.span
        parent = record.parent
        (began, ended) = (record.began, record.ended)
        method = record.method == .other ? nil : "\(record.method)".uppercased()
        version = record.isHTTP2 ? "2" : record.isVersion10 ? "1.0" : "1.1"
        isSecure = record.isSecure
        let pathCount = Int(record.pathCount)
        path = Self.text(record, from: 0, count: pathCount)
        host = Self.text(record, from: pathCount, count: Int(record.hostCount))
        status = Int(record.status)
        attempts = Int(record.attempts)
        listener = Self.name(record.listener, registry.listeners)
        split = Self.name(record.split, registry.splits)
        upstream = Self.name(record.upstream, registry.upstreams)
        let targets = registry.targets
        let id = Int(record.target)
        target = targets.indices.contains(id) ? targets[id].address : ""
        error = record.error.map { "\($0)" }
    }

    private static func text(_ record: SpanRecord, from start: Int, count: Int) -> String {
        let bytes = (start..<start + count).map { record.texts[$0] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func name(_ id: Int32, _ names: [String]) -> String {
        names.indices.contains(Int(id)) ? names[Int(id)] : ""
    }
}
