import HTTP
import Kernel
import Proxy
import Telemetry
import Testing

/// One row of the table: what an exchange in a phase does about an event.
struct ExchangeRow: CustomTestStringConvertible {
    let phase: Exchange.Phase
    let event: Exchange.Event
    /// What the worker has to do.
    let action: Exchange.Action
    /// Where the exchange is afterwards.
    let next: Exchange.Phase

    init(
        _ phase: Exchange.Phase, _ event: Exchange.Event, _ action: Exchange.Action,
        _ next: Exchange.Phase
    ) {
        self.phase = phase
        self.event = event
        self.action = action
        self.next = next
    }

    var testDescription: String { "\(phase) + \(event) = \(action), \(next)" }
}

enum ExchangeSamples {
    static let phases: [Exchange.Phase] = [
        .choosing, .connecting, .requesting, .responding, .tunnelling, .answering, .over,
    ]

    static let events: [Exchange.Event] = [
        .connected(reused: false), .connecting, .noTargetLeft, .connectFailed(.connect),
        .weightGone, .targetDrained, .requestBegan, .requestEnded, .requestReleased, .responseBegan,
        .responseEnded, .upstreamFailed(.closed), .upstreamLate, .downstreamLate,
        .downstreamInvalid, .downstreamGone, .protocolSwitched,
    ]

    /// Events that a worker never has in a phase; the exchange traps.
    static func isImpossible(_ event: Exchange.Event, in phase: Exchange.Phase) -> Bool {
        switch (phase, event) {
        case (.choosing, .requestBegan), (.choosing, .requestEnded), (.choosing, .requestReleased),
            (.choosing, .responseBegan), (.choosing, .responseEnded),
            (.connecting, .requestBegan), (.connecting, .requestEnded),
            (.connecting, .requestReleased), (.connecting, .responseBegan),
            (.connecting, .responseEnded), (.requesting, .responseEnded):
            true
        case (.requesting, .connected), (.requesting, .connecting), (.requesting, .connectFailed),
            (.requesting, .noTargetLeft), (.responding, .connected), (.responding, .connecting),
            (.responding, .connectFailed), (.responding, .noTargetLeft),
            (.responding, .responseBegan), (.answering, .connected), (.answering, .connecting),
            (.answering, .connectFailed), (.answering, .noTargetLeft), (.answering, .responseBegan):
            true
        case (.choosing, .protocolSwitched), (.connecting, .protocolSwitched),
            (.responding, .protocolSwitched), (.answering, .protocolSwitched):
            true
        case (.tunnelling, .connected), (.tunnelling, .connecting), (.tunnelling, .connectFailed),
            (.tunnelling, .noTargetLeft), (.tunnelling, .responseBegan),
            (.tunnelling, .protocolSwitched):
            true
        default:
            false
        }
    }

    static let rows: [ExchangeRow] =
        beforeRequest(.choosing) + beforeRequest(.connecting) + requesting + responding
        + tunnelling + answering
        + events.map { ExchangeRow(.over, $0, .nothing, .over) }

    private static let requesting = [
        ExchangeRow(.requesting, .weightGone, .nothing, .requesting),
        ExchangeRow(.requesting, .targetDrained, .nothing, .requesting),
        ExchangeRow(.requesting, .requestBegan, .nothing, .requesting),
        ExchangeRow(.requesting, .requestEnded, .nothing, .requesting),
        ExchangeRow(.requesting, .requestReleased, .nothing, .requesting),
        ExchangeRow(.requesting, .responseBegan, .nothing, .responding),
        ExchangeRow(.requesting, .protocolSwitched, .nothing, .tunnelling),
        ExchangeRow(.requesting, .upstreamFailed(.closed), .answer(.upstreamClosed), .answering),
        ExchangeRow(.requesting, .upstreamFailed(.reset), .answer(.upstreamClosed), .answering),
        ExchangeRow(
            .requesting, .upstreamFailed(.protocol), .answer(.upstreamInvalid), .answering),
        ExchangeRow(.requesting, .upstreamLate, .answer(.responseTimeout), .answering),
        ExchangeRow(.requesting, .downstreamLate, .answer(.requestTimeout), .answering),
        ExchangeRow(.requesting, .downstreamInvalid, .answer(.bodyInvalid), .answering),
        ExchangeRow(.requesting, .downstreamGone, .finish, .over),
    ]

