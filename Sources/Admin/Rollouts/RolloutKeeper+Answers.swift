internal import Judging
internal import Kernel
internal import Settings
package import Telemetry

/// What there is to tell of a rollout.
extension RolloutKeeper {
    /// As the control API tells of it; null while there has been none.
    package func answer() async -> JSONValue {
        await obeyOthers()
        let set = await weights.current
        guard let course else {
            guard let journalFault else { return .null }
            return .object([
                "state": "unknown", "error": .string(journalFault),
                "alarm": lost == nil ? .null : .string(journalFault),
            ])
        }
        let step = course.plan.steps[course.step]
        let began = course.events.first?.atMilliseconds ?? 0
        let share: JSONValue = .number(Rounding.round(shareNow(course, set), decimals: 6))
        let held: JSONValue = .number(Double(course.heldMilliseconds) / 1_000)
        let hold: JSONValue = .number(Double(step.holdMilliseconds) / 1_000)
        let waiting: JSONValue = .array(course.phase.isOver ? [] : blockers.map { .string($0) })
        let connections = course.plan.splits.filter { connectionSplits.contains($0) }
        let mixed = course.plan.splits.filter { mixedSplits.contains($0) }
        let ofBoth: JSONValue = .array(mixed.map { .string($0) })
        let ofConnections: JSONValue = .array(connections.map { .string($0) })
        let comparison =
            course.isComparing ? "possible" : "not possible: all traffic is on one side"
        return .object([
            "plan": .string(course.file),
            "splits": .array(course.plan.splits.map { JSONValue.string($0) }),
            "state": .string(course.phase.word),
            "reason": .string(course.phase.reason),
            "alarm": alarm.map { JSONValue.string($0) } ?? .null,
            "started_at": .string(Timestamp.text(milliseconds: began)),
            "step": .number(course.step + 1),
            "steps": .number(course.plan.steps.count),
            "weight": .number("\(step.weight)"),
            "plan_steps": .array(course.plan.steps.map(Self.answer)),
            "share": share,
            "held_seconds": held,
            "hold_seconds": hold,
            "served": .number(course.served),
            "min_requests": .number(step.minRequests),
            "needs_approval": .bool(
                (step.needsApproval || course.phase == .awaiting) && !course.isApproved),
            "blockers": waiting,
            "guards": .array(guards.map(Self.answer)),
            "comparison": .string(comparison),
            "connection_splits": ofConnections,
            "mixed_splits": ofBoth,
            "judge": judgeAnswer(course),
            "confidence": confidenceAnswer(course),
            "journal_error": unwritten.map { JSONValue.string($0) } ?? .null,
            "journal_damage": journalDamage.map { JSONValue.string($0) } ?? .null,
        ])
    }

    /// What happened in this rollout, and what became of those before.
    package func historyAnswer() async -> JSONValue {
        let file = historyPath
        let earlier = await disk.run { file.map(RolloutHistory.read) ?? [] }
        let events = (course?.events ?? []).map { entry -> JSONValue in
            .object(
                [
                    .init(name: "event", value: .string(entry.kind.rawValue)),
                    .init(
                        name: "at",
                        value: .string(Timestamp.text(milliseconds: entry.atMilliseconds))),
                ] + entry.members.filter { $0.name != "plan" }.map(Self.shown))
        }
        return .object([
            "rollouts": .array(earlier), "events": .array(events),
            "journal_damage": journalDamage.map { JSONValue.string($0) } ?? .null,
        ])
    }

    /// The journal counts steps from 0 on, everything that is read from 1 on.
    private static func shown(_ member: JSONValue.Member) -> JSONValue.Member {
        guard member.name == "step", let step = member.value.int else { return member }
        return .init(name: "step", value: .number(step + 1))
    }

    /// What the metrics page tells; nil while there has been none.
    package func gauges() async -> ControlGauges.Rollout? {
        let set = await weights.current
        guard let course else {
            guard let lost else { return nil }
            var gauges = ControlGauges.Rollout(name: lost.file, state: "unknown")
            gauges.isAlarm = true
            return gauges
        }
        var gauges = ControlGauges.Rollout(name: course.file, state: course.phase.word)
        gauges.step = course.step + 1
        gauges.steps = course.plan.steps.count
        gauges.share = shareNow(course, set)
        gauges.evidence = course.judge.logEvidence
        gauges.limit = course.judge.logLimit
        gauges.classes = JudgedClass.allCases.map {
            ($0.label, course.judge.process($0).logValue)
        }
        gauges.errorShareBound = course.errorShareBound
        gauges.isAlarm = alarm != nil
        gauges.isUnwritten = unwritten != nil
        return gauges
    }

    /// The candidate's share: as it is set while the rollout goes on, and where it has left it.
    private func shareNow(_ course: RolloutCourse, _ set: [SplitWeights]) -> Double {
        switch course.phase {
        case .completed: return course.share
        case .rolledBack where !course.isGoingBack: return 0
        case .aborted where !course.isGoingBack: return 0
        case .running, .awaiting, .paused, .rolledBack, .aborted:
            let shares = course.plan.splits.compactMap { name -> Double? in
                guard let split = splits.first(where: { $0.name == name }),
                    let now = set.first(where: { $0.name == name })
                else { return nil }
                return Self.share(split, now)
            }
            return shares.max() ?? 0
        }
    }

