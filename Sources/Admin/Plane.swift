package import Kernel
package import Proxy
package import Settings
package import Splitting
package import Telemetry

/// What the control plane asks of the data plane; tests put one of their own in its place.
///
/// The calls run on their caller's executor up to their first wait, so that messages to the
/// workers leave in the order in which one actor makes the calls.
package protocol Plane: Sendable {
    /// Runs a snapshot; nothing has changed when it throws. Each of these answers with the
    /// numbers of the workers that did not do so in time.
    nonisolated(nonsending) func run(
        _ snapshot: Snapshot
    ) async throws(DataPlaneError) -> [Int]

    /// Routes by these weights, by split and member.
    nonisolated(nonsending) func route(by weights: [SplitWeights]) async -> [Int]

    /// Gives nothing new to these, and drains nothing else.
    nonisolated(nonsending) func drain(_ scopes: Set<DrainScope>) async -> [Int]

    /// Freezes these splits, and no other.
    nonisolated(nonsending) func freeze(_ splits: [String: FreezeMode]) async -> GuardCensus

    /// Counts the writes that are on their way to Admin APIs.
    func guardCensus() async -> GuardCensus

    /// Counts what is in flight at each target.
    func census() async -> Census

    /// The connections and tunnels of a split that live long.
    func roster(ofSplit name: String) async -> Roster

    /// Closes connections of a roster; how many of them were still there.
    func shiftAway(_ entries: [Roster.Entry]) async -> Int

    /// The targets in use and how each stands.
    var standings: [(target: ResolvedTarget, standing: TargetStanding)] { get }

    /// Lets every worker turn its loop.
    nonisolated(nonsending) func turn() async -> [Int]

    /// What all workers counted since the start.
    func counters() async -> WorkerCounters

    /// Tells these splits' requests apart by method and prefix, and no other's.
    nonisolated(nonsending) func tellApart(_ subjects: [DataPlane.PrefixSubject]) async -> [Int]

    /// What all workers counted of these splits, by the splits' names.
    func prefixes() async -> [String: RequestPrefixes]

    /// The names behind the ids of the counters.
    var registry: Registry { get }

    /// The listeners that are open.
    var boundListeners: [BoundListener] { get }

    /// The targets in use.
    var resolvedTargets: [ResolvedTarget] { get }

    /// The upstreams with a target that may be chosen without ignoring health.
    var usableUpstreams: Set<String> { get }

    /// How many workers there are.
    var workerCount: Int { get }

    /// Closes the listening sockets.
    func stopAccepting() async

    /// Lets connections end with their exchanges; the exchanges left at the end of the time.
    func drain(milliseconds: Int) async -> Int

    /// Reads the files of TLS that have changed.
    func reloadCertificates() async -> CertificateReload

    /// The certificates in use, all files that TLS reads, and which of them could not be used when
    /// the present snapshot was taken on.
    var certificates: [CertificateReport] { get }
    var certificateFiles: [String] { get }
    var certificateFaults: [CertificateFault] { get }

    /// New keys for session tickets, once the present ones are old enough.
    func rotateTicketKeys()

    /// How the access log is.
    var accessLog: AccessLogReport { get }

    /// Opens the access log's file anew; why that failed, nil when it went well.
    func reopenAccessLog() async -> Errno?

    /// Closes everything, within a second; what is cut shows that it is. Then the last lines of the
    /// access log are written; the number of those that could not be.
    @discardableResult
    func stop() async -> Int
}

extension DataPlane: Plane {
    /// `apply`, as the control plane calls it.
    package nonisolated(nonsending) func run(
        _ snapshot: Snapshot
    ) async throws(DataPlaneError) -> [Int] {
        try await apply(snapshot).pendingWorkers
    }

    /// `setWeights`, as the control plane calls it.
    package nonisolated(nonsending) func route(by weights: [SplitWeights]) async -> [Int] {
        let pairs = weights.map { ($0.name, $0.weightsByMember) }
        return await setWeights(Dictionary(pairs) { first, _ in first }).pendingWorkers
    }

    /// `setDrains`, as the control plane calls it.
    package nonisolated(nonsending) func drain(_ scopes: Set<DrainScope>) async -> [Int] {
        await setDrains(scopes).pendingWorkers
    }

    /// `setFreezes`, as the control plane calls it.
    package nonisolated(nonsending) func freeze(
        _ splits: [String: FreezeMode]
    ) async -> GuardCensus {
        await setFreezes(splits)
    }

    /// `watchPrefixes`, as the control plane calls it.
    package nonisolated(nonsending) func tellApart(_ subjects: [PrefixSubject]) async -> [Int] {
        await watchPrefixes(subjects).pendingWorkers
    }

    /// `ping`, as the control plane calls it.
    package nonisolated(nonsending) func turn() async -> [Int] { await ping().pendingWorkers }
}
