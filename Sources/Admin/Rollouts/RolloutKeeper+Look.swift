internal import Judging
internal import Kernel
internal import Logging
internal import Proxy
internal import Settings
internal import Splitting
internal import Telemetry

/// The look at the traffic, once a second.
extension RolloutKeeper {
    /// What was seen last time belongs to no rollout of now.
    func forgetTraffic() {
        stableWindow = SideWindow()
        candidateWindow = SideWindow()
        sights = [:]
        lastLook = nil
        firstLook = nil
        candidateHanging = 0
        unusableSince = nil
        guards = []
        blockers = []
        alarm = nil
        lostSticky = 0
        growth = []
    }

    /// Takes in what there is to see and does what follows from it.
    package func look() async {
        guard !isLooking, let before = course else { return }
        isLooking = true
        defer { isLooking = false }
        if before.phase.isOver {
            // Something stood in the way back: it is tried until it is made.
            if before.isGoingBack, !isMoving { await goBack() }
            return
        }
        let report = withoutDrained(
            await plane.evidence(marks.marks, patience: patience.limits), before)
        await obeyOthers()
        let moves = moveCount
        let wasMoving = isMoving
        let set = await weights.current
        guard let course, !course.phase.isOver, course.file == before.file else { return }
        let now = clock()
        // What was set in the middle of a move of ours says nothing.
        let isSettled = !isMoving && !wasMoving && moves == moveCount
        let standing = inEffect(course, set)
        takeIn(report, now, isInEffect: isSettled && standing == nil)
        if isSettled, let standing { pauseIfChanged(standing) }
        if let drained = drainObjection(course) { pauseIfChanged(drained) }
        await judge(now)
        guard let later = self.course, !later.phase.isOver else { return }
        await moveOn(later, set)
    }

    /// What is not as the step wants it: who has changed the weights. nil when all is.
    private func inEffect(_ course: RolloutCourse, _ set: [SplitWeights]) -> String? {
        let wanted = Double(course.plan.steps[course.step].weight.hundredths) / 10_000
        for name in course.plan.splits {
            guard let split = splits.first(where: { $0.name == name }),
                let now = set.first(where: { $0.name == name })
            else { return "there is no split \(name) any more" }
            let share = Self.share(split, now)
            guard (share - wanted).magnitude > 1e-9 else { continue }
            return Self.text(of: now, split)
        }
        return nil
    }

    static func text(of set: SplitWeights, _ split: SplitSettings) -> String {
        let percent = Rounding.round(share(split, set) * 100, decimals: 2)
        let reason = set.reason.isEmpty ? "" : " (\(set.reason))"
        return "the \(set.source.rawValue) has set \(set.name) to \(percent) % of "
            + "\(split.candidate ?? "?")\(reason)"
    }

    /// Somebody else has set weights of one of its splits: it is paused by that, in the same act.
    func pause(for change: SplitWeights) {
        guard let split = splits.first(where: { $0.name == change.name }) else { return }
        pauseIfChanged(Self.text(of: change, split))
    }

    /// Whoever looks at it in the moment between both finds it paused, too.
    func obeyOthers() async {
        if let change = await weights.foreignChange { pause(for: change) }
    }

    /// Weights that the settings have set.
    func obeySettings() async {
        let set = await weights.current
        guard let course, !course.phase.isOver, !isMoving, let standing = inEffect(course, set)
        else { return }
        pauseIfChanged(standing)
    }

    func pauseIfChanged(_ standing: String) {
        guard let course, course.phase == .running || course.phase == .awaiting else { return }
        pause(standing)
    }

