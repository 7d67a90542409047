internal import Bytes
internal import HTTP
internal import Kernel
internal import Splitting

/// A worker's side of tracing: the traces of exchanges under way, and where the spans of those that
/// are over go. While nobody is told nothing here is used but `isOn`.
struct WorkerTraces: ~Copyable {
    private(set) var isOn = false
    /// At the exchanges' indices.
    var records = Table<TraceRecord>(count: 0) { _ in TraceRecord() }

    private var ring: SharedRing<SpanRecord>?
    /// A trace that begins here is sampled if the last 56 bits of its name are this much or more.
    private var threshold: UInt64 = 0
    /// Names spans; its seed is drawn when it is needed.
    private var random = FastRandom(seed: 0)

    /// Tells of traces as a blueprint says from now on.
    mutating func change(to plan: Blueprint.Tracing?, worker: Int) {
        guard let plan else {
            isOn = false
            for index in 0..<records.count { records[index].isOpen = false }
            return
        }
        if ring == nil { random = FastRandom(seed: SystemRandom.bits()) }
        ring = plan.rings[worker]
        threshold = plan.threshold
        isOn = true
    }

    /// Begins the trace of an exchange, or goes on with its client's. `id`: the request's own
    /// name, which a trace that begins here has as well. Whether it is sampled.
    mutating func open(_ exchange: Int, _ parent: TraceContext?, id: RequestID) -> Bool {
        if exchange >= records.count {
            records.grow(to: max(exchange + 1, records.count * 2)) { _ in TraceRecord() }
        }
        let high = parent?.traceHigh ?? id.high
        // Only zeros are no name.
        let low = parent?.traceLow ?? (id.high | id.low == 0 ? 1 : id.low)
        let isSampled = parent?.isSampled ?? (low & Self.randomBits >= threshold)
        records[exchange].isOpen = true
        records[exchange].keepsState = parent != nil
        records[exchange].span.context = TraceContext(
            traceHigh: high, traceLow: low, span: max(1, random.next()), isSampled: isSampled)
        records[exchange].span.parent = parent?.span ?? 0
        return isSampled
    }

    /// Hands the span of an exchange that is over to whoever takes them.
    func handOver(_ exchange: Int) { ring?.put(records[exchange].span) }

    /// Those bits of a trace's name that are random, whoever has made it.
    static var randomBits: UInt64 { (1 << 56) - 1 }
}
