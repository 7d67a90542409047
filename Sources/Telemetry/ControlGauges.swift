/// What the control plane contributes to the metrics: filled anew for each scrape.
package struct ControlGauges: Sendable {
    /// One member of a split: its share of the set and of the effective weights, 0 to 1.
    package struct Share: Sendable {
        /// The split's name.
        package let split: String
        /// The member's name.
        package let upstream: String
        /// Its part of what was asked for.
        package let setRatio: Double
        /// Its part after health and drain.
        package let effectiveRatio: Double

        /// A member's shares, each 0 to 1.
        package init(split: String, upstream: String, setRatio: Double, effectiveRatio: Double) {
            self.split = split
            self.upstream = upstream
            self.setRatio = setRatio
            self.effectiveRatio = effectiveRatio
        }
    }

    /// One address of a target and whether it is drained.
    package struct TargetDrain: Sendable {
        /// The upstream's name.
        package let upstream: String
        /// The target's address, as it is resolved.
        package let target: String
        /// Whether it gets nothing new.
        package let isDrained: Bool

        /// A target's state.
        package init(upstream: String, target: String, isDrained: Bool) {
            self.upstream = upstream
            self.target = target
            self.isDrained = isDrained
        }
    }

    /// The oldest exchange of an upstream.
    package struct OldestInflight: Sendable {
        /// The upstream's name.
        package let upstream: String
        /// How long the oldest request and the oldest tunnel have run; 0 when there is none.
        package let requestSeconds: Double
        package let tunnelSeconds: Double

        /// An upstream's oldest exchanges.
        package init(upstream: String, requestSeconds: Double, tunnelSeconds: Double) {
            self.upstream = upstream
            self.requestSeconds = requestSeconds
            self.tunnelSeconds = tunnelSeconds
        }
    }

    /// How many weight changes of one split, from one source, ended with one result.
    package struct WeightChanges: Sendable {
        /// The split's name.
        package let split: String
        /// Where the changes came from: file, socket, api, rollout.
        package let source: String
        /// How they ended: done, refused…
        package let result: String
        /// How many there were since the start.
        package let count: Int

        /// A count of weight changes.
        package init(split: String, source: String, result: String, count: Int) {
            self.split = split
            self.source = source
            self.result = result
            self.count = count
        }
    }

    /// The process as the kernel sees it.
    package struct Process: Sendable {
        /// Open file descriptors.
        package var openFDs = 0
        /// The most file descriptors the process may open.
        package var maximumFDs = 0
        /// Memory in RAM, in bytes.
        package var residentBytes = 0
        /// Address space, in bytes.
        package var virtualBytes = 0
        /// User and system CPU time since the start.
        package var cpuSeconds = 0.0
        /// The start, in seconds since 1970.
        package var startedAtSeconds = 0.0

        /// All zeros, to be filled.
        package init() {}
    }

    /// A certificate in use.
    package struct Certificate: Sendable {
        /// `listener` or `upstream`, and its name; the certificate's file.
        package let side: String
        package let owner: String
        package let path: String
        /// Until it expires; below 0 when it has.
        package let secondsLeft: Double

        package init(side: String, owner: String, path: String, secondsLeft: Double) {
            self.side = side
            self.owner = owner
            self.path = path
            self.secondsLeft = secondsLeft
        }
    }

    /// The certificates in use, and how often changed files were read.
    package var certificates: [Certificate] = []
    package var certificateReloads = 0
    package var failedCertificateReloads = 0
    /// Every member of every split.
    package var shares: [Share] = []
    /// Every target of every upstream.
    package var health = HealthGauges()
    /// Every address of every target, and whether it is drained.
    package var drains: [TargetDrain] = []
    /// What is known of every upstream that is a Kong.
    package var kongs: [KongStanding] = []
    /// How long the oldest exchange of every upstream has run.
    package var oldestInflight: [OldestInflight] = []
    /// What the tripwires tell.
    package var tripwire = TripwireGauges()
    /// Every step of the upgrades that are under way.
    package var upgradeSteps: [UpgradeStep] = []
    /// What was counted of them.
    package var upgradeRequests: [UpgradeRequests] = []
    /// How the rollout stands; nil while there has been none.
    package var rollout: Rollout?
    /// The weight changes so far.
    package var weightChanges: [WeightChanges] = []
    /// The number of the last change of set weights.
    package var generation: UInt64 = 0
    /// Whether the weight file could be read and was valid; nil when there is none.
    package var isWeightsFileValid: Bool?
    /// Whether the weights in force are other than the file's; nil when there is none.
    package var isWeightsFileDrifted: Bool?
    /// Whether the last reading of sluice.yaml was taken over.
    package var wasLastReloadSuccessful = true
    /// Lines of the access log that were written, that found no room, and writes that failed.
    package var accessLogLines = 0
    package var droppedLogLines = 0
    package var accessLogErrors = 0
    /// The splits that have guards or are frozen, and the ids of listeners with a guard.
    package var freezes: [Freeze] = []
    package var guardedListeners: Set<Int> = []
    /// The members of splits that are kept at weight 0.
    package var latches: [(split: String, upstream: String)] = []
    /// Entries of the audit that were dropped, and that wait to be written.
    package var auditLost = 0
    package var auditWaiting = 0
    /// Changes refused for want of a right token.
    package var refusedTokens = 0
    /// What was pushed over StatsD; nil where nobody is told.
    package var statsD: StatsDCounts?
    /// What became of spans; nil where nobody is told of traces.
    package var traces: TraceCounts?
    /// The program's version.
    package var version = ""
    /// The process's resources.
    package var process = Process()

    /// Empty gauges, to be filled.
    package init() {}
}
