/// What one worker counts of connections that are no requests.
struct TCPCounters: Sendable {
    /// These four have a row for each lane.
    var ends = CountTable(columns: TCPEnd.allCases.count)
    var live = CountTable(columns: 1)
    var bytes = CountTable(columns: ByteDirection.allCases.count)
    var durations = LatencyTable()

    /// These two have a row for each listener.
    var proxyHeaders = CountTable(columns: ProxyHeaderRefusal.allCases.count)
    var clientHellos = CountTable(columns: ClientHelloResult.allCases.count)

    mutating func grow(listeners: Int, lanes: Int) {
        ends.grow(rows: lanes)
        live.grow(rows: lanes)
        bytes.grow(rows: lanes)
        durations.grow(rows: lanes)
        proxyHeaders.grow(rows: listeners)
        clientHellos.grow(rows: listeners)
    }

    mutating func merge(_ other: TCPCounters) {
        ends.merge(other.ends)
        live.merge(other.live)
        bytes.merge(other.bytes)
        durations.merge(other.durations)
        proxyHeaders.merge(other.proxyHeaders)
        clientHellos.merge(other.clientHellos)
    }
}

/// The data path's side.
extension WorkerCounters {
    /// A connection has got to a target.
    package mutating func tcpConnected(lane: Int) { tcp.live.add(1, row: lane) }

    /// A connection is over. `wasConnected`: it was counted when it got to a target.
    package mutating func tcpEnded(
        lane: Int, _ end: TCPEnd, wasConnected: Bool, nanoseconds: UInt64
    ) {
        inflight.add(-1, row: lane)
        tcp.ends.add(1, row: lane, column: end.rawValue)
        guard wasConnected else { return }
        tcp.live.add(-1, row: lane)
        tcp.durations.record(row: lane, nanoseconds: nanoseconds)
    }

    /// Bytes went from the upstream to a client, or from a client to the upstream.
    package mutating func tcpMoved(lane: Int, bytes count: Int, fromUpstream: Bool) {
        let direction: ByteDirection = fromUpstream ? .received : .sent
        tcp.bytes.add(count, row: lane, column: direction.rawValue)
    }

    /// A connection was closed for the header that it did not, or did, begin with.
    package mutating func proxyHeaderRefused(listener: Int, _ refusal: ProxyHeaderRefusal) {
        tcp.proxyHeaders.add(1, row: listener, column: refusal.rawValue)
    }

    /// The first message of a TLS client was looked at, or was none.
    package mutating func clientHello(listener: Int, _ result: ClientHelloResult) {
        tcp.clientHellos.add(1, row: listener, column: result.rawValue)
    }
}

/// The control plane's side. An id without a row reads as 0.
extension WorkerCounters {
    /// Connections of this lane that ended so.
    package func tcpEndCount(lane: Int, _ end: TCPEnd) -> Int {
        lane < tcp.ends.rows ? tcp.ends[row: lane, column: end.rawValue] : 0
    }

    /// Connections of this lane that are at a target now.
    package func tcpLiveCount(lane: Int) -> Int {
        lane < tcp.live.rows ? tcp.live[row: lane, column: 0] : 0
    }

    /// Bytes of this lane's connections, from the upstream and to it.
    package func tcpByteCounts(lane: Int) -> (received: Int, sent: Int) {
        guard lane < tcp.bytes.rows else { return (0, 0) }
        return (
            tcp.bytes[row: lane, column: ByteDirection.received.rawValue],
            tcp.bytes[row: lane, column: ByteDirection.sent.rawValue]
        )
    }

    /// How long this lane's connections lived.
    package func tcpDurationHistogram(lane: Int) -> LatencyHistogram {
        lane < tcp.durations.rows
            ? tcp.durations.histogram(row: lane) : LatencyHistogram()
    }

    /// Connections of a listener that were closed for their header.
    package func proxyHeaderRefusalCount(listener: Int, _ refusal: ProxyHeaderRefusal) -> Int {
        listener < tcp.proxyHeaders.rows
            ? tcp.proxyHeaders[row: listener, column: refusal.rawValue] : 0
    }

    /// First messages of TLS clients at a listener, by what came of them.
    package func clientHelloCount(listener: Int, _ result: ClientHelloResult) -> Int {
        listener < tcp.clientHellos.rows
            ? tcp.clientHellos[row: listener, column: result.rawValue] : 0
    }
}
