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
        .choosing, .connecting, .queued, .requesting, .responding, .tunnelling, .answering, .over,
    ]

    static let events: [Exchange.Event] = [
        .connected(reused: false), .connecting, .noTargetLeft, .connectFailed(.connect),
        .weightGone, .targetDrained, .requestBegan, .requestEnded, .requestReleased, .responseBegan,
        .responseEnded, .upstreamFailed(.closed), .upstreamLate, .downstreamLate,
        .downstreamInvalid, .downstreamGone, .overdue, .protocolSwitched, .noPlace, .queueFull,
        .queueLate,
        .placeFound, .retryGranted, .retryRefused,
    ]

    /// Events that a worker never has in a phase; the exchange traps.
    static func isImpossible(_ event: Exchange.Event, in phase: Exchange.Phase) -> Bool {
        switch phase {
        case .choosing, .connecting: isAboutUpstream(event) || isAboutWaiting(event)
        case .queued: isAboutUpstream(event) || isAboutChoice(event) || isFailure(event)
        case .requesting:
            isAboutChoice(event) || isAboutWaiting(event) || event == .responseEnded
        case .responding, .tunnelling, .answering:
            isAboutChoice(event) || isAboutWaiting(event) || isAboutAnswer(event)
        case .over: false
        }
    }

    /// Events of a request that is with an upstream.
    private static func isAboutUpstream(_ event: Exchange.Event) -> Bool {
        [.requestBegan, .requestEnded, .requestReleased, .responseEnded].contains(event)
            || isAboutAnswer(event)
    }

    /// Events of a request that is with an upstream and has no answer.
    private static func isAboutAnswer(_ event: Exchange.Event) -> Bool {
        [.responseBegan, .protocolSwitched, .retryGranted, .retryRefused].contains(event)
    }

    /// Events of an exchange that looks for a target.
    private static func isAboutChoice(_ event: Exchange.Event) -> Bool {
        [
            .connected(reused: false), .connecting, .connectFailed(.connect), .noTargetLeft,
            .noPlace, .queueFull,
        ].contains(event)
    }

    private static func isAboutWaiting(_ event: Exchange.Event) -> Bool {
        [.placeFound, .queueLate].contains(event)
    }

    private static func isFailure(_ event: Exchange.Event) -> Bool {
        [.upstreamFailed(.closed), .upstreamLate].contains(event)
    }

    static let rows: [ExchangeRow] =
        beforeRequest(.choosing) + beforeRequest(.connecting) + queued + requesting + responding
        + tunnelling + answering
        + events.map { ExchangeRow(.over, $0, .nothing, .over) }

    private static let queued = [
        ExchangeRow(.queued, .placeFound, .useTarget, .choosing),
        ExchangeRow(.queued, .weightGone, .choose, .choosing),
        ExchangeRow(.queued, .queueLate, .answer(.queueTimeout), .answering),
        ExchangeRow(.queued, .targetDrained, .nothing, .queued),
        ExchangeRow(.queued, .overdue, .answer(.totalTimeout), .answering),
        ExchangeRow(.queued, .downstreamGone, .finish, .over),
        ExchangeRow(.queued, .downstreamLate, .finish, .over),
        ExchangeRow(.queued, .downstreamInvalid, .finish, .over),
    ]

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
        ExchangeRow(.requesting, .overdue, .answer(.totalTimeout), .answering),
        ExchangeRow(.requesting, .retryGranted, .retryRequest, .choosing),
        ExchangeRow(.requesting, .retryRefused, .answer(.upstreamClosed), .answering),
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
        ExchangeRow(.responding, .overdue, .breakDownstream, .over),
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
        ExchangeRow(.tunnelling, .overdue, .nothing, .tunnelling),
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
        ExchangeRow(.answering, .overdue, .nothing, .answering),
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
            ExchangeRow(phase, .noPlace, .nothing, .queued),
            ExchangeRow(phase, .queueFull, .answer(.queueFull), .answering),
            ExchangeRow(phase, .downstreamGone, .finish, .over),
            ExchangeRow(phase, .overdue, .answer(.totalTimeout), .answering),
            ExchangeRow(phase, .downstreamLate, .finish, .over),
            ExchangeRow(phase, .downstreamInvalid, .finish, .over),
        ]
    }

    /// A new exchange; its upstream lets nothing be sent to another target, unless said.
    static func exchange(
        _ method: HTTP.Method = .get, hasBody: Bool = false, isVersion10: Bool = false,
        retryLimit: Int = 0
    ) -> Exchange {
        var exchange = Exchange(
            downstream: 0, listener: 0, split: 0, method: method, isVersion10: isVersion10,
            hasBody: hasBody, headCount: 100, keepsDownstream: true,
            began: Instant(nanoseconds: 0))
        exchange.retryLimit = retryLimit
        return exchange
    }

    /// An exchange that has come to a phase on the shortest way.
    static func exchange(in phase: Exchange.Phase) -> Exchange {
        var exchange = exchange()
        let way: [Exchange.Event] =
            switch phase {
            case .choosing: []
            case .connecting: [.connecting]
            case .queued: [.noPlace]
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
