internal import Bytes
internal import Kernel
internal import Reactor
internal import Telemetry

/// What comes over the bridge.
extension Worker {
    mutating func readMail() {
        for message in crew.mailboxes[number].takeAll() {
            switch message {
            case .run(let blueprint, let opening, let acknowledge):
                run(blueprint, opening: opening)
                obeyStandings(isAnyBack: true)
                acknowledge()
            case .weights(let changes, let acknowledge):
                for change in changes { setWeights(change) }
                chooseAgainWhereWeightIsGone()
                obeyStandings(isAnyBack: false)
                acknowledge()
            case .retarget(let upstreams, let counts, let acknowledge):
                retarget(upstreams, counts)
                obeyStandings(isAnyBack: true)
                acknowledge()
            case .standings(let changes, let acknowledge):
                setStandings(changes)
                acknowledge()
            case .probe(let probe, let reply): begin(probe, reply)
            case .adopt(let handed): adopt(handed)
            case .takeOver(let offer): takeOver(offer)
            case .lookForPlace(let upstream): lookForPlace(upstream)
            case .renew(let change, let acknowledge):
                renew(change)
                acknowledge()
            case .census(let reply): reply(census())
            case .guards(let listeners, let reply):
                if let listeners { shut(listeners) }
                reply(writesInFlight())
            case .track(let lanes, let acknowledge):
                track(lanes)
                acknowledge()
            case .evidence(let marks, let patience, let reply):
                reply(takeEvidence(marks, patience))
            case .roster(let split, let reply): reply(roster(ofSplit: split))
            case .shiftAway(let tokens, let reply): reply(shiftAway(tokens))
            case .copyCounters(let reply):
                counters.logLinesDropped(inTotal: log.droppedCount)
                counters.http2Refusals(inTotal: http2Refusals)
                reply(counters.copy())
            case .watchPrefixes(let watches, let acknowledge):
                watchPrefixes(watches)
                acknowledge()
            case .copyPrefixes(let reply): reply(copyPrefixes())
            case .ping(let acknowledge): acknowledge()
            case .stopAccepting(let acknowledge):
                for listener in 0..<listeners.count { closeListener(listener) }
                acknowledge()
            case .drain(let reply):
                reply(drain())
            case .stop(let acknowledge):
                isStopping = true
                acknowledge()
            }
        }
    }

    private mutating func adopt(_ handed: HandedConnection) {
        // The worker that handed it over may have got a new blueprint earlier than this one.
        guard handed.listener < listeners.count else {
            return crew.mailboxes[number].leave(.adopt(handed))
        }
        serve(
            Socket(owning: handed.descriptor), from: handed.client, listener: handed.listener)
    }

    /// Lets no connection stay longer than its exchange, or those of its streams. What a client has
    /// sent already is still answered. Returns how much is left.
    private mutating func drain() -> Int {
        isDraining = true
        var carrierCount = 0
        for index in 0..<connections.indexLimit where connections.isUsed(index) {
            if connections[index].isStream { continue }
            if connections[index].carriage >= 0 {
                endIdleCarrier(index)
                continue
            }
            if connections[index].http2 != nil, connections[index].side == .downstream {
                announceClose(index)
                carrierCount += 1
                continue
            }
            guard connections[index].exchange < 0, connections[index].inbound == nil,
                connections[index].flags.isDisjoint(with: [.headBegan, .lingering, .readable])
            else { continue }
            close(index)
        }
        // Clients' connections with streams have to be told in two steps, exchanges or not.
        return max(exchanges.count, carrierCount)
    }

    mutating func closeEverything() {
        endLog()
        for listener in 0..<listeners.count { listeners[listener].socket = nil }
        for index in 0..<connections.indexLimit where connections.isUsed(index) {
            // What is cut must not look whole to a client that reads until the end.
            if connections[index].exchange >= 0 { breakOnClose(index) }
            close(index)
        }
    }
}
