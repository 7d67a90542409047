package import HTTP
package import Kernel
package import Telemetry

/// One request and its response, whatever the versions of HTTP on its two sides.
///
/// The exchange decides and its worker does: events go in, at most one action comes out, and no
/// byte of framing is seen here. It owns what belongs to the request rather than to a connection:
/// the phase, the route, the two sides and the clock readings that are recorded at its end.
package struct Exchange {
    // The route.
    /// Where the exchange is on its way; `handle` alone moves it on.
    package internal(set) var phase = Phase.choosing
    /// The index of the client's connection, and of the upstream's (-1: none).
    package let downstream: Int
    package var upstreamConnection = -1
    /// The ids of the listener that the request came to and of its split.
    package let listener: Int
    package let split: Int
    /// The index of the chosen member in the split, its lane and upstream; -1 before the choice.
    package var member = -1
    package var lane = -1
    package var upstream = -1
    /// The id of the chosen target, -1 before the choice.
    package var target = -1
    /// Which of the upstream's targets were tried and passed over, by position modulo 64.
    package var triedTargets: UInt64 = 0
    /// Which of the split's members were tried and left, by position.
    package var triedMembers: UInt64 = 0
    /// The lane that was chosen first, before any shift; -1 before the choice.
    package var firstLane = -1
    /// Whether no usable target is left anywhere, so that health is ignored from now on.
    package var ignoresHealth = false
    /// The effective share that the member had when it was chosen, 0...1.
    package var share: Float = 0
    /// What chose the member.
    package var choice = ChoiceKind.sequence
    var rollout = RolloutMark()

    // The request.
    /// The method of the request, which says whether it may be repeated (RFC 9110 section 9.2.2).
    package let method: Method
    /// The client's version: HTTP/1.0 or newer.
    package let isVersion10: Bool
    /// Whether the request has a body of at least one byte, or of unknown length.
    package let hasBody: Bool
    /// Tells the protocol that the client asks to change to from others, 0 for none.
    package let upgradeMark: UInt64
    /// The length of the head, as it came, in bytes.
    package let headCount: Int
    /// The name that the request gets from us, and whether the client has given it one.
    package var id = RequestID(high: 0, low: 0)
    package var isNamedByClient = false
    /// Whether the first and the last byte of the request went to the target.
    package internal(set) var requestHasBegun = false
    package internal(set) var requestHasEnded = false
    /// Whether the upstream has ended its side of a tunnel.
    package internal(set) var responseHasEnded = false
    /// Whether the upstream has sent anything into a tunnel that the client has ended its side of.
    var hasSpokenAfterEnd = false
    /// Whether all that went out is still held.
    package internal(set) var isHeld = true
    /// How many bytes at the front of the client's block went out and are held for that.
    package var heldCount = 0
    /// Whether the connection had served others before.
    package private(set) var isReused = false
    /// What the client is told when no target is left.
    var connectFailure = Failure.noUpstream
    /// Whether the request was sent once more for a reused connection, which is done only once.
    package private(set) var hasBeenRepeated = false
    /// What it has left for targets that say that they have done nothing of it.
    private var patience = StreamRefusal.mostPatience
    /// Whether a target has said so: those that came later let it pass.
    package var goesFirst: Bool { patience < StreamRefusal.mostPatience }
    /// Whether a target has ended its connection once before the request could be sent.
    package private(set) var wasLeftStanding = false
    /// How often it was sent again to another target, and how often it may be.
    package private(set) var retries = 0
    package var retryLimit = 0
    /// The lane in which the request was counted as routed, -1 for none.
    package var routedLane = -1
    /// Its slot where requests are told apart by method and prefix, -1 elsewhere.
    var prefixSlot: Int16 = -1

    /// Whether the upstream was asked to say that it wants the body, and has not.
    package var awaitsContinue = false

    // The targets.
    /// Those that no connection came about to, by position modulo 64.
    var refusedTargets: UInt64 = 0
    /// The id of the one whose connection broke under the request last, -1 for none.
    var failedTarget = -1
    /// What to look at next when more than 64 have failed and marks are used up: rank × the number
    /// of targets + position.
    var sweep = 0
    /// The id of the one at which it has a place, -1 for none.
    var placedTarget: Int32 = -1
    /// Until when it may wait for a connection that is shared, where it has waited for another.
    var waitsUntil = Instant.never

    // The queue.
    /// In which list it stands, and its neighbours there (-1: none).
    var standing = Standing.nowhere
    var nextInList: Int32 = -1
    var previousInList: Int32 = -1
    /// Since when it waits for its upstream; kept until the request has been sent.
    var queuedSince = Instant.distantPast

    // The answer.
    /// Whether nobody is there any more to get the answer.
    package internal(set) var downstreamIsGone = false
    /// How a connection through a tcp listener ended.
    package var tcpEnd = TCPEnd.closed
    /// The status that the client got, 0 while there is none.
    package var status = 0
    /// Who made the answer; nil where nobody asks, and while there is none.
    package var origin: ResponseOrigin?
    /// Whether the client's connection serves another request afterwards.
    package var keepsDownstream: Bool
    /// Whether the upstream's connection may serve another exchange afterwards.
    package var keepsUpstream = true

    // The clock.
    /// When the first byte of the request came, and when its head was sent to the target.
    package let began: Instant
    package var requestSent: Instant
    /// When it must be over; never for a tunnel and for an answer of our own.
    package var end = Instant.never

    package init(
        downstream: Int, listener: Int, split: Int, method: Method, isVersion10: Bool,
        hasBody: Bool, upgradeMark: UInt64 = 0, headCount: Int, keepsDownstream: Bool,
        began: Instant
    ) {
        self.downstream = downstream
        self.listener = listener
        self.split = split
        self.method = method
        self.isVersion10 = isVersion10
        self.hasBody = hasBody
        self.upgradeMark = upgradeMark
        self.headCount = headCount
        self.keepsDownstream = keepsDownstream
        self.began = began
        requestSent = began
    }

    /// Takes one event and says what to do.
    package mutating func handle(_ event: Event) -> Action {
        if isTCP { return handleTCP(event) }
        return switch phase {
        case .choosing, .connecting: handleBeforeRequest(event)
        case .queued: handleQueued(event)
        case .requesting: handleRequesting(event)
        case .responding: handleResponding(event)
        case .tunnelling: handleTunnelling(event)
        case .answering: handleAnswering(event)
        case .over: .nothing
        }
    }
}