    private static let responding = [
        ExchangeRow(.responding, .weightGone, .nothing, .responding),
        ExchangeRow(.responding, .targetDrained, .nothing, .responding),
        ExchangeRow(.responding, .requestBegan, .nothing, .responding),
        ExchangeRow(.responding, .requestEnded, .nothing, .responding),
        ExchangeRow(.responding, .requestReleased, .nothing, .responding),
        ExchangeRow(.responding, .responseEnded, .finish, .over),
        ExchangeRow(.responding, .upstreamFailed(.closed), .breakDownstream, .over),
        ExchangeRow(.responding, .upstreamLate, .breakDownstream, .over),
        ExchangeRow(.responding, .downstreamLate, .breakDownstream, .over),
        ExchangeRow(.responding, .downstreamInvalid, .breakDownstream, .over),
        ExchangeRow(.responding, .downstreamGone, .finish, .over),
    ]

    private static let tunnelling = [
        ExchangeRow(.tunnelling, .weightGone, .nothing, .tunnelling),
        ExchangeRow(.tunnelling, .targetDrained, .nothing, .tunnelling),
        ExchangeRow(.tunnelling, .requestBegan, .nothing, .tunnelling),
        ExchangeRow(.tunnelling, .requestReleased, .nothing, .tunnelling),
        ExchangeRow(.tunnelling, .requestEnded, .nothing, .tunnelling),
        ExchangeRow(.tunnelling, .responseEnded, .nothing, .tunnelling),
        ExchangeRow(.tunnelling, .upstreamFailed(.closed), .breakDownstream, .over),
        ExchangeRow(.tunnelling, .upstreamLate, .breakDownstream, .over),
        ExchangeRow(.tunnelling, .downstreamLate, .breakDownstream, .over),
        ExchangeRow(.tunnelling, .downstreamInvalid, .breakDownstream, .over),
        ExchangeRow(.tunnelling, .downstreamGone, .finish, .over),
    ]

    private static let answering = [
        ExchangeRow(.answering, .weightGone, .nothing, .answering),
        ExchangeRow(.answering, .targetDrained, .nothing, .answering),
        ExchangeRow(.answering, .requestBegan, .nothing, .answering),
        ExchangeRow(.answering, .requestEnded, .nothing, .answering),
        ExchangeRow(.answering, .requestReleased, .nothing, .answering),
        ExchangeRow(.answering, .responseEnded, .finish, .over),
        ExchangeRow(.answering, .upstreamFailed(.closed), .nothing, .answering),
        ExchangeRow(.answering, .upstreamLate, .nothing, .answering),
        ExchangeRow(.answering, .downstreamInvalid, .nothing, .answering),
        ExchangeRow(.answering, .downstreamLate, .finish, .over),
        ExchangeRow(.answering, .downstreamGone, .finish, .over),
    ]

    /// Choosing and connecting differ in what the worker has under way, not in what may follow.
    private static func beforeRequest(_ phase: Exchange.Phase) -> [ExchangeRow] {
        [
            ExchangeRow(phase, .connected(reused: false), .sendRequest, .requesting),
            ExchangeRow(phase, .connected(reused: true), .sendRequest, .requesting),
            ExchangeRow(phase, .connecting, .nothing, .connecting),
            ExchangeRow(phase, .connectFailed(.connect), .chooseOtherTarget, .choosing),
            ExchangeRow(phase, .connectFailed(.timeout), .chooseOtherTarget, .choosing),
            ExchangeRow(phase, .upstreamFailed(.closed), .chooseOtherTarget, .choosing),
            ExchangeRow(phase, .upstreamLate, .chooseOtherTarget, .choosing),
            ExchangeRow(phase, .weightGone, .choose, .choosing),
            ExchangeRow(phase, .targetDrained, .chooseOtherTarget, .choosing),
            ExchangeRow(phase, .noTargetLeft, .answer(.noUpstream), .answering),
            ExchangeRow(phase, .downstreamGone, .finish, .over),
            ExchangeRow(phase, .downstreamLate, .finish, .over),
            ExchangeRow(phase, .downstreamInvalid, .finish, .over),
        ]
    }

    /// A new exchange.
    static func exchange(
        _ method: HTTP.Method = .get, hasBody: Bool = false, isVersion10: Bool = false
    ) -> Exchange {
        Exchange(
            downstream: 0, listener: 0, split: 0, method: method, isVersion10: isVersion10,
            hasBody: hasBody, headCount: 100, keepsDownstream: true,
            began: Instant(nanoseconds: 0))
    }

    /// An exchange that has come to a phase on the shortest way.
    static func exchange(in phase: Exchange.Phase) -> Exchange {
        var exchange = exchange()
        let way: [Exchange.Event] =
            switch phase {
            case .choosing: []
            case .connecting: [.connecting]
            case .requesting: [.connecting, .connected(reused: false)]
            case .responding: [.connecting, .connected(reused: false), .responseBegan]
            case .tunnelling: [.connecting, .connected(reused: false), .protocolSwitched]
            case .answering: [.noTargetLeft]
            case .over: [.downstreamGone]
            }
        for event in way { _ = exchange.handle(event) }
        return exchange
    }
}
