import HTTP
import Kernel
import Proxy
import Telemetry
import Testing

@Suite
struct ExchangeTests {
    @Test
    func `the table has every event in every phase, or says that it cannot be`() {
        for phase in ExchangeSamples.phases {
            #expect(ExchangeSamples.exchange(in: phase).phase == phase)
            for event in ExchangeSamples.events {
                let isListed = ExchangeSamples.rows.contains {
                    $0.phase == phase && $0.event == event
                }
                #expect(isListed != ExchangeSamples.isImpossible(event, in: phase))
            }
        }
    }

    @Test(arguments: ExchangeSamples.rows)
    func `an exchange does what its phase demands`(row: ExchangeRow) {
        var exchange = ExchangeSamples.exchange(in: row.phase)
        #expect(exchange.handle(row.event) == row.action)
        #expect(exchange.phase == row.next)
    }

    @Test
    func `the last failed attempt decides what the client is told`() {
        var exchange = ExchangeSamples.exchange(in: .connecting)
        _ = exchange.handle(.connectFailed(.timeout))
        _ = exchange.handle(.connectFailed(.connect))
        #expect(exchange.handle(.noTargetLeft) == .answer(.connectFailed))
        var late = ExchangeSamples.exchange(in: .connecting)
        _ = late.handle(.connectFailed(.connect))
        _ = late.handle(.upstreamLate)
        #expect(late.handle(.noTargetLeft) == .answer(.connectTimeout))
    }

    @Test
    func `an answer before the end of the request leaves neither side in step`() {
        var exchange = ExchangeSamples.exchange(.post, hasBody: true)
        for event in [Exchange.Event.connected(reused: true), .requestBegan, .responseBegan] {
            _ = exchange.handle(event)
        }
        #expect(exchange.handle(.responseEnded) == .finish)
        #expect(!exchange.keepsUpstream)
        #expect(!exchange.keepsDownstream)
    }

    @Test
    func `an answer behind the whole request leaves both sides in step`() {
        var exchange = ExchangeSamples.exchange(.post, hasBody: true)
        for event in [
            Exchange.Event.connected(reused: true), .requestBegan, .requestEnded, .responseBegan,
        ] {
            _ = exchange.handle(event)
        }
        #expect(exchange.handle(.responseEnded) == .finish)
        #expect(exchange.keepsUpstream)
        #expect(exchange.keepsDownstream)
        #expect(!exchange.downstreamIsGone)
    }

    @Test(arguments: [false, true])
    func `our own answer keeps the client only when its body is not in the way`(hasBody: Bool) {
        var exchange = ExchangeSamples.exchange(.put, hasBody: hasBody)
        _ = exchange.handle(.noTargetLeft)
        _ = exchange.handle(.responseEnded)
        #expect(exchange.keepsDownstream == !hasBody)
    }

    @Test(arguments: [Exchange.Event.protocolSwitched, .overdue])
    func `a tunnel and our own answer have no end in time`(event: Exchange.Event) {
        var exchange = ExchangeSamples.exchange(in: .requesting)
        exchange.end = Instant(nanoseconds: 1)
        _ = exchange.handle(event)
        #expect(exchange.end == .never)
    }

    @Test(arguments: ExchangeSamples.events)
    func `nothing moves an exchange that is over`(event: Exchange.Event) {
        var exchange = ExchangeSamples.exchange(in: .over)
        #expect(exchange.handle(event) == .nothing)
        #expect(exchange.handle(event) == .nothing)
        #expect(exchange.phase == .over)
    }
}

/// When a request goes out again to another target.
@Suite
struct ExchangeRetryTests {
    private static let failures: [AttemptFailure] = [.closed, .reset]

    /// Sends a request that begins to go out, and breaks its connection.
    private func fail(
        _ exchange: inout Exchange, _ failure: AttemptFailure = .reset, reused: Bool = false,
        after events: [Exchange.Event] = [.requestBegan, .requestEnded]
    ) -> Exchange.Action {
        for event in [.connected(reused: reused)] + events { _ = exchange.handle(event) }
        return exchange.handle(.upstreamFailed(failure))
    }

    @Test(arguments: HTTP.Method.allCases, failures)
    func `what began to go out on a new connection is sent again if it is idempotent`(
        method: HTTP.Method, failure: AttemptFailure
    ) {
        var exchange = ExchangeSamples.exchange(method, retryLimit: 2)
        let expected: Exchange.Action =
            method.isIdempotent ? .askForRetry : .answer(.upstreamClosed)
        #expect(fail(&exchange, failure) == expected)
    }

    @Test(arguments: HTTP.Method.allCases, failures)
    func `what did not begin to go out is sent again whatever it is`(
        method: HTTP.Method, failure: AttemptFailure
    ) {
        var exchange = ExchangeSamples.exchange(method, retryLimit: 1)
        #expect(fail(&exchange, failure, after: []) == .askForRetry)
    }

    @Test(arguments: 0...4)
    func `a request is sent again as often as is allowed, and not once more`(limit: Int) {
        var exchange = ExchangeSamples.exchange(retryLimit: limit)
        for _ in 0..<limit {
            #expect(fail(&exchange) == .askForRetry)
            #expect(exchange.handle(.retryGranted) == .retryRequest)
            #expect(exchange.needsNewConnection)
        }
        #expect(exchange.retries == limit)
        #expect(fail(&exchange) == .answer(.upstreamClosed))
    }

