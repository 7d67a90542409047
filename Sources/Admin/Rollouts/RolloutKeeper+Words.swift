internal import Kernel
internal import Logging
package import Settings
internal import Splitting

/// Why nothing was done about a rollout.
package enum RolloutFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The plan has faults.
    case plan(SettingsErrors)
    /// Another one, and what it does.
    case running(String, String)
    case none
    case over(String)
    /// What it does instead.
    case notPaused(String)
    case notAwaiting(String)
    case moving
    case latched(String)
    case missing([String])
    case smoke([String])
    case notWritten(String)
    case refused(WeightRefusal)

    /// What is wrong and what was expected, in one line or, for a plan, a line for each fault.
    package var description: String {
        switch self {
        case .plan(let errors): "\(errors)"
        case .running(let file, let state):
            "the rollout \(file) is \(state), and there is one at a time; "
                + "`sluice rollout abort` ends it and sends everything back"
        case .none: "there is no rollout; `sluice rollout start PLAN` begins one"
        case .over(let word): "the rollout is \(word)"
        case .notPaused(let state): "the rollout is not paused, it is \(state)"
        case .notAwaiting(let objection): objection
        case .moving: "the weights are being changed this moment; try again"
        case .latched(let text): text
        case .missing(let steps):
            "the list of the upgrade misses \(steps.joined(separator: ", ")); "
                + "`sluice upgrade status` shows how it stands"
        case .smoke(let differences):
            "the sides answer smoke requests differently: \(differences.joined(separator: "; "))"
        case .notWritten(let fault): "it could not be written, and so it was not done: \(fault)"
        case .refused(let refusal): "\(refusal)"
        }
    }
}

/// Words of persons.
extension RolloutKeeper {
    /// Begins a rollout.
    package func start(
        _ plan: RolloutPlan, file: String, text: String, reason: String = ""
    ) async throws(RolloutFault) {
        if let course, !course.phase.isOver || course.isGoingBack {
            throw .running(course.file, course.place)
        }
        guard !isMoving else { throw .moving }
        try await checkLatches(plan)
        // Whoever came in meanwhile has begun one.
        if let course, !course.phase.isOver || course.isGoingBack {
            throw .running(course.file, course.place)
        }
        guard !isMoving else { throw .moving }
        isMoving = true
        defer { endMove() }
        let entry = RolloutEntry(
            .start,
            [
                .init(name: "file", value: .string(file)),
                .init(name: "by", value: .string(Caller.current.text)),
                .init(name: "reason", value: .string(reason)),
                .init(name: "sides", value: Self.json(sides(of: plan))),
                .init(name: "plan", value: .string(text)),
            ])
        if let fault = await beginJournal(entry) { throw .notWritten(fault) }
        var course = RolloutCourse(plan, file: file)
        course.take(entry)
        self.course = course
        forgetLost()
        journalDamage = nil
        forgetTraffic()
        logger.notice("the rollout \(file) begins")
        await watch(course)
        showGuards()
        await holdWeights(course)
        await writeDown("rollout_start", to: .string("running"), reason: reason)
        await raiseHeld(to: 0, expecting: nil)
    }

    /// Stops counting the hold; the weights stay.
    package func pauseByHand(_ reason: String) async throws(RolloutFault) {
        let course = try running()
        if case .paused = course.phase { return }
        notePause(reason.isEmpty ? "by hand" : reason)
        await writeDownPause(from: course, reason)
    }

    /// Goes on with the step that it was at, with its share.
    package func resume(_ reason: String) async throws(RolloutFault) {
        let course = try running()
        guard case .paused = course.phase else { throw .notPaused(course.place) }
        guard !isMoving else { throw .moving }
        try await checkLatches(course.plan)
        guard case .paused = self.course?.phase, !isMoving else { throw .moving }
        alarm = nil
        journalDamage = nil
        let fact = JSONValue.Member(name: "reason", value: .string(reason))
        guard await record(RolloutEntry(.resume, [fact])) else {
            pause("rollout.journal cannot be written")
            throw .notWritten(unwritten ?? "rollout.journal")
        }
        logger.notice("the rollout \(course.file) goes on")
        await writeDown(
            "rollout_resume", from: .string("paused"), to: .string("running"), reason: reason)
        await raise(to: course.step, expecting: nil)
    }

