internal import Bytes
internal import HTTP
internal import HTTP2
internal import Kernel
internal import Reactor
internal import Settings
internal import Splitting
internal import TLS
internal import Telemetry

/// One data-plane thread: its own epoll, connections, exchanges, pools and counters. It shares
/// nothing with the others but a split's sequence and a few limits.
///
/// A request's way through the files: Worker+Accept, +Requests, +Route, +Connect, +Responses,
/// +Relay, +Finish. The loop below is where each turn begins.
struct Worker: ~Copyable {
    private let anchor = Anchor()
    let number: Int
    let crew: Crew
    var epoll: Epoll
    private var alarm: Alarm
    var now: Instant

    // What it has under way.
    var connections = Slab<Connection>(limit: Limits.connections)
    var exchanges = Slab<Exchange>(limit: Limits.connections)
    /// What belongs to those connections that are streams of HTTP/2.
    var streams = Slab<StreamState>(limit: Limits.connections)
    var timers: TimerWheel
    /// The checks of targets' health under way, by the index of their connection.
    var probes: [Int: ProbeState] = [:]
    /// Connections with more to do than one turn allows.
    var deferred: [Token] = []
    private var resumed: [Token] = []
    /// Exchanges that waited for a place at a target and may go on.
    var admitted = ExchangeList()

    // What it runs on, each at its id.
    var listeners = Table<ListenerState>(count: 0) { _ in ListenerState() }
    var splits = Table<SplitState>(count: 0) { _ in preconditionFailure("no split yet") }
    var upstreams = Table<UpstreamState>(count: 0) { _ in UpstreamState() }
    var targets = Table<TargetState>(count: 0) { _ in preconditionFailure("no target yet") }

    // What it works with.
    var buffers = BufferPool(
        blockSize: Limits.blockBytes, limit: Limits.connections, keep: Limits.keptBlocks)
    var requestHead = RequestHead()
    /// The exchange whose head `requestHead` tells about, -1 for none.
    var parsedExchange = -1
    var responseHead = ResponseHead()
    /// What a response's head may have at most; a request's by its listener's settings.
    let headLimits = HeadLimits()
    /// The Date of answers that have none.
    var dateLine = DateLine()
    /// The head or the chunk's frame that goes out next.
    var scratch = Buffer(capacity: Limits.scratchBytes)
    /// The body that goes out next, when it is framed anew.
    var payload = Buffer(capacity: Limits.scratchBytes)
    /// The records of connections with TLS on their way out.
    var records = TLSWorkspace(capacity: Limits.recordSpace)
    /// What HTTP/2 works with, and the connections that have frames to send when this turn ends.
    var frames = HTTP2Workspace(capacity: Limits.scratchBytes, streams: Limits.connections)
    var carriers: [Token] = []
    var servedCarriers: [Token] = []
    /// Clients that gave no sign of life.
    var silentClients = 0
    /// What belongs to those connections that carry streams to targets, and what the windows of
    /// their streams have grown by together.
    var carriages = Slab<CarrierState>(limit: Limits.connections)
    var grownWindowBytes = 0
    /// What sessions with targets are resumed with, at the targets' ids.
    var resumptions = Table<TLSResumptionSlot>(count: 0) { _ in TLSResumptionSlot() }
    /// Whether any listener asks clients for certificates: who they are is told by us alone.
    var tellsIdentities = false
    /// Whether anything was read or sent, or could be again, when bytes were moved the last time.
    var hasMoved = false
    /// Connections that were turned away and linger.
    var turnedAwayCount = 0
    /// How many bytes were moved then.
    var movedCount = 0
    /// What the next answer for a broken upstream or body says.
    var lastFault = OwnAnswer.upstreamClosed
    var random: FastRandom
    /// Names requests, and the name that our own next answer tells.
    var ids: RequestIDs
    var idText = Buffer(capacity: RequestID.mostBytes)
    /// The field that tells who was to give our own next answer; empty for none.
    var exposedLine = Buffer(capacity: Limits.exposedLineBytes)
    /// The name that the TLS client asks for whose connection is looked at.
    var serverName = Buffer(capacity: ClientHello.mostNameBytes)
    /// What proxies have said of connections, at the connections' indices.
    var announcements = Table<ProxyHeader.Ends>(count: 0) { _ in .unknown }
    /// What was told of openings that failed.
    var tales = OpeningTales()
    var pipes = PipePool()
    var log = WorkerLog()
    var traces = WorkerTraces()
    var counters = WorkerCounters()
    /// What is counted of splits by method and prefix, each at its id, and whether anything is.
    var prefixes = Table<PrefixState>(count: 0) { _ in PrefixState() }
    var watchesPrefixes = false
    var evidence = EvidenceState()
    /// When listeners that rest after a failed accept go on; nil while none rests.
    var acceptAgain: Instant?
    var isDraining = false
    var isStopping = false

