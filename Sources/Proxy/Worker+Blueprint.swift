internal import Bytes
internal import HTTP
internal import Kernel
internal import Settings
internal import Splitting
internal import TLS
internal import Telemetry

/// A new blueprint: state is kept at its id, so what did not change goes on undisturbed.
extension Worker {
    mutating func run(_ blueprint: Blueprint, opening: [HandedListener]) {
        retarget(blueprint.upstreams, blueprint.counts)
        log.change(to: blueprint.log, worker: number)
        traces.change(to: blueprint.tracing, worker: number)
        for split in blueprint.splits { splits[split.id] = SplitState(split) }
        beginSegments()
        runListeners(blueprint, opening: opening)
        chooseAgainWhereWeightIsGone()
    }

    /// Takes on the targets of all upstreams.
    mutating func retarget(_ upstreams: [Blueprint.Upstream], _ counts: Blueprint.Counts) {
        grow(to: counts)
        for upstream in upstreams { place(upstream) }
        takeOnKongs(upstreams, counts)
        retireTargets(notIn: upstreams)
        takeOnLimits(of: upstreams)
    }

    /// Takes on the weights of one split. They are passed over when the split has other members
    /// by now: whoever sent them decides anew.
    mutating func setWeights(_ change: LaneWeights) {
        let lanes = splits[change.split].lanes
        let weights = lanes.compactMap { change.weights[$0] }
        guard weights.count == lanes.count, weights.contains(where: { $0 > .zero }) else { return }
        splits[change.split].setWeights(weights)
        beginSegments()
    }

    private mutating func grow(to counts: Blueprint.Counts) {
        counters.grow(
            listeners: counts.listeners, upstreams: counts.upstreams, lanes: counts.lanes)
        listeners.grow(to: counts.listeners) { _ in ListenerState() }
        splits.grow(to: counts.splits) { _ in SplitState() }
        prefixes.grow(to: counts.splits) { _ in PrefixState() }
        upstreams.grow(to: counts.upstreams) { _ in UpstreamState() }
        targets.grow(to: counts.targets) { _ in TargetState() }
        resumptions.grow(to: counts.targets) { _ in TLSResumptionSlot() }
    }

    /// Whoever is connected by other rules than those of now serves no further request.
    mutating func takeOnTLS(_ tls: TLSClient?, ofUpstream upstream: Int) {
        guard upstreams[upstream].tls !== tls else { return }
        upstreams[upstream].tls = tls
        retireConnections(ofUpstream: upstream)
    }

    /// The same for those who speak another HTTP.
    private mutating func takeOnVersion(_ version: UpstreamVersion, ofUpstream upstream: Int) {
        guard upstreams[upstream].version != version else { return }
        upstreams[upstream].version = version
        retireConnections(ofUpstream: upstream)
    }

    private mutating func retireConnections(ofUpstream upstream: Int) {
        for position in 0..<upstreams[upstream].targets.count {
            let target = upstreams[upstream].targets[position]
            resumptions[target].resumption = nil
            targets[target].streamLimit = Limits.streamsPerCarrier
            emptyPool(of: target)
        }
        for index in 0..<connections.indexLimit where connections.isUsed(index) {
            guard connections[index].side == .upstream,
                targets[Int(connections[index].target)].upstream == upstream
            else { continue }
            connections[index].carriedCount = .max
        }
    }

    private mutating func place(_ upstream: Blueprint.Upstream) {
        upstreams[upstream.id].targets = Table(count: upstream.targets.count) {
            upstream.targets[$0].id
        }
        upstreams[upstream.id].timeouts = upstream.timeouts
        takeOnProxyHeader(of: upstream)
        upstreams[upstream.id].exposure = UpstreamState.exposure(of: upstream.name)
        takeOnTLS(upstream.tls, ofUpstream: upstream.id)
        takeOnVersion(upstream.version, ofUpstream: upstream.id)
        upstreams[upstream.id].requestsPerConnection = UInt32(
            clamping: upstream.limits.requestsPerConnection ?? .max)
        for target in upstream.targets {
            targets[target.id].upstream = upstream.id
            targets[target.id].address = target.address
            targets[target.id].serverName = target.serverName
            targets[target.id].version = upstream.version
            targets[target.id].weight = target.weight
            targets[target.id].standing = target.standing
            targets[target.id].failures.watch = target.watch
        }
        sumUpStandings(of: upstream.id)
    }

    /// A target that is gone gets nothing new; its exchanges end in peace.
    private mutating func retireTargets(notIn upstreams: [Blueprint.Upstream]) {
        for id in 0..<targets.count { targets[id].isCurrent = false }
        for upstream in upstreams {
            for target in upstream.targets { targets[target.id].isCurrent = true }
        }
        for id in 0..<targets.count where !targets[id].isCurrent { emptyPool(of: id) }
    }

    private mutating func runListeners(_ blueprint: Blueprint, opening: [HandedListener]) {
        for listener in blueprint.listeners {
            listeners[listener.id].split = listener.split
            listeners[listener.id].routes = RequestRules(
                listener.routes.map { RequestRule($0.when) })
            listeners[listener.id].routeSplits = Table(count: listener.routes.count) {
                listener.routes[$0].split
            }
            listeners[listener.id].exposesUpstream = listener.exposesUpstream
            listeners[listener.id].takesHTTP2 = listener.takesHTTP2
            listeners[listener.id].port = listener.port
            listeners[listener.id].trustedProxies = listener.trustedProxies
            listeners[listener.id].timeouts = listener.timeouts
            listeners[listener.id].isGuarded = listener.isGuarded
            listeners[listener.id].isShut = listener.isShut
            listeners[listener.id].allowed = listener.allowed
            listeners[listener.id].tls = listener.tls
            listeners[listener.id].opening = listener.opening
            listeners[listener.id].openingAfterHeader = listener.openingAfterHeader
            listeners[listener.id].isTCP = listener.isTCP
            takeOnLimits(of: listener)
        }
        tellsIdentities = blueprint.listeners.contains { $0.tls?.asksForCertificates == true }
        countPresentConnections()
        for handed in opening {
            // A listener whose address changed: the old socket's queue is served first.
            closeListener(handed.listener)
            listeners[handed.listener].socket = ListeningSocket(owning: handed.descriptor)
            listeners[handed.listener].isSocketShared = handed.isShared
            startListening(handed.listener)
        }
        let current = blueprint.listeners.map(\.id)
        for id in 0..<listeners.count where !current.contains(id) { closeListener(id) }
    }
}