    /// The step that waits for this may end. `number`: which one is meant, from 1 on; whichever
    /// waits, unless said.
    package func approve(_ reason: String, step number: Int? = nil) async throws(RolloutFault) {
        let course = try running()
        if let objection = course.objection(toApprovalOf: number, blockers) {
            throw .notAwaiting(objection)
        }
        let facts: [JSONValue.Member] = [
            .init(name: "step", value: .number(course.step)),
            .init(name: "by", value: .string(Caller.current.text)),
            .init(name: "reason", value: .string(reason)),
        ]
        guard await record(RolloutEntry(.approve, facts)) else {
            // It was refused, so it must not count once the disk has room again.
            pause("rollout.journal cannot be written")
            throw .notWritten(unwritten ?? "rollout.journal")
        }
        await writeDown(
            "rollout_approve", to: .number(course.step + 1), reason: reason)
    }

    /// Everything back to the stable side, at once.
    package func abort(_ reason: String) async throws(RolloutFault) {
        guard let course else { return try await abortLost(reason) }
        guard !course.phase.isOver else { throw .over(course.phase.words) }
        let text = reason.isEmpty ? "by hand" : reason
        note(RolloutEntry(.abort, [.init(name: "reason", value: .string(text))]))
        await goBack()
        await writeDown(
            "rollout_abort", from: .string(course.phase.word), to: .string("aborted"),
            reason: reason)
    }

    /// `kong migrations finish` has run for a split: there is no way back to its old side any more,
    /// and nothing left to judge for. A rollout that moved it is over.
    package func completeSinceFinish(of split: String) async {
        guard let course, !course.phase.isOver, course.plan.splits.contains(split) else { return }
        let reason = "`kong migrations finish` has run for \(split)"
        note(RolloutEntry(.complete, [.init(name: "reason", value: .string(reason))]))
        logger.notice("the rollout \(course.file) is complete: \(reason)")
        await writeDown(
            "rollout_complete", from: .string(course.phase.word), to: .string("completed"),
            reason: reason)
        await end()
    }

    private func running() throws(RolloutFault) -> RolloutCourse {
        guard let course else { throw .none }
        guard !course.phase.isOver else { throw .over(course.phase.words) }
        return course
    }

    /// A latch would refuse the weight of a step, or the way back, each time anew.
    private func checkLatches(_ plan: RolloutPlan) async throws(RolloutFault) {
        for latch in await weights.latches where plan.splits.contains(latch.split) {
            guard let split = splits.first(where: { $0.name == latch.split }) else { continue }
            if latch.upstream == split.candidate {
                throw .latched("\(latch.text(whatFor: "no step could give it traffic"))")
            }
            if latch.upstream == split.stable {
                throw .latched("\(latch.text(whatFor: "there would be no way back to it"))")
            }
        }
    }
}

/// Moves.
extension RolloutKeeper {
    /// Pauses it, for a reason that Sluice has found.
    func pause(_ reason: String) {
        guard let course, !course.phase.isOver else { return }
        if case .paused(reason) = course.phase { return }
        notePause(reason)
        Task { await writeDownPause(from: course, reason) }
    }

    private func notePause(_ reason: String) {
        logger.warning("the rollout \(course?.file ?? "") is paused: \(reason)")
        note(RolloutEntry(.pause, [.init(name: "reason", value: .string(reason))]))
    }

    private func writeDownPause(from course: RolloutCourse, _ reason: String) async {
        await writeDown(
            "rollout_pause", from: .string(course.phase.word), to: .string("paused"),
            reason: String(reason.prefix(1_000)))
    }

    /// Goes to a step: the journal first, then the weights. `expecting`: the generation that the
    /// splits have if nobody else has changed them.
    func raise(to step: Int, expecting: UInt64?) async {
        guard !isMoving else { return }
        isMoving = true
        defer { endMove() }
        await raiseHeld(to: step, expecting: expecting)
    }

    private func endMove() {
        isMoving = false
        moveCount += 1
    }

