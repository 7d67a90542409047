package import Telemetry

/// The words that an exchange and its worker speak: what happened, and what to do.
extension Exchange {
    /// Where the exchange is on its way.
    package enum Phase: Equatable, Sendable {
        /// No connection to a target yet.
        case choosing
        /// A new connection to the chosen target is on its way.
        case connecting
        /// All targets of the upstream have as much as they may get: it waits for a place at one.
        case queued
        /// The request goes out; nothing of the answer is here.
        case requesting
        /// The answer's head has gone to the client.
        case responding
        /// The two sides speak another protocol: bytes go both ways until both have ended.
        case tunnelling
        /// No upstream's answer can be had: our own goes out.
        case answering
        case over
    }

    /// What happened.
    package enum Event: Equatable, Sendable {
        /// A connection to the target is at hand; a reused one has served others before.
        case connected(reused: Bool)
        /// A new connection was started.
        case connecting
        /// No target of any upstream that may be chosen is left.
        case noTargetLeft
        /// The connection could not be made.
        case connectFailed(AttemptFailure)
        /// There are targets that may be chosen, but none of them may get more now.
        case noPlace
        /// The same, and as many wait already as may.
        case queueFull
        /// It has waited for as long as it may.
        case queueLate
        /// Its turn has come.
        case placeFound
        /// The upstream's budget lets the request be sent again, or does not.
        case retryGranted, retryRefused
        /// The weights changed and the chosen upstream has none left.
        case weightGone
        /// The chosen target gets nothing more: it is drained now, ill or gone.
        case targetDrained
        /// The first byte of the request went to the target.
        case requestBegan
        /// The target says that it has done nothing of the request: it may be sent again.
        case requestUnseen(StreamRefusal)
        /// The last byte of the request went to the target.
        case requestEnded
        /// The request can no longer be sent again: what went out is not held any more.
        case requestReleased
        /// The head of the final answer came and goes to the client.
        case responseBegan
        /// The upstream agrees to change to another protocol.
        case protocolSwitched
        /// The last byte of the answer went to the client.
        case responseEnded
        /// The upstream's connection broke, or its answer did.
        case upstreamFailed(AttemptFailure)
        /// The upstream took too long.
        case upstreamLate
        /// The client took too long over its body or over reading the answer.
        case downstreamLate
        /// The client broke the rules of its protocol in the middle of its body.
        case downstreamInvalid
        /// The client is gone.
        case downstreamGone
        /// The exchange is not over when its `end` has come.
        case overdue
    }

    /// What the worker has to do next.
    package enum Action: Equatable, Sendable {
        case nothing
        /// Choose an upstream by the split, as if for the first time.
        case choose
        /// Choose another target: the one just tried is passed over.
        case chooseOtherTarget
        /// Send the request to the connected target.
        case sendRequest
        /// Pass on what comes from either side: a connection that is no exchange of requests.
        case joinSides
        /// Send the request once more, on a new connection to the same target.
        case repeatRequest
        /// Ask the upstream's budget whether the request may be sent again.
        case askForRetry
        /// Send the request again, on a new connection to another target.
        case retryRequest
        /// Go on to the target at which there is a place.
        case useTarget
        /// Answer the client ourselves.
        case answer(Failure)
        /// Break the client's connection, so that it sees the answer is not whole.
        case breakDownstream
        /// Record the exchange and let go of both sides.
        case finish
    }

    /// Why Sluice answers in the upstream's place.
    package enum Failure: Equatable, Sendable {
        /// No upstream of the split may be chosen.
        case noUpstream
        /// The last target that was left refused the connection, or did not answer the attempt.
        case connectFailed, connectTimeout
        /// The upstream closed without an answer, or its answer breaks the rules.
        case upstreamClosed, upstreamInvalid
        /// The upstream, or the client with its body, took too long; or both together.
        case responseTimeout, requestTimeout, totalTimeout
        /// The client's body breaks the rules.
        case bodyInvalid
        /// This process has no descriptor left for a connection.
        case overloaded
        /// The upstream's targets have enough to do, and enough waits for them or has waited.
        case queueFull, queueTimeout
    }
}
