package import Judging
package import Telemetry

/// What exchanges of the splits of a rollout have come to since it was asked for the last time.
package struct EvidenceReport: Sendable {
    /// Errors of one class at one share, at a path's prefix; nil where no head went out.
    package struct Row: Sendable, Equatable {
        /// What they were and where.
        package let kind: JudgedClass
        package let prefix: String?
        /// The candidate's share that they were routed by, and how many fell on each side.
        package let share: Double
        package let candidate: Int
        package let stable: Int

        package init(
            _ kind: JudgedClass, prefix: String?, share: Double, candidate: Int, stable: Int
        ) {
            self.kind = kind
            self.prefix = prefix
            self.share = share
            self.candidate = candidate
            self.stable = stable
        }
    }

    /// One error of a client that is kept at its side.
    package struct StickyRow: Sendable, Equatable {
        /// The hash of its key, what the error was and where, and how it was routed.
        package let key: UInt64
        package let kind: JudgedClass
        package let prefix: String?
        package let share: Double
        package let isOnCandidate: Bool

        package init(
            key: UInt64, _ kind: JudgedClass, prefix: String?, share: Double, isOnCandidate: Bool
        ) {
            self.key = key
            self.kind = kind
            self.prefix = prefix
            self.share = share
            self.isOnCandidate = isOnCandidate
        }
    }

    /// What went on at one side of one split.
    package struct Traffic: Sendable, Equatable {
        /// Exchanges that ended there, and those of them that failed. What was chosen for it and
        /// had to go elsewhere is among both.
        package var ended = 0
        package var failed = 0
        /// Those that got an answer of a target, or a connection where there are no requests; and
        /// those that got none. Where a client went away meanwhile nobody knows.
        package var answered = 0
        package var unanswered = 0
        /// Those whose client has left when it had waited for too long: they have not failed.
        package var givenUp = 0
        /// Those that have waited for their answer for more than ten seconds.
        package var overdue = 0
        /// Those that were said in full and wait for their answer: all, for more than a second,
        /// and for too long.
        package var waiting = 0
        package var slow = 0
        package var hanging = 0

        package init(
            ended: Int = 0, failed: Int = 0, answered: Int = 0, unanswered: Int = 0,
            overdue: Int = 0
        ) {
            self.ended = ended
            self.failed = failed
            self.answered = answered
            self.unanswered = unanswered
            self.overdue = overdue
        }

        mutating func merge(_ other: Traffic) {
            ended += other.ended
            failed += other.failed
            answered += other.answered
            unanswered += other.unanswered
            givenUp += other.givenUp
            overdue += other.overdue
            waiting += other.waiting
            slow += other.slow
            hanging += other.hanging
        }
    }

    /// Both sides of a split.
    package struct Both: Sendable, Equatable {
        /// Each for itself.
        package var stable: Traffic
        package var candidate: Traffic

        package init(stable: Traffic = Traffic(), candidate: Traffic = Traffic()) {
            self.stable = stable
            self.candidate = candidate
        }
    }

    /// One side of all splits together.
    package struct Side: Sendable {
        /// Exchanges that ended there, those of them that failed, and those that have waited for
        /// their answer for more than ten seconds.
        package var sum = SideWindow.Sum()
        package var overdue = 0
        /// Those whose client has left when it had waited for too long, and those that do so now.
        package var givenUp = 0
        package var hanging = 0
        /// How long its answers took, without the time of the service behind where that is told.
        package var times = LatencyHistogram()

        package init() {}

        mutating func add(_ traffic: Traffic) {
            sum.ended += traffic.ended
            sum.failed += traffic.failed
            overdue += traffic.overdue
            givenUp += traffic.givenUp
            hanging += traffic.hanging
        }

        mutating func remove(_ traffic: Traffic) {
            sum.ended -= traffic.ended
            sum.failed -= traffic.failed
            overdue -= traffic.overdue
            givenUp -= traffic.givenUp
            hanging -= traffic.hanging
        }

        mutating func merge(_ other: Side) {
            sum.ended += other.sum.ended
            sum.failed += other.sum.failed
            overdue += other.overdue
            givenUp += other.givenUp
            hanging += other.hanging
            times.merge(other.times)
        }
    }

    /// The prefixes that exchanges had, in the order in which they first came.
    package var prefixes: [String] = []
    package var rows: [Row] = []
    package var sticky: [StickyRow] = []
    /// Errors of sticky clients that found no room.
    package var lostSticky = 0
    package var stable = Side()
    package var candidate = Side()
    /// How long stable's answers took, with the time of the service behind.
    package var wholeTimes = LatencyHistogram()
    /// The same for each split, by its name.
    package var splits: [String: Both] = [:]
    /// How many exchanges the candidate has ended of those that a split itself has sent there,
    /// neither pinned nor come from elsewhere, by the share that they were routed by.
    package var served: [Double: Int] = [:]

    /// Nothing.
    package init() {}

    /// Takes in what went on at a split.
    package mutating func add(_ both: Both, of split: String) {
        stable.add(both.stable)
        candidate.add(both.candidate)
        splits[split, default: Both()].stable.merge(both.stable)
        splits[split, default: Both()].candidate.merge(both.candidate)
    }

    /// Leaves out what became of the candidate of a split, beside its errors that compare.
    package mutating func leaveOutCandidate(of split: String) {
        guard let both = splits[split] else { return }
        candidate.remove(both.candidate)
        splits[split]?.candidate = Traffic()
    }

    /// The same of its stable side.
    package mutating func leaveOutStable(of split: String) {
        guard let both = splits[split] else { return }
        stable.remove(both.stable)
        splits[split]?.stable = Traffic()
    }

    /// Takes in what another worker has.
    package mutating func merge(_ other: EvidenceReport) {
        for prefix in other.prefixes where !prefixes.contains(prefix) { prefixes.append(prefix) }
        rows += other.rows
        sticky += other.sticky
        lostSticky += other.lostSticky
        stable.merge(other.stable)
        candidate.merge(other.candidate)
        wholeTimes.merge(other.wholeTimes)
        for (name, both) in other.splits {
            splits[name, default: Both()].stable.merge(both.stable)
            splits[name, default: Both()].candidate.merge(both.candidate)
        }
        served.merge(other.served) { $0 + $1 }
    }
}

/// A split whose exchanges are looked at, and which of its members are compared.
package struct TrackedSplit: Sendable, Hashable {
    /// Names of the split and of its two upstreams.
    package let split: String
    package let stable: String
    package let candidate: String

    package init(split: String, stable: String, candidate: String) {
        self.split = split
        self.stable = stable
        self.candidate = candidate
    }
}

/// The same by ids.
struct TrackedLanes: Sendable {
    let name: String
    let split: Int
    let stable: Int
    let candidate: Int
}
