internal import Addressing
internal import Judging
internal import Kernel
internal import Splitting
internal import Telemetry

/// What crosses the bridge to a worker. Each message that wants an answer carries the closure to
/// call, on the worker's thread.
enum WorkerMessage: Sendable {
    /// Run this blueprint; the listening sockets of new listeners come with it.
    case run(Blueprint, opening: [HandedListener], acknowledge: @Sendable () -> Void)
    /// Route by these weights from now on.
    case weights([LaneWeights], acknowledge: @Sendable () -> Void)
    /// The targets of the upstreams are now these.
    case retarget([Blueprint.Upstream], Blueprint.Counts, acknowledge: @Sendable () -> Void)
    /// These targets stand so from now on.
    case standings([StandingChange], acknowledge: @Sendable () -> Void)
    /// Ask a target how it is.
    case probe(Probe, reply: @Sendable (ProbeOutcome) -> Void)
    /// Serve this connection, which another worker accepted.
    case adopt(HandedConnection)
    /// Give this place at a target to one that waits for it, or free it.
    case takeOver(PlaceOffer)
    /// A place at a target of this upstream may be free.
    case lookForPlace(upstream: Int)
    /// Use this TLS for connections to come.
    case renew(TLSChange, acknowledge: @Sendable () -> Void)
    /// Count what is in flight, by the targets' ids.
    case census(reply: @Sendable ([Int: TargetLoad]) -> Void)
    /// Let no write through at these listeners, and at no other (nil: as before); reply with the
    /// writes that are on their way, by the listeners' ids.
    case guards(shut: Set<Int>?, reply: @Sendable ([Int: Int]) -> Void)
    /// Tell of the connections of a split that live long.
    case roster(split: Int, reply: @Sendable ([RosterLine]) -> Void)
    /// Close these of them; reply with how many there were.
    case shiftAway([UInt64], reply: @Sendable (Int) -> Void)
    case copyCounters(reply: @Sendable (WorkerCounters) -> Void)
    /// Tell the requests of these splits apart by method and prefix, and no other's.
    case watchPrefixes([PrefixWatch], acknowledge: @Sendable () -> Void)
    case copyPrefixes(reply: @Sendable ([(watch: PrefixWatch, table: PrefixTable)]) -> Void)
    /// Look at the exchanges of these splits from now on, and of no others.
    case track([TrackedLanes], acknowledge: @Sendable () -> Void)
    /// Tell what those have come to since this was asked the last time; late is from now on what
    /// takes longer than these marks.
    case evidence(
        LatencyMarks.Marks?, LatencyMarks.Marks, reply: @Sendable (EvidenceReport) -> Void)
    /// Say that the loop turns.
    case ping(acknowledge: @Sendable () -> Void)
    /// Close the listening sockets, after all that waits in them was accepted.
    case stopAccepting(acknowledge: @Sendable () -> Void)
    /// Answer with Connection: close and close what is idle; reply with the exchanges left.
    case drain(reply: @Sendable (Int) -> Void)
    /// Close everything and end the thread.
    case stop(acknowledge: @Sendable () -> Void)
}

/// A split's new weights, by the lanes of its members: they mean the same in whatever order the
/// blueprint has the members by the time the message is read.
struct LaneWeights: Sendable {
    let split: Int
    let weights: [Int: Weight]
}

/// How a target stands from now on.
struct StandingChange: Sendable {
    /// The target's id.
    let target: Int
    let standing: TargetStanding
}

/// A listening socket on its way to its worker, which takes it over.
struct HandedListener: Sendable {
    let listener: Int
    let descriptor: Int32
    /// Whether others have the same socket, in this process and outside of it.
    let isShared: Bool
}

/// An accepted connection on its way to another worker, which takes it over.
struct HandedConnection: Sendable {
    let descriptor: Int32
    let client: IPAddress
    let listener: Int
}
