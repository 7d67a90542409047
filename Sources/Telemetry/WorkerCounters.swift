/// What one worker counts: a value with flat storage that nobody else touches.
///
/// Only `grow` and `merge` allocate. A worker that gives its counters away must give a `copy()`,
/// else its own next count would have to copy everything first.
package struct WorkerCounters: Sendable {
    /// These eleven have a row for each lane.
    var grpc = CountTable(columns: GRPCStatus.columns)
    var routed = CountTable(columns: ChoiceKind.allCases.count)
    var requests = CountTable(columns: StatusColumn.count)
    var inflight = CountTable(columns: 1)
    var retries = CountTable(columns: 1)
    var retryRefusals = CountTable(columns: 1)
    var queued = CountTable(columns: 1)
    var queueRefusals = CountTable(columns: QueueRefusal.allCases.count)
    var failures = CountTable(columns: AttemptFailure.allCases.count)
    var durations = LatencyTable()
    var firstBytes = LatencyTable()

    /// These three have a row for each upstream.
    var connects = CountTable(columns: ConnectResult.allCases.count)
    var upstreamConnections = CountTable(columns: UpstreamConnectionState.allCases.count)
    var bytes = CountTable(columns: ByteDirection.allCases.count)

    /// These four have a row for each listener.
    var downstreamConnections = CountTable(columns: 1)
    var downstreamRequests = CountTable(columns: StatusColumn.count)
    var refusals = CountTable(columns: Refusal.allCases.count)
    var guardRefusals = CountTable(columns: GuardRefusal.allCases.count)

    /// What is counted of Kongs only.
    var kong = KongCounters()

    /// What is counted of TLS.
    var handshakes = HandshakeCounters()
    /// What is counted of tcp listeners and of what connections begin with.
    var tcp = TCPCounters()
    /// What HTTP/2 clients were refused.
    package private(set) var http2 = HTTP2Counters()

    var loopTurns = LatencyHistogram()
    /// Lines of the access log that found no room.
    package private(set) var droppedLogLines = 0

    /// Counters without a row; `grow` makes room before anything is counted.
    package init() {}

    /// Makes room for ids below these counts. Never shrinks, never loses a count.
    package mutating func grow(listeners: Int, upstreams: Int, lanes: Int) {
        grpc.grow(rows: lanes)
        routed.grow(rows: lanes)
        requests.grow(rows: lanes)
        inflight.grow(rows: lanes)
        retries.grow(rows: lanes)
        retryRefusals.grow(rows: lanes)
        queued.grow(rows: lanes)
        queueRefusals.grow(rows: lanes)
        failures.grow(rows: lanes)
        durations.grow(rows: lanes)
        firstBytes.grow(rows: lanes)
        connects.grow(rows: upstreams)
        upstreamConnections.grow(rows: upstreams)
        bytes.grow(rows: upstreams)
        downstreamConnections.grow(rows: listeners)
        downstreamRequests.grow(rows: listeners)
        refusals.grow(rows: listeners)
        guardRefusals.grow(rows: listeners)
        handshakes.grow(listeners: listeners, upstreams: upstreams)
        tcp.grow(listeners: listeners, lanes: lanes)
    }

    /// Adds what another worker counted, and grows where the other has more rows.
    package mutating func merge(_ other: WorkerCounters) {
        grpc.merge(other.grpc)
        routed.merge(other.routed)
        requests.merge(other.requests)
        inflight.merge(other.inflight)
        retries.merge(other.retries)
        retryRefusals.merge(other.retryRefusals)
        queued.merge(other.queued)
        queueRefusals.merge(other.queueRefusals)
        failures.merge(other.failures)
        durations.merge(other.durations)
        firstBytes.merge(other.firstBytes)
        connects.merge(other.connects)
        upstreamConnections.merge(other.upstreamConnections)
        bytes.merge(other.bytes)
        downstreamConnections.merge(other.downstreamConnections)
        downstreamRequests.merge(other.downstreamRequests)
        refusals.merge(other.refusals)
        kong.merge(other.kong)
        handshakes.merge(other.handshakes)
        tcp.merge(other.tcp)
        http2.merge(other.http2)
        guardRefusals.merge(other.guardRefusals)
        loopTurns.merge(other.loopTurns)
        droppedLogLines += other.droppedLogLines
    }

    /// So many lines of the access log have found no room since the start.
    package mutating func logLinesDropped(inTotal count: Int) { droppedLogLines = count }

    /// So often HTTP/2 clients were refused since the start.
    package mutating func http2Refusals(inTotal counts: HTTP2Counters) { http2 = counts }

    /// A copy with storage of its own.
    package func copy() -> WorkerCounters {
        var copy = WorkerCounters()
        copy.merge(self)
        return copy
    }
}
