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
        lastLook = nil
        unusableSince = nil
        guards = []
        blockers = []
        alarm = nil
        lostSticky = 0
        growth = []
    }

    /// Takes in what there is to see and does what follows from it.
    package func look() async {
        guard !isLooking, let before = course, !before.phase.isOver else { return }
        isLooking = true
        defer { isLooking = false }
        let report = await plane.evidence(marks.marks)
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
            let percent = Rounding.round(share * 100, decimals: 2)
            let reason = now.reason.isEmpty ? "" : " (\(now.reason))"
            return "the \(now.source.rawValue) has set \(name) to \(percent) % of "
                + "\(split.candidate ?? "?")\(reason)"
        }
        return nil
    }

    private func pauseIfChanged(_ standing: String) {
        guard let course, course.phase == .running || course.phase == .awaiting else { return }
        pause(standing)
    }

    private func takeIn(_ report: EvidenceReport, _ now: Instant, isInEffect: Bool) {
        guard let course else { return }
        let seconds = Double(now.nanoseconds) / 1e9
        stableWindow.take(report.stable.sum, report.stable.times, nowSeconds: seconds)
        candidateWindow.take(report.candidate.sum, report.candidate.times, nowSeconds: seconds)
        stableOverdue = report.stable.overdue
        lostSticky += report.lostSticky
        marks.take(report.stable.times, nowSeconds: seconds)
        var held = 0
        if let lastLook {
            // A process that was stopped has held nothing meanwhile.
            let elapsed = min(Int(now.since(lastLook) / 1_000_000), 5_000)
            let isCounting = course.phase == .running || course.phase == .awaiting
            let areUsable = usable(course, \.candidate) && usable(course, \.stable)
            if isCounting, isInEffect, areUsable { held = elapsed }
        }
        lastLook = now
        if usable(course, \.candidate) {
            unusableSince = nil
        } else if unusableSince == nil {
            unusableSince = seconds
        }
        note(course.entry(of: report, heldMilliseconds: held, marks.marks))
        if let value = self.course?.reverse.process.logValue { growth.append((seconds, value)) }
        if growth.count > 300 { growth.removeFirst(growth.count - 300) }
    }

    /// Whether each of its splits has a usable target on one side.
    private func usable(_ course: RolloutCourse, _ side: KeyPath<TrackedSplit, String>) -> Bool {
        let usable = plane.usableUpstreams
        return sides(course).allSatisfy { usable.contains($0[keyPath: side]) }
    }

    func sides(_ course: RolloutCourse) -> [TrackedSplit] {
        course.plan.splits.compactMap { name in
            splits.first { $0.name == name }.flatMap { split in
                split.candidate.map {
                    TrackedSplit(split: name, stable: split.stable, candidate: $0)
                }
            }
        }
    }

    // What follows.

    private func judge(_ now: Instant) async {
        while let course, !course.phase.isOver, let breach = course.judge.breach {
            let action = course.plan.action(on: breach.kind)
            let text = course.text(of: breach, sides(course).first)
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
        let limits = course.guardsNow
        guards = limits.standings(
            candidateWindow, sight(course), unusableSince: unusableSince, nowSeconds: seconds)
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

    private func sight(_ course: RolloutCourse) -> AbsoluteGuards.Sight {
        // The split whose candidate has the fewest usable targets is the one that counts.
        let standings = plane.standings
        let sights = sides(course).map { side in
            let targets = standings.filter { $0.target.upstream == side.candidate }
            return AbsoluteGuards.Sight(
                targets: targets.count,
                usable: targets.count { $0.standing.rank.isUsable })
        }
        return sights.min { $0.usable < $1.usable } ?? .init(targets: 0, usable: 0)
    }

    /// Goes back, unless the stable side is in a worse way: then it is paused and somebody has to
    /// look. Whether it goes back.
    private func goBackUnlessWorse(
        _ reason: String, _ now: Instant, _ facts: [JSONValue.Member]
    ) async -> Bool {
        guard let course, !course.phase.isOver else { return true }
        let seconds = Double(now.nanoseconds) / 1e9
        let objection = StableHealth.objection(
            hasUsableTarget: usable(course, \.stable),
            stableWindow.sum(ofLast: StableHealth.seconds, nowSeconds: seconds),
            overdue: stableOverdue)
        if let objection {
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
        await goBack()
        await writeDown(
            "rollout_rollback", from: .string(course.phase.word), to: .string("rolled_back"),
            reason: String(reason.prefix(1_000)), facts: facts)
        return true
    }

    private func moveOn(_ course: RolloutCourse, _ set: [SplitWeights]) async {
        blockers = course.blockers(guards)
        guard course.phase == .running || course.phase == .awaiting, !isMoving, blockers.isEmpty
        else { return }
        let step = course.plan.steps[course.step]
        if step.needsApproval, !course.isApproved {
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
