/// What is counted of upstreams that are Kongs. It has rows only where there is one.
struct KongCounters: Sendable {
    /// These three have a row for each lane.
    private(set) var responses = CountTable(
        columns: ResponseOrigin.allCases.count * StatusColumn.count)
    private(set) var latencies = LatencyTable()
    private(set) var serviceLatencies = LatencyTable()
    /// This one has a row for each upstream.
    private(set) var versions = KongVersions()

    mutating func grow(upstreams: Int, lanes: Int) {
        responses.grow(rows: lanes)
        latencies.grow(rows: lanes)
        serviceLatencies.grow(rows: lanes)
        versions.grow(rows: upstreams)
    }

    mutating func merge(_ other: KongCounters) {
        guard other.responses.rows > 0 else { return }
        responses.merge(other.responses)
        latencies.merge(other.latencies)
        serviceLatencies.merge(other.serviceLatencies)
        versions.merge(other.versions)
    }

    mutating func responded(lane: Int, by origin: ResponseOrigin, code: Int) {
        responses.add(1, row: lane, column: Self.column(origin, code))
    }

    mutating func took(lane: Int, nanoseconds: UInt64) {
        latencies.record(row: lane, nanoseconds: nanoseconds)
    }

    mutating func serviceTook(lane: Int, nanoseconds: UInt64) {
        serviceLatencies.record(row: lane, nanoseconds: nanoseconds)
    }

    mutating func saw(
        upstream: Int, high: UInt128, low: UInt128, target: Int, nanoseconds: Int64
    ) {
        versions.note(
            row: upstream, high: high, low: low, target: target, nanoseconds: nanoseconds)
    }

    static func column(_ origin: ResponseOrigin, _ code: Int) -> Int {
        origin.rawValue &* StatusColumn.count &+ StatusColumn.of(code: code)
    }
}

/// Upstreams that are Kongs.
extension WorkerCounters {
    /// Makes room for what is counted of Kongs only, for ids below these counts.
    package mutating func growKong(upstreams: Int, lanes: Int) {
        kong.grow(upstreams: upstreams, lanes: lanes)
    }

    /// An exchange ended whose client got a response, and who made it.
    package mutating func kongResponded(lane: Int, by origin: ResponseOrigin, code: Int) {
        kong.responded(lane: lane, by: origin, code: code)
    }

    /// Kong said how long it took itself.
    package mutating func kongTook(lane: Int, nanoseconds: UInt64) {
        kong.took(lane: lane, nanoseconds: nanoseconds)
    }

    /// Kong said how long the service behind took.
    package mutating func kongServiceTook(lane: Int, nanoseconds: UInt64) {
        kong.serviceTook(lane: lane, nanoseconds: nanoseconds)
    }

    /// An answer told its Kong's version, as `KongVersions` keeps it.
    package mutating func kongVersionSeen(
        upstream: Int, high: UInt128, low: UInt128, target: Int, nanoseconds: Int64
    ) {
        kong.saw(
            upstream: upstream, high: high, low: low, target: target, nanoseconds: nanoseconds)
    }
}

/// The control plane's side. An id without a row reads as 0.
extension WorkerCounters {
    /// Responses of one origin and status in this lane.
    package func kongResponseCount(lane: Int, by origin: ResponseOrigin, code: Int) -> Int {
        guard lane < kong.responses.rows else { return 0 }
        return kong.responses[row: lane, column: KongCounters.column(origin, code)]
    }

    /// Responses of each origin in this lane, whatever their status.
    package func kongResponseCounts(lane: Int) -> [Int] {
        guard lane < kong.responses.rows else {
            return ResponseOrigin.allCases.map { _ in 0 }
        }
        return ResponseOrigin.allCases.map { origin in
            let first = origin.rawValue * StatusColumn.count
            return (first..<first + StatusColumn.count).reduce(0) {
                $0 + kong.responses[row: lane, column: $1]
            }
        }
    }

    /// Lanes that have a row of what is counted of Kongs.
    package var kongLaneCount: Int { kong.responses.rows }

    /// What Kong itself took for the lane's responses.
    package func kongHistogram(lane: Int) -> LatencyHistogram {
        lane < kong.latencies.rows ? kong.latencies.histogram(row: lane) : LatencyHistogram()
    }

    /// What the service behind Kong took for the lane's responses.
    package func kongServiceHistogram(lane: Int) -> LatencyHistogram {
        lane < kong.serviceLatencies.rows
            ? kong.serviceLatencies.histogram(row: lane) : LatencyHistogram()
    }

    /// The versions that an upstream has answered with.
    package func kongVersions(upstream: Int) -> [KongVersions.Sighting] {
        upstream < kong.versions.rows ? kong.versions.sightings(row: upstream) : []
    }
}
