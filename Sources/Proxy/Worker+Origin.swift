internal import Bytes
internal import HTTP
internal import Kernel
internal import Telemetry

/// Who made an answer, where the upstream is a Kong. Where it is none, each call is a compare.
extension Worker {
    /// Takes on which upstreams are Kongs. Room is made when there is one, so that those who have
    /// none pay no memory either.
    mutating func takeOnKongs(_ upstreams: [Blueprint.Upstream], _ counts: Blueprint.Counts) {
        for upstream in upstreams { self.upstreams[upstream.id].isKong = upstream.isKong }
        guard upstreams.contains(where: { $0.isKong }) else { return }
        counters.growKong(upstreams: counts.upstreams, lanes: counts.lanes)
    }

    /// The head of the final answer is here.
    @inline(__always)
    mutating func noteOrigin(_ exchange: Int, _ buffer: borrowing Buffer) {
        guard upstreams[exchanges[exchange].upstream].isKong else { return }
        readOrigin(exchange, buffer)
    }

    /// Sluice answers in the upstream's place.
    mutating func noteOwnOrigin(_ exchange: Int) {
        let upstream = exchanges[exchange].upstream
        guard upstream >= 0, upstreams[upstream].isKong else { return }
        exchanges[exchange].origin = .sluice
    }

    /// An exchange is over. What is counted is what was found out when its answer came: a reload
    /// in between changes nothing.
    @inline(__always)
    mutating func countOrigin(_ exchange: Int) {
        guard let origin = exchanges[exchange].origin else { return }
        counters.kongResponded(
            lane: exchanges[exchange].lane, by: origin, code: exchanges[exchange].status)
    }

    private mutating func readOrigin(_ exchange: Int, _ buffer: borrowing Buffer) {
        let facts = responseHead.kongFacts(buffer.bytes)
        let lane = exchanges[exchange].lane
        exchanges[exchange].origin = ResponseOrigin(facts.maker)
        if let milliseconds = facts.kongMilliseconds {
            counters.kongTook(lane: lane, nanoseconds: milliseconds &* 1_000_000)
        }
        if let milliseconds = facts.serviceMilliseconds {
            counters.kongServiceTook(lane: lane, nanoseconds: milliseconds &* 1_000_000)
            exchanges[exchange].rollout.serviceMilliseconds = UInt32(clamping: milliseconds)
        }
        let version = facts.version
        if !version.isEmpty {
            counters.kongVersionSeen(
                upstream: exchanges[exchange].upstream, high: version.high, low: version.low,
                target: exchanges[exchange].target, nanoseconds: now.nanoseconds)
        }
    }
}

extension ResponseOrigin {
    /// What an answer's head says.
    fileprivate init(_ maker: KongFacts.Maker) {
        switch maker {
        case .service: self = .service
        case .kongForService: self = .serviceFailed
        case .kong: self = .kong
        case .unknown: self = .unknown
        }
    }
}
