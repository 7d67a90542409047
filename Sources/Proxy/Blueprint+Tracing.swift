internal import Bytes
internal import Settings

extension Blueprint {
    /// Where spans go, and which traces begin here.
    struct Tracing: Sendable {
        /// One for each worker.
        let rings: [SharedRing<SpanRecord>]
        /// A trace is sampled if the last 56 bits of its name are this much or more.
        let threshold: UInt64

        init(_ settings: TraceSettings, _ rings: [SharedRing<SpanRecord>]) {
            self.rings = rings
            let all = Double(WorkerTraces.randomBits + 1)
            threshold = UInt64(((1 - settings.sample) * all).rounded())
        }
    }
}
