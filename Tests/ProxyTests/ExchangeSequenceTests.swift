import HTTP
import Proxy
import Telemetry
import Testing

/// Random sequences of events in orders that a worker could have.
@Suite
struct ExchangeSequenceTests {
    /// What a worker knows while it plays an exchange's part.
    private struct Play {
        var exchange: Exchange
        var random: SeededRandom
        var repeats = 0
        /// Second tries at a target that ended its connection before any request.
        var reconnects = 0
        var retries = 0
        var answers = 0
        var requests = 0
        var isRequestOver = false
        var hasBegun = false

        init(seed: UInt64) {
            random = SeededRandom(seed: seed)
            let method = HTTP.Method.allCases.randomElement(using: &random) ?? .get
            exchange = ExchangeSamples.exchange(
                method, hasBody: Bool.random(using: &random),
                retryLimit: Int.random(in: 0...3, using: &random))
        }

        /// One of the events that may happen in this phase.
        mutating func nextEvent() -> Exchange.Event {
            let failure = AttemptFailure.allCases.randomElement(using: &random) ?? .other
            let anytime: [Exchange.Event] = [.downstreamGone, .downstreamLate, .downstreamInvalid]
            let choices: [Exchange.Event]
            switch exchange.phase {
            case .choosing:
                choices = [
                    .connected(reused: !exchange.needsNewConnection), .connecting,
                    .connecting, .connectFailed(failure), .noTargetLeft, .noPlace, .noPlace,
                    .queueFull,
                ]
            case .queued:
                choices = [.placeFound, .placeFound, .weightGone, .queueLate]
            case .connecting:
                choices = [
                    .connected(reused: false), .connected(reused: false), .connectFailed(failure),
                    .upstreamLate, .weightGone,
                ]
            case .requesting:
                let going: Exchange.Event = hasBegun ? .requestEnded : .requestBegan
                choices = [
                    going, going, .requestReleased, .responseBegan, .upstreamFailed(failure),
                    .protocolSwitched,
                    .upstreamLate, .weightGone,
                ]
            case .responding:
                choices = [
                    .requestEnded, .responseEnded, .responseEnded, .upstreamFailed(failure),
                    .upstreamLate, .weightGone,
                ]
            case .tunnelling:
                choices = [.requestEnded, .responseEnded, .weightGone]
            case .answering:
                choices = [.responseEnded, .weightGone, .upstreamLate]
            case .over:
                choices = ExchangeSamples.events
            }
            let isRare = Int.random(in: 0..<12, using: &random) == 0
            let pool = isRare ? anytime : choices
            return pool.randomElement(using: &random) ?? .downstreamGone
        }

        mutating func step() {
            let event = nextEvent()
            take(exchange.handle(event), after: event)
        }

        private mutating func take(_ action: Exchange.Action, after event: Exchange.Event) {
            switch action {
            case .askForRetry:
                // The budget answers at once.
                let answer: Exchange.Event =
                    Bool.random(using: &random) ? .retryGranted : .retryRefused
                take(exchange.handle(answer), after: answer)
            case .retryRequest:
                retries += 1
                hasBegun = false
            case .repeatRequest where event == .connectFailed(.closed):
                reconnects += 1
            case .repeatRequest:
                repeats += 1
                hasBegun = false
            case .answer: answers += 1
            case .sendRequest:
                requests += 1
                hasBegun = false
            case .nothing: if event == .requestBegan { hasBegun = true }
            case .choose, .chooseOtherTarget, .useTarget, .joinSides, .breakDownstream, .finish:
                break
            }
        }
    }

    @Test
    func `every sequence ends, with one repeat, one own answer and the allowed retries at most`() {
        for seed in 0..<20_000 as Range<UInt64> {
            var play = Play(seed: seed)
            var steps = 0
            while play.exchange.phase != .over, steps < 1_000 {
                play.step()
                steps += 1
            }
            #expect(play.exchange.phase == .over, "seed \(seed)")
            #expect(play.repeats <= 1, "seed \(seed)")
            #expect(play.reconnects <= 1, "seed \(seed)")
            #expect(play.answers <= 1, "seed \(seed)")
            #expect(play.retries <= play.exchange.retryLimit, "seed \(seed)")
            #expect(play.requests <= 2 + play.exchange.retryLimit, "seed \(seed)")
        }
    }
}
