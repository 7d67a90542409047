internal import Bytes
package import Kernel
internal import Reactor
package import Splitting
package import Telemetry

/// The workers, seen from the control plane: the one bridge between the two.
///
/// Everything crosses it as a message. Changes (`apply`, `setWeights`) are made by one task at a
/// time; everything else may be called from anywhere.
package final class DataPlane: Sendable {
    let crew: Crew
    let foundation: Lock<Foundation>
    private let lastCounters: Lock<[WorkerCounters]>
    /// What each worker counted by method and prefix when it last answered.
    let lastPrefixes: Lock<[[(watch: PrefixWatch, table: PrefixTable)]]>
    let logTotals = AccessLog.Totals()
    let evidenceInbox = EvidenceInbox()
    /// Held by whoever takes spans.
    let spanTurn = Lock(())
    /// Listening sockets that this process was started with.
    let inherited: [InheritedSocket]
    let lookUp: LookUp

    /// Turns a name into addresses; blocks as long as it needs to.
    package typealias LookUp =
        @Sendable (String, UInt16) throws(NameResolver.Failure) -> [SocketAddress]

    /// Starts that many workers, at least one, which have nothing to do until `apply`.
    /// `descriptors`: how many this process may have open. `inherited`: what listeners take in
    /// place of sockets of their own, where the address is the same.
    package init(
        workers count: Int, descriptors: Int = DescriptorLimit.current,
        inherited: [InheritedSocket] = [],
        lookUp: @escaping LookUp = { (name, port) throws(NameResolver.Failure) in
            try NameResolver.addresses(of: name, port: port)
        }
    ) throws(Errno) {
        self.lookUp = lookUp
        self.inherited = inherited
        precondition(count > 0, "at least one worker")
        let crew = try Crew(workers: count, descriptors: descriptors)
        self.crew = crew
        foundation = Lock(Foundation(workerCount: count))
        lastCounters = Lock(Array(repeating: WorkerCounters(), count: count))
        lastPrefixes = Lock(Array(repeating: [], count: count))
        for number in 0..<count {
            let berth = Berth(try Epoll(batchSize: Limits.eventsPerTurn), try Alarm())
            try WorkerThread.start(name: "sluice-worker") {
                guard let (epoll, alarm) = berth.leave() else { return }
                var worker = Worker(
                    number: number, crew: crew,
                    epoll: Epoll(owning: epoll, batchSize: Limits.eventsPerTurn),
                    alarm: Alarm(owning: alarm))
                worker.run()
            }
        }
    }

    /// How many workers there are; it never changes.
    package var workerCount: Int { crew.mailboxes.count }

    /// Routes by these weights: by the split's name, then by the member's. Unknown splits are
    /// ignored, and so is a split whose members are others by now. Answers when every worker
    /// does so, or after one second.
    package nonisolated(nonsending) func setWeights(
        _ weights: [String: [String: Weight]]
    ) async -> Acknowledgement {
        let roll = foundation.withLock { foundation in
            let changes = weights.compactMap { name, weights in
                foundation.changes(of: name, to: weights)
            }
            return send { .weights(changes, acknowledge: $1) }
        }
        return await roll.acknowledgement()
    }

    /// What all workers counted since the start. A worker that does not answer within a second
    /// is counted as it was when it last did.
    package func counters() async -> WorkerCounters {
        let lastCounters = lastCounters
        _ = await broadcast { number, acknowledge in
            .copyCounters { counters in
                lastCounters.withLock { $0[number] = counters }
                acknowledge()
            }
        }
        return lastCounters.withLock { all in
            var sum = WorkerCounters()
            for one in all { sum.merge(one) }
            return sum
        }
    }

    /// The names behind the ids of the counters.
    package var registry: Registry { foundation.withLock { $0.registry } }

    /// The listeners that are open, with the ports that the system chose for port 0.
    package var boundListeners: [BoundListener] { foundation.withLock { $0.bound } }

    /// The targets that are in use, with the addresses that their names stand for.
    package var resolvedTargets: [ResolvedTarget] { foundation.withLock { $0.resolved } }

    /// Whether every worker's loop turns within a second.
    package func ping() async -> Acknowledgement {
        await broadcast { .ping(acknowledge: $1) }
    }

    /// Closes all listening sockets, after everything that waits in them was accepted.
    package func stopAccepting() async {
        _ = await broadcast { .stopAccepting(acknowledge: $1) }
    }

    /// Closes idle connections and lets the others end with their exchange; returns the number
    /// of exchanges that are left when all are done or the time is over.
    package func drain(milliseconds: Int) async -> Int {
        let deadline = Instant.now().advanced(byMilliseconds: milliseconds)
        while true {
            let left = Lock(0)
            _ = await broadcast { _, acknowledge in
                .drain { count in
                    left.withLock { $0 += count }
                    acknowledge()
                }
            }
            let count = left.withLock { $0 }
            if count == 0 || Instant.now() >= deadline { return count }
            try? await Task.sleep(nanoseconds: 10_000_000)
        }
    }

    /// Closes everything, ends the workers' threads and writes the last lines of the access log;
    /// returns how many could not be written.
    @discardableResult
    package func stop() async -> Int {
        _ = await broadcast { .stop(acknowledge: $1) }
        return await finishLogs()
    }

    /// Leaves a message for each worker and waits until all have acknowledged it, at most one
    /// second.
    func broadcast(
        _ message: (Int, @escaping @Sendable () -> Void) -> WorkerMessage
    ) async -> Acknowledgement {
        await send(message).acknowledgement()
    }

    /// Leaves a message for each worker. What changes the blueprint is left while `foundation` is
    /// locked, so that all workers get such messages in one order.
    func send(
        _ message: (Int, @escaping @Sendable () -> Void) -> WorkerMessage
    ) -> RollCall {
        let roll = RollCall(count: workerCount)
        for number in 0..<workerCount {
            crew.mailboxes[number].leave(message(number) { roll.answer(number) })
        }
        return roll
    }
}

extension RollCall {
    /// Waits for all answers, at most one second.
    func acknowledgement() async -> Acknowledgement {
        Acknowledgement(pendingWorkers: await wait(nanoseconds: 1_000_000_000))
    }
}

/// Which workers a change has not reached yet.
package struct Acknowledgement: Sendable, Equatable {
    /// The numbers of the workers that did not answer in time; empty: in force everywhere.
    package let pendingWorkers: [Int]
}

/// A listener as it is open.
package struct BoundListener: Sendable, Equatable {
    /// Its name in the settings, and where it listens, with the port that it really has.
    package let name: String
    package let address: SocketAddress
}

/// A target as it is used.
package struct ResolvedTarget: Sendable, Hashable {
    /// A target as the settings write it, whatever its addresses are.
    package struct Name: Sendable, Hashable {
        /// The name of the upstream, and the address as the settings write it.
        package let upstream: String
        package let setting: String
    }

    /// The name of the upstream, and the address as the settings write it.
    package let upstream: String
    package let setting: String
    package let address: SocketAddress

    package init(upstream: String, setting: String, address: SocketAddress) {
        self.upstream = upstream
        self.setting = setting
        self.address = address
    }
}

/// Carries an epoll and its alarm to the thread that will own them.
private final class Berth: Sendable {
    private let waiting: Lock<(Int32, Int32)?>

    init(_ epoll: consuming Epoll, _ alarm: consuming Alarm) {
        waiting = Lock((epoll.release(), alarm.release()))
    }

    func leave() -> (epoll: Int32, alarm: Int32)? {
        waiting.withLock { descriptors in
            let taken = descriptors
            descriptors = nil
            return taken
        }
    }
}