    private func takeIn(_ report: EvidenceReport, _ now: Instant, isInEffect: Bool) {
        guard let course else { return }
        let seconds = Double(now.nanoseconds) / 1e9
        firstLook = firstLook ?? seconds
        takeInSides(report, seconds)
        lostSticky += report.lostSticky
        takeInSplits(report, seconds)
        marks.take(report.stable.times, nowSeconds: seconds)
        patience.take(report.wholeTimes, nowSeconds: seconds)
        var held = 0
        // What ended since the last look counts for the step only if it went on all the while.
        let isCounting =
            isInEffect && wasCounting
            && (course.phase == .running || course.phase == .awaiting)
        wasCounting = isInEffect && (course.phase == .running || course.phase == .awaiting)
        if let lastLook {
            // A process that was stopped has held nothing meanwhile.
            let elapsed = min(Int(now.since(lastLook) / 1_000_000), 5_000)
            let areUsable =
                usable(course, \.candidate) && usable(course, \.stable) && !isSilent(seconds)
            if isCounting, areUsable { held = elapsed }
        }
        lastLook = now
        if usable(course, \.candidate) || isDrained(course, \.candidate) {
            unusableSince = nil
        } else if unusableSince == nil {
            unusableSince = seconds
        }
        note(
            course.entry(
                of: report, heldMilliseconds: held, marks.marks, isCounting: isCounting))
        if let value = self.course?.reverse.process.logValue { growth.append((seconds, value)) }
        if growth.count > 300 { growth.removeFirst(growth.count - 300) }
    }

    /// Who waited for too long and left has got nothing: that is a failure in these windows.
    private func takeInSides(_ report: EvidenceReport, _ seconds: Double) {
        let sum = { (side: EvidenceReport.Side) in
            SideWindow.Sum(ended: side.sum.ended, failed: side.sum.failed + side.givenUp)
        }
        stableWindow.take(sum(report.stable), report.stable.times, nowSeconds: seconds)
        candidateWindow.take(sum(report.candidate), report.candidate.times, nowSeconds: seconds)
        stableOverdue = report.stable.overdue
        candidateHanging = report.candidate.hanging
    }

    /// Whether each of its splits has a usable target on one side.
    private func usable(_ course: RolloutCourse, _ side: KeyPath<TrackedSplit, String>) -> Bool {
        let usable = plane.usableUpstreams
        return sides(course).allSatisfy { usable.contains($0[keyPath: side]) }
    }

    /// What each split shows for itself: a split with little traffic must not be lost in the sum.
    private func takeInSplits(_ report: EvidenceReport, _ seconds: Double) {
        for name in course?.plan.splits ?? [] {
            let both = report.splits[name] ?? .init()
            sights[name, default: SplitSight()].take(both, nowSeconds: seconds)
        }
    }

    /// Whether any side of any split gives no answers.
    private func isSilent(_ seconds: Double) -> Bool {
        sights.values.contains {
            $0.candidate.silentSeconds(nowSeconds: seconds) != nil
                || $0.stable.silentSeconds(nowSeconds: seconds) != nil
        }
    }

    func sides(_ course: RolloutCourse) -> [TrackedSplit] { sides(of: course.plan) }

    // What follows.

    private func judge(_ now: Instant) async {
        while let course, !course.phase.isOver, let breach = course.judge.breach {
            let action = course.plan.action(on: breach.kind)
            let text = text(of: breach, course)
            if action == .rollback {
                guard await goBackUnlessWorse(text, now, course.facts(of: breach)) else { break }
                return
            }
            noteBreach(breach, action, text)
            if action == .pause { pause(text) }
        }
        await lookAtGuards(now)
    }

    private func noteBreach(_ breach: ErrorJudge.Breach, _ action: BreachAction, _ text: String) {
        guard let course else { return }
        logger.warning("the rollout \(course.file): \(text)")
        note(
            RolloutEntry(
                .breach,
                course.facts(of: breach) + [
                    .init(name: "action", value: .string(action.rawValue)),
                    .init(name: "text", value: .string(text)),
                ]))
        Task {
            await writeDown(
                "rollout_breach", to: .string(action.rawValue), reason: text,
                facts: course.facts(of: breach))
        }
    }

    private func lookAtGuards(_ now: Instant) async {
        guard let course, !course.phase.isOver else { return }
        let seconds = Double(now.nanoseconds) / 1e9
        guards = standings(course, seconds)
        for (name, standing) in guards {
            guard case .breached(let text) = standing else { continue }
            let reason = "\(name.rawValue): \(text)"
            switch name {
            case .errorShare, .noUsableTarget:
                if await goBackUnlessWorse(reason, now, []) { return }
            case .latency, .minHealthy:
                if course.phase == .running || course.phase == .awaiting { pause(reason) }
            }
        }
    }

    /// How the guards stand, as far as it is known.
    private func standings(
        _ course: RolloutCourse, _ seconds: Double
    ) -> [(name: AbsoluteGuards.Name, standing: AbsoluteGuards.Standing)] {
        course.guardsNow.standings(
            candidateWindow, sight(course, seconds), unusableSince: unusableSince,
            nowSeconds: seconds)
    }

