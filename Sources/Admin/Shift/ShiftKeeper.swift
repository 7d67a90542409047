internal import Kernel
package import Logging
internal import Proxy
internal import Settings
internal import Splitting

/// Lets long-lived connections follow the weights: closes those that the weights of the moment
/// would not keep where they are, oldest first, a few at a time.
///
/// Each step plans anew by what lives then and by the weights of then, so that a change in the
/// middle counts at once and nothing is closed for a state that is no more. What a shift may close
/// is older than the age that was asked for at the moment when it began: who has come back is never
/// closed again by it.
package actor ShiftKeeper {
    /// Between two steps, at most so long and at least so long.
    private static let longestStep = 1_000
    private static let shortestStep = 100

    private let weights: WeightKeeper
    private let plane: any Plane
    private let logger: Logger
    private let audit: AuditTrail?

    /// The last shift of each split, in the order in which they began.
    package private(set) var reports: [ShiftReport] = []
    private var tasks: [String: Task<Void, Never>] = [:]
    /// Counts the shifts of each split: an older one that still waits for its next step ends.
    private var numbers: [String: Int] = [:]

    package init(
        weights: WeightKeeper, plane: any Plane, logger: Logger, audit: AuditTrail? = nil
    ) {
        self.weights = weights
        self.plane = plane
        self.logger = logger
        self.audit = audit
    }

    /// Begins a shift and takes its first step; one of the same split that still runs ends.
    package func begin(_ request: ShiftRequest) async throws(ShiftFault) -> [ShiftReport] {
        let known = await weights.report().splits.map(\.settings.name)
        var names = known
        if let split = request.split {
            guard known.contains(split) else { throw .unknownSplit(split, known: known) }
            names = [split]
        }
        var begun: [ShiftReport] = []
        for name in names { begun.append(await begin(name, request)) }
        return begun
    }

    private func begin(_ name: String, _ request: ShiftRequest) async -> ShiftReport {
        let number = (numbers[name] ?? 0) + 1
        numbers[name] = number
        tasks[name]?.cancel()
        let report = ShiftReport(
            split: name, maxAgeMilliseconds: request.maxAgeMilliseconds,
            overMilliseconds: request.overMilliseconds,
            beganMilliseconds: WallClock.nanoseconds() / 1_000_000, reason: request.reason,
            members: [])
        let before = reports.first { $0.split == name && $0.isRunning }
        reports.removeAll { $0.split == name }
        reports.append(report)
        if var before {
            before.isRunning = false
            before.end = "another shift takes its place"
            await note("shift_end", before)
        }
        let steps = Self.steps(overMilliseconds: request.overMilliseconds)
        let began = Instant.now()
        await step(name, number, began, isFirst: true, stepsLeft: steps)
        let first = reports.first { $0.split == name } ?? report
        await note("shift", first)
        if numbers[name] == number, first.isRunning {
            tasks[name] = Task {
                await goOn(name, number, began, steps: steps, over: request.overMilliseconds)
            }
        } else if !first.isRunning {
            await note("shift_end", first)
        }
        return first
    }

    /// Puts the begin or the end of a shift into the audit, with its numbers.
    private func note(_ event: String, _ report: ShiftReport) async {
        let counts = JSONValue.object([
            "closed": .number(report.closedCount), "to_close": .number(report.plannedCount),
            "live": .number(report.members.reduce(0) { $0 + $1.live }),
        ])
        await audit?.append(
            AuditEvent(
                event, split: report.split, to: counts, reason: report.reason,
                facts: [.init(name: "shift", value: report.json)]))
    }

    static func steps(overMilliseconds over: Int) -> Int {
        let step = min(longestStep, max(shortestStep, over / 10))
        return max(1, over / step)
    }

    private func goOn(
        _ name: String, _ number: Int, _ began: Instant, steps: Int, over: Int
    ) async {
        let pause = UInt64(max(over / steps, 1)) * 1_000_000
        for left in stride(from: steps - 1, through: 1, by: -1) {
            try? await Task.sleep(nanoseconds: pause)
            guard numbers[name] == number, !Task.isCancelled else { return }
            await step(name, number, began, isFirst: false, stepsLeft: left)
            guard numbers[name] == number,
                let report = reports.first(where: { $0.split == name })
            else { return }
            if !report.isRunning { return await note("shift_end", report) }
        }
    }

    /// Closes the part of what is to be closed that falls to this step.
    private func step(
        _ name: String, _ number: Int, _ began: Instant, isFirst: Bool, stepsLeft: Int
    ) async {
        let report = await weights.report()
        guard let split = report.splits.first(where: { $0.settings.name == name }) else {
            return end(name, number, because: "the settings do not have the split any more")
        }
        let effective = split.effectiveWeights(plane.usableUpstreams)
        let roster = await plane.roster(ofSplit: name)
        guard numbers[name] == number,
            let index = reports.firstIndex(where: { $0.split == name })
        else { return }
        let age = UInt64(reports[index].maxAgeMilliseconds) * 1_000_000 + Instant.now().since(began)
        let picked = Self.picked(
            roster.entries, olderThan: age, members: split.settings.members, weights: effective)
        if isFirst {
            reports[index].members = picked.members
            tellOfBegin(reports[index])
        } else {
            for (member, now) in zip(reports[index].members.indices, picked.members) {
                reports[index].members[member].live = now.live
                reports[index].members[member].old = now.old
            }
        }
        let count = (picked.entries.count + stepsLeft - 1) / stepsLeft
        let batch = Array(picked.entries.prefix(count))
        if !batch.isEmpty { _ = await plane.shiftAway(batch) }
        note(batch, name, number)
        if stepsLeft == 1 || batch.isEmpty { end(name, number, because: nil) }
    }

    private func tellOfBegin(_ report: ShiftReport) {
        logger.notice(
            """
            split \(report.split): shift of connections older than \
            \(report.maxAgeMilliseconds / 1_000) s, \(report.plannedCount) to be closed over \
            \(report.overMilliseconds / 1_000) s
            """)
    }

    private func note(_ batch: [Roster.Entry], _ name: String, _ number: Int) {
        guard numbers[name] == number,
            let index = reports.firstIndex(where: { $0.split == name })
        else { return }
        for (member, found) in reports[index].members.enumerated() {
            let count = batch.count { $0.upstream == found.upstream }
            reports[index].members[member].closed += count
        }
    }

    private func end(_ name: String, _ number: Int, because reason: String?) {
        guard numbers[name] == number,
            let index = reports.firstIndex(where: { $0.split == name })
        else { return }
        reports[index].isRunning = false
        reports[index].end = reason
        tasks[name] = nil
        let report = reports[index]
        logger.notice(
            """
            split \(name): the shift is over, \(report.closedCount) connections were closed of \
            \(report.plannedCount) that were to be\(reason.map { "; \($0)" } ?? "")
            """)
    }

    /// What is to be closed by what lives now, oldest first, and what each member has.
    static func picked(
        _ entries: [Roster.Entry], olderThan age: UInt64, members: [String], weights: [Weight]
    ) -> (entries: [Roster.Entry], members: [ShiftReport.Member]) {
        let isOld = { (entry: Roster.Entry) in entry.ageNanoseconds >= age }
        let free = Dictionary(grouping: entries.filter { $0.bond == .free }, by: \.upstream)
        let plan = ShiftPlan.closings(
            zip(members, weights).map { name, weight in
                let found = free[name] ?? []
                return ShiftPlan.Member(
                    weight: Int(weight.hundredths), live: found.count,
                    old: found.count(where: isOld))
            })
        // What its key sends elsewhere goes whatever the numbers are; so does what is left at an
        // upstream that the split has no more.
        var picked = entries.filter { entry in
            isOld(entry)
                && (entry.bond == .away
                    || entry.bond == .free && !members.contains(entry.upstream))
        }
        for (name, count) in zip(members, plan) {
            let old = (free[name] ?? []).filter(isOld)
            picked += old.sorted { $0.ageNanoseconds > $1.ageNanoseconds }.prefix(count)
        }
        picked.sort { $0.ageNanoseconds > $1.ageNanoseconds }
        let found = members.map { name in
            ShiftReport.Member(
                upstream: name, live: entries.count { $0.upstream == name },
                old: entries.count { $0.upstream == name && isOld($0) },
                planned: picked.count { $0.upstream == name })
        }
        return (picked, found)
    }
}
