package import Judging
package import Splitting

/// What a rollout does, step by step, and what ends it: a plan file, read and checked.
package struct RolloutPlan: Sendable, Equatable {
    /// One share of the candidate and what must hold before the next.
    package struct Step: Sendable, Equatable {
        /// The candidate's weight of 100, above that of the step before.
        package let weight: Weight
        /// For how long the share must have been in effect.
        package let holdMilliseconds: Int
        /// How many exchanges the candidate must have ended at this step.
        package let minRequests: Int
        /// Whether a person must say that it may go on.
        package let needsApproval: Bool

        package init(
            weight: Weight, holdMilliseconds: Int, minRequests: Int = 0,
            needsApproval: Bool = false
        ) {
            self.weight = weight
            self.holdMilliseconds = holdMilliseconds
            self.minRequests = minRequests
            self.needsApproval = needsApproval
        }
    }

    /// How sure one must be before a step ends; nil where nothing is asked.
    package struct Requirement: Sendable, Equatable {
        /// The upper 99 % bound of the candidate's error share must be below this.
        package var errorShareBelow: Double?
        /// That it is so many times worse, or more, must be refuted, with this chance of an error.
        package var atMostWorse: Double?
        package var alpha: Double

        package init(
            errorShareBelow: Double? = nil, atMostWorse: Double? = nil, alpha: Double = 0.05
        ) {
            self.errorShareBelow = errorShareBelow
            self.atMostWorse = atMostWorse
            self.alpha = alpha
        }
    }

    /// The splits that are moved together; at least one.
    package var splits: [String]
    /// By growing weight; at least one.
    package var steps: [Step]
    /// The chance of a false alarm of the judge.
    package var alpha: Double
    /// How much slower the candidate may be.
    package var allowance: LatencyMarks.Allowance
    package var guards: AbsoluteGuards
    /// What a breach leads to, for classes that have another action than usual.
    package var actions: [JudgedClass: BreachAction]
    package var requirement: Requirement
    /// The steps of an upgrade's list that must be done before it starts.
    package var checklist: [String]
    /// Sent to both sides before it starts.
    package var smoke: [SmokeRequest]

    /// A plan of parts that fit together; what is not said has its preset.
    package init(
        splits: [String], steps: [Step], alpha: Double = 0.001,
        allowance: LatencyMarks.Allowance = .init(), guards: AbsoluteGuards = .init(),
        actions: [JudgedClass: BreachAction] = [:], requirement: Requirement = .init(),
        checklist: [String] = [], smoke: [SmokeRequest] = []
    ) {
        self.splits = splits
        self.steps = steps
        self.alpha = alpha
        self.allowance = allowance
        self.guards = guards
        self.actions = actions
        self.requirement = requirement
        self.checklist = checklist
        self.smoke = smoke
    }

    /// What a breach of a class leads to.
    package func action(on kind: JudgedClass) -> BreachAction {
        actions[kind] ?? kind.defaultAction
    }

    /// Reads a plan; with a snapshot its splits are looked for there. `acknowledgements`: the
    /// steps that a list of an upgrade has; `afterwards`: those that cannot be done before a
    /// rollout starts. None for a plan that has started: it is not refused for what its start did
    /// not mind.
    package static func read(
        _ bytes: [UInt8], file: String, environment: [String: String],
        for snapshot: Snapshot? = nil, acknowledgements: [String], afterwards: [String] = []
    ) throws(SettingsErrors) -> RolloutPlan {
        try readWithWarnings(
            bytes, file: file, environment: environment, for: snapshot,
            acknowledgements: acknowledgements, afterwards: afterwards
        ).plan
    }

    /// The same, and what is allowed but probably not meant.
    package static func readWithWarnings(
        _ bytes: [UInt8], file: String, environment: [String: String],
        for snapshot: Snapshot? = nil, acknowledgements: [String], afterwards: [String] = []
    ) throws(SettingsErrors) -> (plan: RolloutPlan, warnings: [SettingsError]) {
        var document = SettingsDocument(file: file, environment: environment)
        let plan = document.readPlan(
            bytes, for: snapshot, acknowledgements: acknowledgements, afterwards: afterwards)
        guard let plan, document.faults.errors.isEmpty else {
            throw SettingsErrors(document.faults.sorted)
        }
        return (plan, document.faults.warnings)
    }
}
