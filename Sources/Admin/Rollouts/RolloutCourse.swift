package import Judging
package import Proxy
package import Settings
internal import Splitting

/// How far a rollout is: what its journal's entries come to. Pure: the same entries, in a running
/// process or read back after a crash, make the same course.
package struct RolloutCourse: Sendable {
    /// What it does.
    package enum Phase: Sendable, Equatable {
        case running
        /// The step is over but for a person's word.
        case awaiting
        case paused(String)
        /// All goes, or has gone, back to the stable side.
        case rolledBack(String)
        case aborted(String)
        case completed

        /// Whether it is over.
        package var isOver: Bool {
            switch self {
            case .running, .awaiting, .paused: false
            case .rolledBack, .aborted, .completed: true
            }
        }

        /// As the control API names it.
        package var word: String {
            switch self {
            case .running: "running"
            case .awaiting: "awaiting_approval"
            case .paused: "paused"
            case .rolledBack: "rolled_back"
            case .aborted: "aborted"
            case .completed: "completed"
            }
        }

        /// Why, where there is a reason.
        package var reason: String {
            switch self {
            case .running, .awaiting, .completed: ""
            case .paused(let reason), .rolledBack(let reason), .aborted(let reason): reason
            }
        }
    }

    /// The plan, the name of its file and its text.
    package let plan: RolloutPlan
    package let file: String
    package private(set) var phase = Phase.running
    /// The step that it is at, from 0 on, and the milliseconds for which its share was in effect.
    package private(set) var step = 0
    package private(set) var heldMilliseconds = 0
    /// Exchanges that the candidate has ended at this step.
    package private(set) var served = 0
    package private(set) var isApproved = false
    /// Whether going back is decided, and whether that is in force.
    package private(set) var isGoingBack = false
    /// The judge, and the test the other way round.
    package internal(set) var judge: ErrorJudge
    package private(set) var reverse: ReverseTest
    package private(set) var slots = PrefixSlots()
    /// What both sides have come to since the start.
    package private(set) var stable = SideWindow.Sum()
    package private(set) var candidate = SideWindow.Sum()
    /// The last marks of lateness.
    package private(set) var marks: LatencyMarks.Marks?
    /// What happened, without the evidence: how it began, and the last of what came then.
    package private(set) var events: [RolloutEntry] = []
    private static let mostEvents = 500

    /// A course at its beginning.
    package init(_ plan: RolloutPlan, file: String) {
        self.plan = plan
        self.file = file
        judge = ErrorJudge(alpha: plan.alpha)
        reverse = ReverseTest(
            ratio: plan.requirement.atMostWorse ?? 2, alpha: plan.requirement.alpha)
    }

    /// The weight of the candidate, of 100, that is the most at this moment.
    package var ceilingHundredths: UInt32 {
        isGoingBack ? 0 : plan.steps[step].weight.hundredths
    }

    /// Takes in what happened.
    package mutating func take(_ entry: RolloutEntry) {
        if entry.kind != .evidence, entry.kind != .sum { events.append(entry) }
        if events.count > Self.mostEvents { events.remove(at: 1) }
        let reason = entry["reason"]?.text ?? ""
        switch entry.kind {
        case .start:
            break
        case .step:
            guard let next = entry["step"]?.int, plan.steps.indices.contains(next) else { return }
            if next != step {
                step = next
                heldMilliseconds = 0
                served = 0
                isApproved = false
            }
            phase = .running
        case .evidence:
            takeEvidence(entry)
        case .sum:
            takeSum(entry)
        case .breach:
            if let kind = entry["class"]?.text.flatMap(JudgedClass.init(label:)) {
                judge.settle(kind)
            }
        case .pause:
            phase = .paused(reason)
            // It was given for what was seen before.
            isApproved = false
        case .resume:
            phase = .running
        case .approve:
            guard (entry["step"]?.int ?? step) == step else { return }
            isApproved = true
            phase = .running
        case .rollback:
            phase = .rolledBack(reason)
            isGoingBack = true
        case .abort:
            phase = .aborted(reason)
            isGoingBack = true
        case .back:
            isGoingBack = false
        case .complete:
            phase = .completed
        }
    }

    /// It had gone back, and the weights of that are not those that were kept.
    package mutating func goBackAgain() { isGoingBack = phase.isOver }

    /// The step waits for nothing but a person's word.
    package mutating func waitForWord() {
        if phase == .running { phase = .awaiting }
    }

    private mutating func takeEvidence(_ entry: RolloutEntry) {
        heldMilliseconds += entry["held"]?.int ?? 0
        for name in entry["prefixes"]?.elements ?? [] {
            if let name = name.text { _ = slots.slot(of: name) }
        }
        for starts in entry["starts"]?.elements ?? [] { takeStarts(starts.elements ?? []) }
        for row in entry["rows"]?.elements ?? [] { takeRow(row.elements ?? []) }
        for key in entry["keys"]?.elements ?? [] {
            guard let parts = key.elements, parts.count == 2,
                let kind = parts[0].text.flatMap(JudgedClass.init(label:))
            else { continue }
            for hash in Self.keys(parts[1].text ?? "") { judge.remember(hash, kind) }
        }
        if let sum = Self.sum(entry["stable"]) {
            stable.ended += sum.ended
            stable.failed += sum.failed
        }
        if let sum = Self.sum(entry["candidate"]) {
            candidate.ended += sum.ended
            candidate.failed += sum.failed
            // Journals of earlier versions have no number of their own for this.
            served += entry["served"]?.int ?? sum.ended
        }
        takeMarks(entry)
    }

    /// What was taken in before comes by entries of its own; this says how it stands.
    private mutating func takeSum(_ entry: RolloutEntry) {
        guard let step = entry["step"]?.int, plan.steps.indices.contains(step),
            let phase = Phase(word: entry["state"]?.text, reason: entry["reason"]?.text ?? "")
        else { return }
        self.step = step
        self.phase = phase
        heldMilliseconds = entry["held"]?.int ?? 0
        served = entry["served"]?.int ?? 0
        isApproved = entry["approved"]?.bool == true
        isGoingBack = entry["going_back"]?.bool == true
        for label in entry["told"]?.elements ?? [] {
            if let kind = label.text.flatMap(JudgedClass.init(label:)) { judge.settle(kind) }
        }
        stable = Self.sum(entry["stable"]) ?? stable
        candidate = Self.sum(entry["candidate"]) ?? candidate
        takeMarks(entry)
    }

    private mutating func takeMarks(_ entry: RolloutEntry) {
        let marks = (entry["marks"]?.elements ?? []).compactMap(\.int)
        guard marks.count == 2 else { return }
        self.marks = .init(
            stable: UInt64(max(0, marks[0])), candidate: UInt64(max(0, marks[1])))
    }

    private mutating func takeRow(_ parts: [JSONValue]) {
        guard parts.count == 5 || parts.count == 6,
            let kind = parts[0].text.flatMap(JudgedClass.init(label:)),
            let prefix = parts[1].int, let share = parts[2].double,
            let candidate = parts[3].int, let stable = parts[4].int
        else { return }
        // A sum is of one process and of one of its starts.
        if parts.count == 6, let start = parts[5].int {
            judge.put(
                kind, prefix: prefix < 0 ? nil : prefix,
                Likelihood.Tally(share: share, candidate: candidate, stable: stable),
                start: start < 0 ? nil : start)
            if kind == .errors, prefix < 0, start <= 0 {
                reverse.take(share: share, candidate: candidate, stable: stable)
            }
            return
        }
        judge.take(
            Evidence(
                kind, prefix: prefix < 0 ? nil : prefix, share: share, candidate: candidate,
                stable: stable))
        if kind == .errors {
            reverse.take(share: share, candidate: candidate, stable: stable)
        }
    }

    private static func sum(_ value: JSONValue?) -> SideWindow.Sum? {
        let numbers = (value?.elements ?? []).compactMap(\.int)
        return numbers.count == 2 ? .init(ended: numbers[0], failed: numbers[1]) : nil
    }

    /// The entry of what the data plane has told: what counts of it, in the slots and keys that
    /// there are by now. It changes nothing until it is taken. `isCounting`: whether the step
    /// went on all the while.
    package func entry(
        of report: EvidenceReport, heldMilliseconds held: Int, _ marks: LatencyMarks.Marks?,
        isCounting: Bool = true
    ) -> RolloutEntry {
        var slots = slots
        var names: [JSONValue] = []
        for name in report.prefixes {
            let count = slots.names.count
            if slots.slot(of: name) == count, slots.names.count > count {
                names.append(.string(name))
            }
        }
        var rows = report.rows.map { row in
            Self.row(
                row.kind, row.prefix.flatMap { slots.slot(of: $0) }, row.share, row.candidate,
                row.stable)
        }
        var keys: [JSONValue] = []
        var seen: [JudgedClass: Set<UInt64>] = [:]
        for row in report.sticky {
            let prefix = row.prefix.flatMap { slots.slot(of: $0) }
            let error = StickyError(
                key: row.key, row.kind, prefix: prefix, share: row.share,
                isOnCandidate: row.isOnCandidate)
            guard judge.isNew(error), seen[row.kind, default: []].insert(row.key).inserted
            else { continue }
            keys.append(Self.json(row.kind, [row.key]))
            rows.append(
                Self.row(
                    row.kind, prefix, row.share, row.isOnCandidate ? 1 : 0,
                    row.isOnCandidate ? 0 : 1))
        }
        var members: [JSONValue.Member] = [.init(name: "held", value: .number(held))]
        if !names.isEmpty { members.append(.init(name: "prefixes", value: .array(names))) }
        if !rows.isEmpty { members.append(.init(name: "rows", value: .array(rows))) }
        if !keys.isEmpty { members.append(.init(name: "keys", value: .array(keys))) }
        members.append(.init(name: "stable", value: Self.json(report.stable.sum)))
        members.append(.init(name: "candidate", value: Self.json(report.candidate.sum)))
        members.append(
            .init(name: "served", value: .number(isCounting ? servedHere(report) : 0)))
        if let marks { members.append(.init(name: "marks", value: Self.json(marks))) }
        return RolloutEntry(.evidence, members)
    }

    /// How many exchanges the candidate has ended that were sent there by the step's share.
    private func servedHere(_ report: EvidenceReport) -> Int {
        report.served.reduce(0) { sum, row in
            (row.key - share).magnitude < 1e-9 ? sum + row.value : sum
        }
    }

    static func row(
        _ kind: JudgedClass, _ prefix: Int?, _ share: Double, _ candidate: Int, _ stable: Int
    ) -> JSONValue {
        .array([
            .string(kind.label), .number(prefix ?? -1), .number(share), .number(candidate),
            .number(stable),
        ])
    }

    static func json(_ marks: LatencyMarks.Marks) -> JSONValue {
        .array([.number(marks.stable), .number(marks.candidate)])
    }

    static func json(_ sum: SideWindow.Sum) -> JSONValue {
        .array([.number(sum.ended), .number(sum.failed)])
    }
}
