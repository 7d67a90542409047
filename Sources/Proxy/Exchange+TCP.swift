package import HTTP
internal import Telemetry

/// A connection through a tcp listener: an exchange that begins without a request and is nothing
/// but a tunnel once it has its target. Nothing of our own is ever sent: who gets no target is
/// reset.
extension Exchange {
    /// Whether it is such a connection: a request's head has at least one byte.
    package var isTCP: Bool { headCount == 0 }

    /// The client's version of HTTP; nil for such a connection.
    package var version: HTTPVersion? { isTCP ? nil : isVersion10 ? .http10 : .http11 }

    /// Takes one event of such a connection and says what to do.
    mutating func handleTCP(_ event: Event) -> Action {
        switch phase {
        case .choosing, .connecting: handleTCPBeforeTarget(event)
        case .queued: handleTCPQueued(event)
        case .tunnelling: handleTCPJoined(event)
        case .requesting, .responding, .answering, .over: .nothing
        }
    }

    private mutating func handleTCPBeforeTarget(_ event: Event) -> Action {
        switch event {
        case .connected:
            phase = .tunnelling
            isHeld = false
            requestHasBegun = true
            keepsUpstream = false
            return .joinSides
        case .connecting:
            phase = .connecting
            return .nothing
        case .connectFailed(let failure), .upstreamFailed(let failure):
            phase = .choosing
            connectFailure = failure == .timeout ? .connectTimeout : .connectFailed
            return .chooseOtherTarget
        case .upstreamLate:
            return handleTCPBeforeTarget(.connectFailed(.timeout))
        case .weightGone:
            phase = .choosing
            return .choose
        case .targetDrained:
            phase = .choosing
            return .chooseOtherTarget
        case .noPlace:
            phase = .queued
            return .nothing
        case .queueFull:
            connectFailure = .queueFull
            return breakOff(.notConnected)
        case .noTargetLeft, .overdue:
            return breakOff(.notConnected)
        case .downstreamGone, .downstreamLate, .downstreamInvalid:
            return breakOff(.clientReset)
        case .requestBegan, .requestUnseen, .requestEnded, .requestReleased, .responseBegan,
            .responseEnded, .protocolSwitched, .retryGranted, .retryRefused, .placeFound,
            .queueLate:
            preconditionFailure("no target has this connection yet")
        }
    }

    private mutating func handleTCPQueued(_ event: Event) -> Action {
        switch event {
        case .placeFound:
            phase = .choosing
            return .useTarget
        case .weightGone:
            phase = .choosing
            return .choose
        case .queueLate, .overdue:
            connectFailure = .queueTimeout
            return breakOff(.notConnected)
        case .downstreamGone, .downstreamLate, .downstreamInvalid:
            return breakOff(.clientReset)
        case .targetDrained:
            return .nothing
        case .connected, .connecting, .connectFailed, .noTargetLeft, .noPlace, .queueFull,
            .retryGranted, .retryRefused, .requestBegan, .requestUnseen, .requestEnded,
            .requestReleased, .responseBegan, .responseEnded, .protocolSwitched, .upstreamFailed,
            .upstreamLate:
            preconditionFailure("this connection waits for a target")
        }
    }

    private mutating func handleTCPJoined(_ event: Event) -> Action {
        switch event {
        case .requestEnded:
            requestHasEnded = true
            return responseHasEnded ? close() : .nothing
        case .responseEnded:
            responseHasEnded = true
            return requestHasEnded ? close() : .nothing
        case .requestBegan, .requestUnseen, .requestReleased, .weightGone, .targetDrained:
            return .nothing
        case .upstreamFailed:
            return breakOff(.upstreamReset)
        case .upstreamLate, .downstreamLate:
            return breakOff(.idle)
        case .overdue:
            return breakOff(.lifetime)
        case .downstreamGone, .downstreamInvalid:
            return breakOff(.clientReset)
        case .connected, .connecting, .connectFailed, .noTargetLeft, .responseBegan,
            .protocolSwitched, .noPlace, .queueFull, .queueLate, .placeFound, .retryGranted,
            .retryRefused:
            preconditionFailure("this connection has its target already")
        }
    }

    private mutating func close() -> Action {
        phase = .over
        return .finish
    }

    /// A reason that was noted before counts.
    private mutating func breakOff(_ end: TCPEnd) -> Action {
        if tcpEnd == .closed { tcpEnd = end }
        downstreamIsGone = true
        phase = .over
        return .breakDownstream
    }
}
