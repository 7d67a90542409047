package import Judging
internal import Settings
internal import Splitting

/// What a course amounts to.
extension RolloutCourse {
    /// The candidate's share at its step, 0 to 1.
    package var share: Double { Double(plan.steps[step].weight.hundredths) / 10_000 }

    /// Whether the sides can be compared: at a share of 1 there is nothing to compare with.
    package var isComparing: Bool { share > 0 && share < 1 }

    /// The guards that hold now. Where nothing can be compared, those that are not set have the
    /// limits that stable has shown: three times the upper bound of its error share, and at least
    /// one percent; twice what was late for the candidate.
    package var guardsNow: AbsoluteGuards {
        guard !isComparing else { return plan.guards }
        var guards = plan.guards
        if guards.errorShare == nil, stable.ended > 0 {
            let bound = Confidence.upperBound(failures: stable.failed, of: stable.ended)
            guards.errorShare = .init(above: min(max(3 * bound, 0.01), 1))
        }
        if guards.latency == nil, let marks {
            guards.latency = .init(
                quantile: 0.95, aboveSeconds: 2 * Double(marks.candidate) / 1e9)
        }
        return guards
    }

    /// For so long beyond its hold a step waits for what is needed by limits that no plan has set.
    package static let learntPatienceMilliseconds = 600_000

    /// Whether a guard's limit is not the plan's but was learnt from stable.
    private func isLearnt(_ name: AbsoluteGuards.Name) -> Bool {
        switch name {
        case .errorShare: plan.guards.errorShare == nil
        case .latency: plan.guards.latency == nil
        case .noUsableTarget, .minHealthy: false
        }
    }

    /// When a person may end a step all the same.
    private var learntText: String {
        let left =
            plan.steps[step].holdMilliseconds + Self.learntPatienceMilliseconds - heldMilliseconds
        let when =
            left > 0
            ? "in \((left + 999) / 1_000) s `sluice rollout approve` may end the step"
            : "`sluice rollout approve` ends the step"
        return " (a limit learnt from stable; \(when), `sluice rollout abort` goes back)"
    }

    /// What a person's word stands in for: too little is known for a limit that was learnt, for
    /// too long. Whether it is kept nobody would ever know where so few ask.
    package func blockersToApprove(
        _ guards: [(name: AbsoluteGuards.Name, standing: AbsoluteGuards.Standing)]
    ) -> [AbsoluteGuards.Name] {
        let most = plan.steps[step].holdMilliseconds + Self.learntPatienceMilliseconds
        guard heldMilliseconds >= most else { return [] }
        return guards.compactMap { name, standing in
            if case .noData = standing, isLearnt(name) { name } else { nil }
        }
    }

    /// What keeps the step from ending, beside a person's word.
    package func blockers(
        _ guards: [(name: AbsoluteGuards.Name, standing: AbsoluteGuards.Standing)]
    ) -> [String] {
        let step = plan.steps[step]
        var blockers: [String] = []
        let left = step.holdMilliseconds - heldMilliseconds
        if left > 0 { blockers.append("hold: \((left + 999) / 1_000) s left") }
        if served < step.minRequests {
            blockers.append("min_requests: \(served) of \(step.minRequests)")
        }
        for (name, standing) in guards {
            switch standing {
            case .holds: continue
            case .noData(let text):
                let more = isLearnt(name) ? learntText : ""
                blockers.append("\(name.rawValue): no data, \(text)\(more)")
            case .breached(let text): blockers.append("\(name.rawValue): \(text)")
            }
        }
        if let limit = plan.requirement.errorShareBelow, errorShareBound >= limit {
            let percent = Rounding.round(errorShareBound * 100, decimals: 3)
            blockers.append("error_share_below: up to \(percent) % is possible")
        }
        if plan.requirement.atMostWorse != nil, !reverse.isRefuted {
            let percent = Int(reverse.progress * 100)
            blockers.append("at_most_worse: \(percent) % of the evidence is there")
        }
        return blockers
    }

    /// The upper 99 % bound of the candidate's error share since the start.
    package var errorShareBound: Double {
        Confidence.upperBound(failures: candidate.failed, of: candidate.ended)
    }

    /// A breach in words that can be checked by hand; `words`: what its errors are.
    package func text(
        of breach: ErrorJudge.Breach, words: String, candidate: String, stable: String
    ) -> String {
        let place = breach.prefix.flatMap {
            slots.names.indices.contains($0) ? slots.names[$0] : nil
        }
        let counts = breach.tallies.map { tally in
            let percent = Rounding.round(tally.share * 100, decimals: 2)
            return "at \(percent) % \(tally.candidate) on \(candidate) and \(tally.stable) on "
                + stable
        }
        let at = place.map { " at \($0)" } ?? ""
        let since = breach.start == 0 ? "" : " since start \(breach.start) of the judge"
        return "\(words)\(at) are more frequent on \(candidate)\(since): "
            + counts.joined(separator: ", ")
    }

    /// A breach with all that its value is made of.
    package func facts(of breach: ErrorJudge.Breach) -> [JSONValue.Member] {
        let place = breach.prefix.flatMap {
            slots.names.indices.contains($0) ? slots.names[$0] : nil
        }
        return [
            .init(name: "class", value: .string(breach.kind.label)),
            .init(name: "prefix", value: place.map { .string($0) } ?? .null),
            .init(name: "log_evidence", value: .number(breach.logEvidence)),
            .init(name: "log_limit", value: .number(judge.logLimit)),
            .init(name: "log_value", value: .number(breach.logValue)),
            .init(name: "start", value: .number(breach.start)),
            .init(
                name: "counts", value: .array(breach.tallies.map(Self.json))),
        ]
    }

    static func json(_ tally: Likelihood.Tally) -> JSONValue {
        .object([
            "share": .number(tally.share), "candidate": .number(tally.candidate),
            "stable": .number(tally.stable),
        ])
    }

    static func json(_ starts: [RenewedLikelihood.Start]) -> JSONValue {
        .array(
            starts.map { start in
                let value: JSONValue = .number(
                    Rounding.round(start.process.logValue, decimals: 3))
                return .object([
                    "number": .number(start.number), "log_value": value,
                    "counts": .array(start.process.tallies.map { json($0) }),
                ])
            })
    }

    /// What became of it, in one line of the history.
    package var summary: JSONValue {
        let last = events.last { $0.kind == .rollback || $0.kind == .abort }
        let began = events.first?.atMilliseconds ?? 0
        let ended = events.last?.atMilliseconds ?? 0
        return .object(
            [
                .init(name: "plan", value: .string(file)),
                .init(
                    name: "splits", value: .array(plan.splits.map { JSONValue.string($0) })),
                .init(name: "state", value: .string(phase.word)),
                .init(name: "reason", value: .string(phase.reason)),
                .init(
                    name: "started_at",
                    value: .string(Timestamp.text(milliseconds: began))),
                .init(
                    name: "ended_at", value: .string(Timestamp.text(milliseconds: ended))),
                .init(name: "step", value: .number(step + 1)),
                .init(name: "steps", value: .number(plan.steps.count)),
            ] + (last?.members.filter { $0.name != "reason" } ?? []))
    }
}
