/// The last minute of every lane, as the difference between two states of its counters.
///
/// Fed with the merged counters once a second or so; keeps one state for every five seconds.
package struct MinuteWindow: Sendable {
    private struct State {
        let atSeconds: Double
        let requests: [Int]
        let durations: [LatencyHistogram]
        let firstBytes: [LatencyHistogram]
        /// Of lanes that lead to a Kong, or have; empty where there is none.
        let kong: [LatencyHistogram]
        let kongServices: [LatencyHistogram]
        let kongResponses: [[Int]]
    }

    private static let spanSeconds = 60.0
    private static let spacingSeconds = 5.0

    /// Oldest first; the last one is always the newest state, whatever its distance.
    private var states: [State] = []

    /// An empty window.
    package init() {}

    /// Takes in the counters of this moment; `nowSeconds` is any clock that never goes back.
    package mutating func tick(_ counters: WorkerCounters, nowSeconds: Double) {
        let lanes = 0..<counters.laneCount
        let kongLanes = 0..<counters.kongLaneCount
        let latest = states.last
        let state = State(
            atSeconds: nowSeconds,
            requests: lanes.map { counters.requestCount(lane: $0) },
            durations: lanes.map {
                shared(counters.durationHistogram(lane: $0), with: latest?.durations, at: $0)
            },
            firstBytes: lanes.map {
                shared(counters.firstByteHistogram(lane: $0), with: latest?.firstBytes, at: $0)
            },
            kong: kongLanes.map {
                shared(counters.kongHistogram(lane: $0), with: latest?.kong, at: $0)
            },
            kongServices: kongLanes.map {
                shared(counters.kongServiceHistogram(lane: $0), with: latest?.kongServices, at: $0)
            },
            kongResponses: kongLanes.map { counters.kongResponseCounts(lane: $0) })
        if states.count > 1, isCloseToLatest(states[states.count - 2]) { states.removeLast() }
        states.append(state)
        let begin = nowSeconds - Self.spanSeconds
        while states.count > 1, states[1].atSeconds <= begin { states.removeFirst() }
    }

    /// What the lane's exchanges of the last minute took.
    package func durations(lane: Int) -> LatencyHistogram {
        difference(lane: lane) { $0.durations }
    }

    /// What the lane's upstream took to its response heads in the last minute.
    package func firstBytes(lane: Int) -> LatencyHistogram {
        difference(lane: lane) { $0.firstBytes }
    }

    /// What Kong itself took for the lane's responses of the last minute.
    package func kong(lane: Int) -> LatencyHistogram { difference(lane: lane) { $0.kong } }

    /// What the service behind Kong took for the lane's responses of the last minute.
    package func kongServices(lane: Int) -> LatencyHistogram {
        difference(lane: lane) { $0.kongServices }
    }

    /// The lane's responses of the last minute by who made them, in the order of `ResponseOrigin`.
    package func kongResponses(lane: Int) -> [Int] {
        guard let latest = states.last, lane < latest.kongResponses.count else {
            return ResponseOrigin.allCases.map { _ in 0 }
        }
        let first = states[0].kongResponses
        guard states.count > 1, lane < first.count else { return latest.kongResponses[lane] }
        return zip(latest.kongResponses[lane], first[lane]).map { $0 - $1 }
    }

    /// Exchanges ended per second in this lane, over the last `seconds` (5 to 60, as far as known).
    package func requestsPerSecond(lane: Int, overSeconds seconds: Double = spanSeconds) -> Double {
        guard let latest = states.last, lane < latest.requests.count else { return 0 }
        let begin = latest.atSeconds - seconds
        let base = states.last { $0.atSeconds <= begin } ?? states[0]
        let elapsed = latest.atSeconds - base.atSeconds
        let before = lane < base.requests.count ? base.requests[lane] : 0
        return elapsed > 0 ? Double(latest.requests[lane] - before) / elapsed : 0
    }

    private func isCloseToLatest(_ earlier: State) -> Bool {
        guard let latest = states.last else { return false }
        return latest.atSeconds - earlier.atSeconds < Self.spacingSeconds
    }

    private func difference(
        lane: Int, of histograms: (State) -> [LatencyHistogram]
    ) -> LatencyHistogram {
        guard let latest = states.last.map(histograms), lane < latest.count else {
            return LatencyHistogram()
        }
        var difference = latest[lane]
        let base = histograms(states[0])
        if states.count > 1, lane < base.count { difference.subtract(base[lane]) }
        return difference
    }

    /// A lane at rest shares one histogram between the states, so that it costs memory once.
    private func shared(
        _ histogram: LatencyHistogram, with earlier: [LatencyHistogram]?, at lane: Int
    ) -> LatencyHistogram {
        guard let earlier, lane < earlier.count, earlier[lane] == histogram else {
            return histogram
        }
        return earlier[lane]
    }
}
