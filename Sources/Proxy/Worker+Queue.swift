internal import Bytes
internal import HTTP
internal import Kernel
internal import Reactor
internal import Settings
internal import Splitting
internal import Telemetry

/// Places at targets whose upstream limits what is in flight, and exchanges that wait for one.
///
/// A place is a count in the target's counter, which all workers share. Who has one gives it back
/// exactly once: to the next that waits, here or in another worker, or to the counter.
///
/// Nobody waits while there is a place. Who begins to wait first says so and then looks for a
/// place once more; who frees a place first does so and then looks who waits. As these steps have
/// one order over all threads (`SharedCounter`), one of the two sees the other.
extension Worker {
    /// Takes a place at a target; always true where no limit is set.
    func takePlace(_ exchange: Int, at target: Int) -> Bool {
        let limit = targets[target].inflightLimit
        if limit == .max { return true }
        guard targets[target].places.take(below: limit) else { return false }
        exchanges[exchange].placedTarget = Int32(target)
        return true
    }

    /// Lets the exchange wait until a target has a place for it.
    mutating func awaitPlace(_ exchange: Int) {
        let upstream = exchanges[exchange].upstream
        let client = exchanges[exchange].downstream
        let limit = UInt64(max(0, upstreams[upstream].limits.queue))
        guard upstreams[upstream].queuedCount.take(below: limit) else {
            counters.queueRefused(lane: exchanges[exchange].lane, .full)
            return perform(exchanges[exchange].handle(.queueFull), exchange)
        }
        perform(exchanges[exchange].handle(.noPlace), exchange)
        exchanges[exchange].standing = .queued
        counters.queued(lane: exchanges[exchange].lane, by: 1)
        if exchanges[exchange].queuedSince == .distantPast {
            exchanges[exchange].queuedSince = now
            upstreams[upstream].queue.append(exchange, in: exchanges)
        } else {
            // It had its turn, and the target at which there was a place refused it.
            upstreams[upstream].queue.insertByTime(exchange, in: exchanges)
        }
        timers.set(client, to: min(queueDeadline(exchange), exchanges[exchange].end))
        postOldest(of: upstream)
        serveQueue(of: upstream)
        leaveQueueIfGone(exchange)
    }

    /// While it waits, a client that ends its side counts as gone: nothing else tells of it.
    mutating func leaveQueueIfGone(_ exchange: Int) {
        let client = exchanges[exchange].downstream
        // Who speaks no HTTP may have said all that it has to say.
        guard connections[client].flags.contains(.peerEnded), !exchanges[exchange].isTCP else {
            return
        }
        perform(exchanges[exchange].handle(.downstreamGone), exchange)
    }

    /// The client's deadline is over while the exchange waits.
    mutating func endWaiting(_ exchange: Int) {
        guard exchanges[exchange].standing == .queued else { return }
        let deadline = queueDeadline(exchange)
        guard deadline <= now else {
            let next = min(deadline, exchanges[exchange].end)
            return timers.set(exchanges[exchange].downstream, to: next)
        }
        counters.queueRefused(lane: exchanges[exchange].lane, .timeout)
        perform(exchanges[exchange].handle(.queueLate), exchange)
    }

    private func queueDeadline(_ exchange: Int) -> Instant {
        let limits = upstreams[exchanges[exchange].upstream].limits
        return exchanges[exchange].queuedSince.advanced(
            byMilliseconds: limits.queueTimeoutMilliseconds)
    }

    /// The exchange gives back its place at a target, or the one in the list where it waits.
    mutating func letGo(_ exchange: Int) {
        guard exchanges[exchange].hasPlaceOrWaits else { return }
        leaveList(exchange)
        let target = Int(exchanges[exchange].placedTarget)
        guard target >= 0 else { return }
        exchanges[exchange].placedTarget = -1
        passOnPlace(at: target)
    }

    private mutating func leaveList(_ exchange: Int) {
        switch exchanges[exchange].standing {
        case .nowhere: return
        case .admitted: admitted.remove(exchange, in: exchanges)
        case .queued:
            let upstream = exchanges[exchange].upstream
            upstreams[upstream].queue.remove(exchange, in: exchanges)
            upstreams[upstream].queuedCount.giveBack()
            counters.queued(lane: exchanges[exchange].lane, by: -1)
            postOldest(of: upstream)
        }
        exchanges[exchange].standing = .nowhere
    }

