import HTTP
import Proxy
import Telemetry

/// A toy protocol: every byte that comes from the peer carries the number of its stream in the
/// upper half and what happens to it in the lower half. It shares nothing with HTTP/1: streams
/// are interleaved on one connection, and none ends with it.
struct ToyConnection {
    enum Frame: UInt8 {
        case requestPart = 1
        case requestEnd
        case responseHead
        case responseEnd
        case reset
        case gone
    }

    private(set) var exchanges: [Exchange]
    /// What each stream's exchange asked for, in order.
    private(set) var actions: [[Exchange.Action]]

    init(streams: Int) {
        exchanges = (0..<streams).map { _ in ExchangeSamples.exchange(.post, hasBody: true) }
        actions = exchanges.map { _ in [] }
        for stream in 0..<streams { take(.connected(reused: false), stream) }
    }

    /// Takes in what came, cut anywhere.
    mutating func receive(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            let stream = Int(byte >> 4)
            guard let frame = Frame(rawValue: byte & 0xf), stream < exchanges.count else {
                continue
            }
            take(event(frame), stream)
        }
    }

    static func byte(_ stream: Int, _ frame: Frame) -> UInt8 {
        UInt8(stream) << 4 | frame.rawValue
    }

    private func event(_ frame: Frame) -> Exchange.Event {
        switch frame {
        case .requestPart: .requestBegan
        case .requestEnd: .requestEnded
        case .responseHead: .responseBegan
        case .responseEnd: .responseEnded
        case .reset: .upstreamFailed(.reset)
        case .gone: .downstreamGone
        }
    }

    private mutating func take(_ event: Exchange.Event, _ stream: Int) {
        let action = exchanges[stream].handle(event)
        if action != .nothing { actions[stream].append(action) }
    }
}