    @Test
    func `a reused connection's failure is repeated first, and that counts as no retry`() {
        var exchange = ExchangeSamples.exchange(retryLimit: 1)
        #expect(fail(&exchange, reused: true) == .repeatRequest)
        #expect(fail(&exchange) == .askForRetry)
        #expect(exchange.handle(.retryGranted) == .retryRequest)
        #expect(fail(&exchange) == .answer(.upstreamClosed))
    }

    @Test(arguments: [AttemptFailure.protocol, .connect, .timeout, .other])
    func `what is no broken connection is no reason to send again`(failure: AttemptFailure) {
        for isReused in [false, true] {
            var exchange = ExchangeSamples.exchange(retryLimit: 2)
            guard case .answer = fail(&exchange, failure, reused: isReused) else {
                Issue.record("\(failure) was sent again")
                continue
            }
        }
    }

    @Test
    func `what is not held any more, or comes late, is not sent again`() {
        var released = ExchangeSamples.exchange(retryLimit: 2)
        let events: [Exchange.Event] = [.requestBegan, .requestReleased]
        #expect(fail(&released, after: events) == .answer(.upstreamClosed))
        var late = ExchangeSamples.exchange(retryLimit: 2)
        _ = late.handle(.connected(reused: false))
        #expect(late.handle(.upstreamLate) == .answer(.responseTimeout))
    }

    @Test(arguments: [false, true])
    func `a retry that the budget refuses leaves the client in step if its body is read`(
        isRead: Bool
    ) {
        var exchange = ExchangeSamples.exchange(.put, hasBody: true, retryLimit: 1)
        let events: [Exchange.Event] = isRead ? [.requestBegan, .requestEnded] : [.requestBegan]
        #expect(fail(&exchange, after: events) == .askForRetry)
        #expect(exchange.handle(.retryRefused) == .answer(.upstreamClosed))
        _ = exchange.handle(.responseEnded)
        #expect(exchange.keepsDownstream == isRead)
    }

    @Test
    func `a retry begins the request anew, and may wait for its turn`() {
        var exchange = ExchangeSamples.exchange(.put, hasBody: true, retryLimit: 1)
        _ = fail(&exchange)
        exchange.heldCount = 120
        _ = exchange.handle(.retryGranted)
        #expect(exchange.phase == .choosing)
        #expect(!exchange.requestHasEnded)
        #expect(exchange.heldCount == 0)
        for event in [Exchange.Event.noPlace, .placeFound, .connecting] {
            _ = exchange.handle(event)
        }
        _ = exchange.handle(.connected(reused: false))
        #expect(!exchange.requestHasBegun)
    }
}

/// When a request goes out once more, and that it never does so twice.
@Suite
struct ExchangeRepeatTests {
    @Test(arguments: HTTP.Method.allCases)
    func `what began to go out on a reused connection is repeated if it is idempotent`(
        method: HTTP.Method
    ) {
        var exchange = ExchangeSamples.exchange(method)
        for event in [Exchange.Event.connected(reused: true), .requestBegan, .requestEnded] {
            _ = exchange.handle(event)
        }
        let expected: Exchange.Action =
            method.isIdempotent ? .repeatRequest : .answer(.upstreamClosed)
        #expect(exchange.handle(.upstreamFailed(.closed)) == expected)
    }

    @Test(arguments: HTTP.Method.allCases)
    func `what did not begin to go out is repeated whatever it is`(method: HTTP.Method) {
        var exchange = ExchangeSamples.exchange(method)
        _ = exchange.handle(.connected(reused: true))
        #expect(exchange.handle(.upstreamFailed(.reset)) == .repeatRequest)
    }

    @Test
    func `nothing is repeated on a new connection, nor twice, nor when it is not held`() {
        var fresh = ExchangeSamples.exchange(in: .requesting)
        #expect(fresh.handle(.upstreamFailed(.closed)) == .answer(.upstreamClosed))

        var released = ExchangeSamples.exchange()
        _ = released.handle(.connected(reused: true))
        _ = released.handle(.requestReleased)
        #expect(released.handle(.upstreamFailed(.closed)) == .answer(.upstreamClosed))

        var twice = ExchangeSamples.exchange()
        _ = twice.handle(.connected(reused: true))
        #expect(twice.handle(.upstreamFailed(.closed)) == .repeatRequest)
        #expect(twice.hasBeenRepeated)
        _ = twice.handle(.connected(reused: true))
        #expect(twice.handle(.upstreamFailed(.closed)) == .answer(.upstreamClosed))
    }

    @Test
    func `an answer that breaks the rules or comes late is no reason to repeat`() {
        for event in [Exchange.Event.upstreamFailed(.protocol), .upstreamLate] {
            var exchange = ExchangeSamples.exchange()
            _ = exchange.handle(.connected(reused: true))
            guard case .answer = exchange.handle(event) else {
                Issue.record("\(event) was repeated")
                continue
            }
        }
    }

    @Test
    func `a repeat begins the request anew`() {
        var exchange = ExchangeSamples.exchange(.put, hasBody: true)
        for event in [Exchange.Event.connected(reused: true), .requestBegan, .requestEnded] {
            _ = exchange.handle(event)
        }
        exchange.heldCount = 120
        _ = exchange.handle(.upstreamFailed(.closed))
        #expect(exchange.phase == .choosing)
        #expect(!exchange.requestHasEnded)
        #expect(exchange.heldCount == 0)
        _ = exchange.handle(.connected(reused: false))
        #expect(!exchange.requestHasBegun)
    }
}