    /// Shows the other workers since when the first one waits here.
    private func postOldest(of upstream: Int) {
        let first = Int(upstreams[upstream].queue.first)
        let since = first < 0 ? 0 : exchanges[first].queuedSince.nanoseconds
        upstreams[upstream].posts[number].oldest.replace(with: UInt64(since))
    }
}

/// Exchanges whose turn has come.
extension Worker {
    /// Goes on with exchanges that have a place now. Not at once when they get it: whoever gives
    /// it back is in the middle of something, and a long queue would be a deep stack.
    mutating func resumeAdmitted() {
        for _ in 0..<Limits.admissionsPerTurn {
            guard !admitted.isEmpty else { return }
            let exchange = Int(admitted.first)
            leaveList(exchange)
            let client = exchanges[exchange].downstream
            timers.set(client, to: bodyDeadline(ofClient: client))
            perform(exchanges[exchange].handle(.placeFound), exchange)
        }
    }

    /// Goes on to the target at which the exchange has a place. If the target or the limit is gone
    /// meanwhile, it chooses another one.
    mutating func useTarget(_ exchange: Int) {
        let target = Int(exchanges[exchange].placedTarget)
        if target >= 0, targets[target].isCurrent,
            mayUse(targets[target].standing.rank, exchange)
        {
            return use(target, exchange)
        }
        letGo(exchange)
        chooseTarget(exchange)
    }

    /// The exchange waits no longer.
    private mutating func admit(_ exchange: Int) {
        leaveList(exchange)
        exchanges[exchange].standing = .admitted
        admitted.append(exchange, in: exchanges)
    }
}

/// From the exchange that had a place to the next one.
extension Worker {
    /// Hands a place on to the one that has waited longest, or frees it.
    private mutating func passOnPlace(at target: Int, mayOffer: Bool = true) {
        if isHandedOn(target, mayOffer: mayOffer) { return }
        targets[target].places.giveBack()
        let upstream = targets[target].upstream
        if targets[target].places.current < targets[target].inflightLimit {
            callThoseWhoWait(for: upstream)
        }
    }

    /// Hands a place on as it is, so that nobody who comes now gets in between.
    private mutating func isHandedOn(_ target: Int, mayOffer: Bool) -> Bool {
        let upstream = targets[target].upstream
        let places = targets[target].places
        let limit = targets[target].inflightLimit
        // After a change there may be more in flight than the limit, or no limit.
        guard limit < .max, targets[target].isCurrent, places.current <= limit,
            upstreams[upstream].queuedCount.current > 0
        else { return false }
        if mayOffer, let other = workerWhoseTurnItIs(at: upstream) {
            let offer = PlaceOffer(upstream: upstream, target: target, places: places)
            crew.mailboxes[other].leave(.takeOver(offer))
            return true
        }
        guard let exchange = firstQueued(at: upstream, for: target) else { return false }
        exchanges[exchange].placedTarget = Int32(target)
        admit(exchange)
        return true
    }

    /// Another worker, in which the first one has waited clearly longer than here.
    private func workerWhoseTurnItIs(at upstream: Int) -> Int? {
        let mine = upstreams[upstream].posts[number].oldest.value
        var limit = mine == 0 ? .max : mine - min(mine, Limits.queueSlackNanoseconds)
        var worker: Int?
        for other in 0..<upstreams[upstream].posts.count where other != number {
            let since = upstreams[upstream].posts[other].oldest.current
            if since != 0, since < limit {
                limit = since
                worker = other
            }
        }
        return worker
    }

    private func firstQueued(at upstream: Int, for target: Int) -> Int? {
        let mark = mark(of: targets[target].position)
        var exchange = Int(upstreams[upstream].queue.first)
        while exchange >= 0 {
            if barredTargets(exchange) & mark == 0,
                mayUse(targets[target].standing.rank, exchange)
            {
                return exchange
            }
            exchange = Int(exchanges[exchange].nextInList)
        }
        return nil
    }

    /// The targets of an upstream stand otherwise now: who waits may have a target to go to, or
    /// none any more.
    mutating func lookAgain(at upstream: Int) {
        // Whoever chooses again may change the whole list.
        while let exchange = firstWithoutTarget(at: upstream) {
            perform(exchanges[exchange].handle(.weightGone), exchange)
        }
        serveQueue(of: upstream)
    }