extension Exchange {
    private mutating func handleBeforeRequest(_ event: Event) -> Action {
        switch event {
        case .connected(let reused):
            phase = .requesting
            waitsUntil = .never
            isReused = reused
            requestHasBegun = false
            requestHasEnded = false
            heldCount = 0
            return .sendRequest
        case .connecting:
            phase = .connecting
            return .nothing
        case .connectFailed(.closed) where !wasLeftStanding:
            wasLeftStanding = true
            phase = .choosing
            return .repeatRequest
        case .connectFailed(let failure), .upstreamFailed(let failure):
            phase = .choosing
            waitsUntil = .never
            connectFailure = failure == .timeout ? .connectTimeout : .connectFailed
            return .chooseOtherTarget
        case .upstreamLate:
            return handleBeforeRequest(.connectFailed(.timeout))
        case .weightGone:
            phase = .choosing
            return .choose
        case .targetDrained:
            phase = .choosing
            return .chooseOtherTarget
        case .noTargetLeft:
            return answer(connectFailure)
        case .overdue:
            return answer(.totalTimeout)
        case .noPlace:
            phase = .queued
            return .nothing
        case .queueFull:
            return answer(.queueFull)
        case .downstreamGone, .downstreamLate, .downstreamInvalid:
            return abandon()
        case .requestBegan, .requestUnseen, .requestEnded, .requestReleased, .responseBegan,
            .responseEnded, .protocolSwitched, .retryGranted, .retryRefused:
            preconditionFailure("no upstream has this exchange yet")
        case .placeFound, .queueLate:
            preconditionFailure("this exchange does not wait")
        }
    }

    private mutating func handleQueued(_ event: Event) -> Action {
        switch event {
        case .placeFound:
            phase = .choosing
            return .useTarget
        case .weightGone:
            phase = .choosing
            return .choose
        case .queueLate:
            return answer(.queueTimeout)
        case .overdue:
            return answer(.totalTimeout)
        case .downstreamGone, .downstreamLate, .downstreamInvalid:
            return abandon()
        case .targetDrained:
            return .nothing
        case .connected, .connecting, .connectFailed, .noTargetLeft, .noPlace, .queueFull,
            .retryGranted, .retryRefused, .requestBegan, .requestUnseen, .requestEnded,
            .requestReleased, .responseBegan, .responseEnded, .protocolSwitched, .upstreamFailed,
            .upstreamLate:
            preconditionFailure("this exchange waits for an upstream")
        }
    }