    func raiseHeld(to step: Int, expecting: UInt64?) async {
        guard let plan = course?.plan, plan.steps.indices.contains(step) else { return }
        let weight = plan.steps[step].weight
        let entry = RolloutEntry(
            .step,
            [
                .init(name: "step", value: .number(step)),
                .init(name: "weight", value: .number("\(weight)")),
            ])
        guard await record(entry) else {
            return pause("rollout.journal cannot be written: \(journalFault ?? "unknown")")
        }
        // Whatever came while the disk was at work has the last word.
        guard let course, course.phase == .running, course.step == step else { return }
        await holdWeights(course)
        let reason = "\(course.file): step \(step + 1) of \(plan.steps.count)"
        let before = await weights.current
        do throws(WeightRefusal) {
            let request = WeightRequest(
                .weights(texts(weight, of: plan.splits)), source: .rollout, reason: reason,
                expectedGeneration: expecting)
            let outcome = try await weights.change(request)
            logger.notice("the rollout \(reason), weight \(weight)")
            await writeDown("rollout_step", to: .number("\(weight)"), reason: reason)
            if !outcome.isDurable { try await takeBack(before, course) }
        } catch .latched(let latch) {
            pause(latch.text(whatFor: "it gets no traffic"))
        } catch {
            pause("its weights were refused: \(error)")
        }
    }

    /// A raise that no disk has taken is none: the weights are as they were, and it is paused.
    private func takeBack(
        _ before: [SplitWeights], _ course: RolloutCourse
    ) async throws(WeightRefusal) {
        var texts: [String: [String: String]] = [:]
        for set in before where course.plan.splits.contains(set.name) {
            texts[set.name] = Dictionary(
                zip(set.members, set.weights.map { "\($0)" }), uniquingKeysWith: { $1 })
        }
        pause("its weights could not be written and were taken back")
        let request = WeightRequest(
            .weights(texts), source: .rollout,
            reason: "\(course.file): the last step could not be written")
        _ = try await weights.change(request)
    }

    /// One change of all its splits to their stable sides, by whoever has noted that it goes back.
    /// `decidedAt`: by the clock of the machine, which also says when it was in force.
    func goBack(decidedAt began: Instant = .now()) async {
        guard let course, course.isGoingBack else { return }
        let reason = "\(course.file): \(course.phase.reason)"
        do throws(WeightRefusal) {
            let request = WeightRequest(
                .weights(texts(.zero, of: course.plan.splits)), source: .rollout,
                reason: String(reason.prefix(1_000)))
            let outcome = try await weights.change(request)
            let late = outcome.pendingWorkers
            if !late.isEmpty { logger.warning("workers \(late) have not gone back yet") }
            let number = outcome.generation
            logger.notice("the rollout \(course.file) is back at stable, generation \(number)")
            note(
                RolloutEntry(
                    .back,
                    [
                        .init(name: "generation", value: .number(outcome.generation)),
                        .init(
                            name: "milliseconds",
                            value: .number(
                                Double((outcome.inForceAt ?? .now()).since(began)) / 1e6)),
                        .init(
                            name: "kept_after_milliseconds",
                            value: .number(Double(Instant.now().since(began)) / 1e6)),
                        .init(name: "durable", value: .bool(outcome.isDurable)),
                    ]))
            alarm = nil
            await end()
        } catch {
            let text = "the way back was refused: \(error)"
            if alarm != text { logger.critical("the rollout \(course.file): \(text)") }
            alarm = text
        }
    }

    /// It is over: others may change weights as they like.
    func end() async {
        guard let course, course.phase.isOver else { return }
        await weights.hold(nil)
        await plane.watch([])
        await tellHistory(course)
    }

    /// The texts of weights that give the candidate so much of 100.
    func texts(_ weight: Weight, of names: [String]) -> [String: [String: String]] {
        var texts: [String: [String: String]] = [:]
        let rest = Weight(hundredths: 10_000 - weight.hundredths) ?? .zero
        for name in names {
            guard let split = splits.first(where: { $0.name == name }) else { continue }
            var members: [String: String] = [:]
            for member in split.members {
                let isStable = member == split.stable
                let part = member == split.candidate ? weight : isStable ? rest : .zero
                members[member] = "\(part)"
            }
            texts[name] = members
        }
        return texts
    }
}