    /// What is told before anybody has looked.
    func showGuards() {
        guard let course, !course.phase.isOver else { return }
        guards = standings(course, Double(clock().nanoseconds) / 1e9)
        blockers = course.blockers(guards)
    }

    private func sight(_ course: RolloutCourse, _ seconds: Double) -> AbsoluteGuards.Sight {
        // The split whose candidate has the fewest usable targets is the one that counts.
        let standings = plane.standings
        let sides = sides(course)
        let found = sides.map { side in
            let targets = standings.filter { $0.target.upstream == side.candidate }
            return AbsoluteGuards.Sight(
                targets: targets.count,
                usable: targets.count { $0.standing.rank.isUsable })
        }
        var sight = found.min { $0.usable < $1.usable } ?? .init(targets: 0, usable: 0)
        sight.isChecked = sides.allSatisfy { checkedUpstreams.contains($0.candidate) }
        sight.reaches = course.plan.splits.map { sights[$0]?.candidate ?? Reach() }
        sight.hanging = candidateHanging
        sight.lookedSeconds = seconds - (firstLook ?? seconds)
        sight.isDrained = isDrained(course, \.candidate)
        return sight
    }

    /// Why nothing must go back to the stable side by itself; nil when it can take everything.
    private func objection(_ course: RolloutCourse, _ seconds: Double) -> String? {
        let hasTarget = usable(course, \.stable)
        let all = StableHealth.objection(
            hasUsableTarget: hasTarget,
            stableWindow.sum(ofLast: StableHealth.seconds, nowSeconds: seconds),
            overdue: stableOverdue)
        if let all { return all }
        for name in course.plan.splits {
            guard let sight = sights[name] else { continue }
            let found = StableHealth.objection(
                hasUsableTarget: hasTarget,
                sight.stableWindow.sum(ofLast: StableHealth.seconds, nowSeconds: seconds),
                overdue: sight.stableOverdue)
            if let found = found ?? sight.stableSilence(seconds) {
                return course.plan.splits.count == 1 ? found : "\(name): \(found)"
            }
        }
        return nil
    }

    /// Goes back, unless the stable side is in a worse way: then it is paused and somebody has to
    /// look. Whether it goes back.
    private func goBackUnlessWorse(
        _ reason: String, _ now: Instant, _ facts: [JSONValue.Member]
    ) async -> Bool {
        guard let course, !course.phase.isOver else { return true }
        let decidedAt = Instant.now()
        let seconds = Double(now.nanoseconds) / 1e9
        if let objection = objection(course, seconds) {
            let text = "\(reason); not rolled back, since \(objection)"
            if alarm == nil { logger.critical("the rollout \(course.file): \(text)") }
            alarm = text
            if case .paused = course.phase { return false }
            pause(text)
            return false
        }
        logger.critical("the rollout \(course.file) is rolled back: \(reason)")
        alarm = nil
        note(
            RolloutEntry(.rollback, [.init(name: "reason", value: .string(reason))] + facts))
        await goBack(decidedAt: decidedAt)
        await writeDown(
            "rollout_rollback", from: .string(course.phase.word), to: .string("rolled_back"),
            reason: String(reason.prefix(1_000)), facts: facts)
        return true
    }

    private func moveOn(_ course: RolloutCourse, _ set: [SplitWeights]) async {
        let unknown = course.blockersToApprove(guards)
        blockers = course.blockers(guards) + waitBlockers(course)
        guard course.phase == .running || course.phase == .awaiting, !isMoving,
            blockers.count == unknown.count
        else { return }
        let step = course.plan.steps[course.step]
        if step.needsApproval || !unknown.isEmpty, !course.isApproved {
            self.course?.waitForWord()
            return
        }
        let next = course.step + 1
        guard course.plan.steps.indices.contains(next) else {
            note(RolloutEntry(.complete))
            logger.notice("the rollout \(course.file) is complete")
            await writeDown("rollout_complete", to: .string("completed"))
            return await end()
        }
        let names = Set(course.plan.splits)
        let generation = set.filter { names.contains($0.name) }.map(\.generation).max()
        // A slow disk must not keep the judge from looking.
        Task { await raise(to: next, expecting: generation) }
    }
}