    private static func answer(_ step: RolloutPlan.Step) -> JSONValue {
        .object([
            "weight": .number("\(step.weight)"),
            "hold_seconds": .number(Double(step.holdMilliseconds) / 1_000),
            "min_requests": .number(step.minRequests),
            "approve": .bool(step.needsApproval),
        ])
    }

    private static func answer(
        _ guarding: (name: AbsoluteGuards.Name, standing: AbsoluteGuards.Standing)
    ) -> JSONValue {
        let (state, text) =
            switch guarding.standing {
            case .holds: ("holds", "")
            case .noData(let text): ("no_data", text)
            case .breached(let text): ("breached", text)
            }
        return .object([
            "guard": .string(guarding.name.rawValue), "state": .string(state),
            "text": .string(text),
        ])
    }

    private func judgeAnswer(_ course: RolloutCourse) -> JSONValue {
        let judge = course.judge
        let classes = JudgedClass.allCases.map { kind -> JSONValue in
            let process = judge.process(kind)
            return .object([
                "class": .string(kind.label),
                "on_breach": .string(course.plan.action(on: kind).rawValue),
                "log_value": .number(Rounding.round(process.logValue, decimals: 3)),
                "candidate": .number(process.counts.candidate),
                "stable": .number(process.counts.stable),
                "counts": .array(process.tallies.map(RolloutCourse.json)),
                "starts": RolloutCourse.json(process.starts),
                "prefixes": .array(prefixesAnswer(course, kind)),
                "told": .bool(judge.settled.contains(kind)),
                "sticky_full": .bool(judge.isFull(kind)),
            ])
        }
        let marks = course.marks.map { marks -> JSONValue in
            .object([
                "stable_ms": .number(Double(marks.stable) / 1e6),
                "candidate_ms": .number(Double(marks.candidate) / 1e6),
            ])
        }
        return .object([
            "alpha": .number(judge.alpha),
            "log_evidence": .number(Rounding.round(judge.logEvidence, decimals: 3)),
            "log_limit": .number(Rounding.round(judge.logLimit, decimals: 3)),
            "classes": .array(classes),
            "latency_marks": marks ?? .null,
            "prefixes": .array(course.slots.names.map { .string($0) }),
            "lost_sticky": .number(lostSticky),
        ])
    }

    /// What a class has seen at each prefix, the worst first: nobody has to believe a sum.
    private func prefixesAnswer(_ course: RolloutCourse, _ kind: JudgedClass) -> [JSONValue] {
        course.slots.names.enumerated()
            .map { (name: $1, process: course.judge.process(kind, prefix: $0)) }
            .filter { !$0.process.tallies.isEmpty }
            .sorted { $0.process.logValue > $1.process.logValue }
            .map { name, process in
                .object([
                    "prefix": .string(name),
                    "log_value": .number(Rounding.round(process.logValue, decimals: 3)),
                    "candidate": .number(process.counts.candidate),
                    "stable": .number(process.counts.stable),
                    "counts": .array(process.tallies.map(RolloutCourse.json)),
                    "starts": RolloutCourse.json(process.starts),
                ])
            }
    }

    private func confidenceAnswer(_ course: RolloutCourse) -> JSONValue {
        let limit = course.plan.requirement.errorShareBelow
        let left = limit.flatMap {
            Confidence.exchangesLeft(
                failures: course.candidate.failed, of: course.candidate.ended, below: $0)
        }
        let now = Double(clock().nanoseconds) / 1e9
        let rate = Double(candidateWindow.sum(ofLast: 60, nowSeconds: now).ended) / 60
        let seconds = left.flatMap { rate > 0 ? Double($0) / rate : nil }
        let grown = growth.first.map { course.reverse.process.logValue - $0.value } ?? 0
        let reverse = course.reverse.secondsLeft(
            grown: grown, inSeconds: growth.first.map { now - $0.at } ?? 0)
        return .object([
            "candidate_ended": .number(course.candidate.ended),
            "candidate_failed": .number(course.candidate.failed),
            "stable_ended": .number(course.stable.ended),
            "stable_failed": .number(course.stable.failed),
            "error_share_bound": .number(course.errorShareBound),
            "error_share_below": limit.map { JSONValue.number($0) } ?? .null,
            "seconds_left": seconds.map { JSONValue.number($0.rounded()) } ?? .null,
            "at_most_worse": .number(course.reverse.ratio),
            "at_most_worse_refuted": .bool(course.reverse.isRefuted),
            "at_most_worse_progress": .number(
                Rounding.round(course.reverse.progress, decimals: 3)),
            "at_most_worse_seconds_left": reverse.map { JSONValue.number($0.rounded()) } ?? .null,
        ])
    }
}