    private func firstWithoutTarget(at upstream: Int) -> Int? {
        var exchange = Int(upstreams[upstream].queue.first)
        while exchange >= 0 {
            if !hasTargetLeft(exchange) { return exchange }
            exchange = Int(exchanges[exchange].nextInList)
        }
        return nil
    }

    /// A place is free: here and in all other workers those who wait try to get it.
    private mutating func callThoseWhoWait(for upstream: Int) {
        guard upstreams[upstream].queuedCount.current > 0 else { return }
        for worker in 0..<upstreams[upstream].posts.count {
            let post = upstreams[upstream].posts[worker]
            if post.oldest.current == 0 { continue }
            if worker == number {
                serveQueue(of: upstream)
            } else if post.isCalled.replace(with: 1) == 0 {
                crew.mailboxes[worker].leave(.lookForPlace(upstream: upstream))
            }
        }
    }

    /// Another worker's exchange had this place.
    mutating func takeOver(_ offer: PlaceOffer) {
        guard offer.target < targets.count, targets[offer.target].inflightLimit < .max else {
            // This worker knows of the limit no more, so nobody waits here; elsewhere some may.
            offer.places.giveBack()
            return callThoseWhoWait(for: offer.upstream)
        }
        passOnPlace(at: offer.target, mayOffer: false)
    }

    /// Another worker has freed a place.
    mutating func lookForPlace(_ upstream: Int) {
        upstreams[upstream].posts[number].isCalled.replace(with: 0)
        serveQueue(of: upstream)
    }

    /// Lets those go who can get a place, in their order.
    private mutating func serveQueue(of upstream: Int) {
        var exchange = Int(upstreams[upstream].queue.first)
        var open = exchange < 0 ? 0 : targetsWithPlaces(of: upstream)
        while exchange >= 0, open != 0 {
            let next = Int(exchanges[exchange].nextInList)
            let isFit = open & ~barredTargets(exchange) != 0
            if isFit, openTarget(exchange) != nil {
                admit(exchange)
                open = targetsWithPlaces(of: upstream)
            }
            exchange = next
        }
    }

    /// The marks of the targets at which there is a place now.
    private func targetsWithPlaces(of upstream: Int) -> UInt64 {
        var marks: UInt64 = 0
        for position in 0..<upstreams[upstream].targets.count {
            let target = upstreams[upstream].targets[position]
            let limit = targets[target].inflightLimit
            if limit == .max || targets[target].places.current < limit {
                marks |= mark(of: position)
            }
        }
        return marks
    }
}

/// Limits that come, change and go.
extension Worker {
    /// Takes on how much the targets of all upstreams get, and how often requests are sent again.
    /// What is not there any more has no limit: who waits for it goes on.
    mutating func takeOnLimits(of current: [Blueprint.Upstream]) {
        for upstream in 0..<upstreams.count { upstreams[upstream].limits = UpstreamLimits() }
        for target in 0..<targets.count { targets[target].inflightLimit = .max }
        for upstream in current { takeOnLimits(of: upstream) }
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            // Positions may mean other targets now.
            exchanges[exchange].forgetTargets()
            takePresentPlace(exchange)
        }
        for upstream in 0..<upstreams.count { serveQueue(of: upstream) }
    }

    private mutating func takeOnLimits(of upstream: Blueprint.Upstream) {
        upstreams[upstream.id].limits = upstream.limits
        upstreams[upstream.id].retryLimit = upstream.retries.count
        upstreams[upstream.id].retryBudget.takeOn(upstream.retries)
        if let queue = upstream.queue, upstreams[upstream.id].posts.count == 0 {
            upstreams[upstream.id].queuedCount = queue.count
            upstreams[upstream.id].posts = Table(count: queue.posts.count) { queue.posts[$0] }
        }
        for (position, target) in upstream.targets.enumerated() {
            targets[target.id].position = position
            if let places = target.places { targets[target.id].places = places }
            if let limit = upstream.limits.inflightPerTarget {
                targets[target.id].inflightLimit = UInt64(max(1, limit))
            }
        }
    }

    /// An exchange that came to its target while there was no limit counts from now on. There may
    /// be more of them than the limit allows: they stay.
    private func takePresentPlace(_ exchange: Int) {
        guard exchanges[exchange].upstreamConnection >= 0, exchanges[exchange].placedTarget < 0
        else { return }
        let target = exchanges[exchange].target
        guard targets[target].inflightLimit < .max else { return }
        _ = targets[target].places.add(1)
        exchanges[exchange].placedTarget = Int32(target)
    }
}