    /// A worker of the crew, with an epoll that watches its mailbox and its alarm.
    init(number: Int, crew: Crew, epoll: consuming Epoll, alarm: consuming Alarm) {
        self.number = number
        self.crew = crew
        self.epoll = epoll
        self.alarm = alarm
        now = .now()
        timers = TimerWheel(now: now)
        random = FastRandom(seed: SystemRandom.bits())
        ids = RequestIDs(seeds: SystemRandom.bits(), SystemRandom.bits())
        let bell = EventSource.mailbox.rawValue
        var error = self.epoll.addCounter(crew.mailboxes[number].bell, token: bell)
        precondition(error == nil, "a new epoll refuses its first descriptor")
        error = self.epoll.addAlarm(self.alarm, token: EventSource.alarm.rawValue)
        precondition(error == nil, "a new epoll refuses its second descriptor")
    }

    /// Turns the loop until a message stops it.
    mutating func run() {
        while !isStopping {
            setAlarm()
            let isPressed = !deferred.isEmpty || !admitted.isEmpty
            let count = epoll.wait(milliseconds: isPressed ? 0 : -1)
            turn(count, at: .now())
            counters.loopTurn(nanoseconds: Instant.now().since(now))
        }
        closeEverything()
    }

    /// One turn: so many events of epoll, what was put off, and what is over by `time`.
    mutating func turn(_ count: Int, at time: Instant) {
        now = time
        // What a pooled connection says, nobody has asked for: it must be gone before a request of
        // this turn takes it, else its words would be read as the answer.
        for index in 0..<count {
            let event = epoll.event(at: index)
            closeIfPooled(EventSource(rawValue: event.token), event.readiness)
        }
        for index in 0..<count {
            let event = epoll.event(at: index)
            handle(EventSource(rawValue: event.token), event.readiness)
        }
        resumeDeferred()
        resumeAdmitted()
        expireTimers()
        sendAllFrames()
        endAcceptPause()
        handOverLog()
    }

    /// The loop turns again when the next deadline is over, whether anything else happens or not.
    private mutating func setAlarm() {
        if let wake = timers.nextWake() { alarm.set(noLaterThan: wake) }
        if let acceptAgain { alarm.set(noLaterThan: acceptAgain) }
        if let due = log.due { alarm.set(noLaterThan: due) }
    }

    private mutating func handle(_ source: EventSource, _ readiness: Readiness) {
        switch source {
        case .connection(let token):
            // An event for a connection that was closed earlier in this turn is dropped.
            guard connections.contains(token) else { return }
            handleConnection(token.index, readiness)
        case .listener(let index):
            acceptConnections(index)
        case .mailbox:
            readMail()
        case .alarm:
            alarm.wentOff()
        }
    }

    private mutating func closeIfPooled(_ source: EventSource, _ readiness: Readiness) {
        guard case .connection(let token) = source, connections.contains(token),
            connections[token.index].flags.contains(.pooled)
        else { return }
        handleConnection(token.index, readiness)
    }

    private mutating func handleConnection(_ index: Int, _ readiness: Readiness) {
        if readiness.isReadable {
            connections[index].flags.insert(.readable)
        }
        if readiness.hasEnded {
            connections[index].flags.insert(.peerEnded)
        }
        switch connections[index].side {
        case .downstream: downstreamIsReady(index, readiness)
        case .upstream: upstreamIsReady(index, readiness)
        case .probe: probeIsReady(index, readiness)
        }
    }

    /// Goes on in the next turn, after the others had theirs.
    mutating func deferToNextTurn(_ index: Int) {
        guard !connections[index].flags.contains(.deferred) else { return }
        connections[index].flags.insert(.deferred)
        deferred.append(connections.token(at: index))
    }

    private mutating func resumeDeferred() {
        guard !deferred.isEmpty else { return }
        // What is put off again meanwhile stands in the other list: none is copied.
        swap(&deferred, &resumed)
        for number in 0..<resumed.count {
            let token = resumed[number]
            guard connections.contains(token) else { continue }
            connections[token.index].flags.remove(.deferred)
            handleConnection(token.index, .resumed)
        }
        resumed.removeAll(keepingCapacity: true)
    }
}