    private mutating func handleRequesting(_ event: Event) -> Action {
        switch event {
        case .requestBegan:
            requestHasBegun = true
            return .nothing
        case .requestUnseen(let refusal):
            requestHasBegun = false
            // As one that was closed before it came there; as often as that happens, within reason.
            isReused = true
            if patience >= refusal.cost {
                patience -= refusal.cost
                hasBeenRepeated = false
            }
            return .nothing
        case .requestEnded:
            requestHasEnded = true
            return .nothing
        case .requestReleased:
            isHeld = false
            return .nothing
        case .responseBegan:
            phase = .responding
            isHeld = false
            return .nothing
        case .protocolSwitched:
            phase = .tunnelling
            isHeld = false
            requestHasEnded = false
            keepsDownstream = false
            keepsUpstream = false
            end = .never
            return .nothing
        case .upstreamFailed(let failure):
            return connectionBroke(failure)
        case .retryGranted:
            retries += 1
            return sendAgain(.retryRequest)
        case .retryRefused:
            return answer(.upstreamClosed)
        case .upstreamLate:
            return answer(.responseTimeout)
        case .downstreamLate:
            return answer(.requestTimeout)
        case .downstreamInvalid:
            return answer(.bodyInvalid)
        case .overdue:
            return answer(.totalTimeout)
        case .downstreamGone:
            return abandon()
        case .weightGone, .targetDrained:
            return .nothing
        case .connected, .connecting, .connectFailed, .noTargetLeft, .responseEnded, .noPlace,
            .queueFull, .queueLate, .placeFound:
            preconditionFailure("this exchange has its upstream already")
        }
    }

    private mutating func handleResponding(_ event: Event) -> Action {
        switch event {
        case .requestBegan, .requestUnseen, .requestReleased, .weightGone, .targetDrained:
            return .nothing
        case .requestEnded:
            requestHasEnded = true
            return .nothing
        case .responseEnded:
            return finish()
        case .downstreamGone:
            return abandon()
        case .upstreamFailed, .upstreamLate, .downstreamLate, .downstreamInvalid, .overdue:
            keepsUpstream = false
            downstreamIsGone = true
            phase = .over
            return .breakDownstream
        case .connected, .connecting, .connectFailed, .noTargetLeft, .responseBegan,
            .protocolSwitched, .noPlace, .queueFull, .queueLate, .placeFound, .retryGranted,
            .retryRefused:
            preconditionFailure("this exchange has its answer already")
        }
    }

    private mutating func handleTunnelling(_ event: Event) -> Action {
        switch event {
        case .requestEnded:
            requestHasEnded = true
            return responseHasEnded ? finish() : .nothing
        case .responseEnded:
            responseHasEnded = true
            return requestHasEnded ? finish() : .nothing
        case .requestBegan, .requestUnseen, .requestReleased, .weightGone, .targetDrained,
            .overdue:
            return .nothing
        case .upstreamFailed, .upstreamLate, .downstreamLate, .downstreamInvalid:
            downstreamIsGone = true
            phase = .over
            return .breakDownstream
        case .downstreamGone:
            return abandon()
        case .connected, .connecting, .connectFailed, .noTargetLeft, .responseBegan,
            .protocolSwitched, .noPlace, .queueFull, .queueLate, .placeFound, .retryGranted,
            .retryRefused:
            preconditionFailure("this exchange is a tunnel already")
        }
    }

    private mutating func handleAnswering(_ event: Event) -> Action {
        switch event {
        case .responseEnded:
            return finish()
        case .downstreamGone, .downstreamLate:
            return abandon()
        case .requestBegan, .requestUnseen, .requestEnded, .requestReleased, .weightGone,
            .targetDrained, .upstreamFailed, .upstreamLate, .downstreamInvalid, .overdue:
            return .nothing
        case .connected, .connecting, .connectFailed, .noTargetLeft, .responseBegan,
            .protocolSwitched, .noPlace, .queueFull, .queueLate, .placeFound, .retryGranted,
            .retryRefused:
            preconditionFailure("this exchange is answered already")
        }
    }

    /// The upstream's connection failed before the answer's head was here.
    private mutating func connectionBroke(_ failure: AttemptFailure) -> Action {
        switch failure {
        case .protocol:
            return answer(.upstreamInvalid)
        case .closed, .reset:
            guard maySendAgain else { return answer(.upstreamClosed) }
            // A reused connection that fails before any byte of the answer most likely was closed
            // by the target when the request was on its way (RFC 9112 section 9.3.1).
            if isReused, !hasBeenRepeated {
                hasBeenRepeated = true
                return sendAgain(.repeatRequest)
            }
            return retries < retryLimit ? .askForRetry : answer(.upstreamClosed)
        case .connect, .timeout, .other, .handshake, .unverified:
            return answer(.upstreamClosed)
        }
    }

    private mutating func sendAgain(_ action: Action) -> Action {
        requestHasEnded = false
        heldCount = 0
        phase = .choosing
        return action
    }

    private mutating func answer(_ failure: Failure) -> Action {
        phase = .answering
        keepsUpstream = false
        end = .never
        // The rest of a body that was not read cannot be told from the next request.
        if hasBody && !requestHasEnded { keepsDownstream = false }
        return .answer(failure)
    }

    private mutating func finish() -> Action {
        // An answer before the end of the request: neither side is in step any more.
        if !requestHasEnded && hasBody {
            keepsDownstream = false
            keepsUpstream = false
        }
        phase = .over
        return .finish
    }

    private mutating func abandon() -> Action {
        downstreamIsGone = true
        keepsUpstream = false
        phase = .over
        return .finish
    }
}
