internal import Judging
internal import Proxy
internal import Settings
internal import Splitting

/// What becomes of the two sides beside their exchanges: they are drained, or keep waiting.
extension RolloutKeeper {
    /// What waits at the candidate's of each split, as far as it keeps a step from ending.
    func waitBlockers(_ course: RolloutCourse) -> [String] {
        sides(course).compactMap { side in
            sights[side.split]?.waitObjection.map {
                "answers: at \(side.candidate) of \(side.split) \($0)"
            }
        }
    }

    /// Whether somebody has drained all targets of an upstream.
    private func isDrained(_ upstream: String) -> Bool {
        let targets = plane.standings.filter { $0.target.upstream == upstream }
        return !targets.isEmpty && targets.allSatisfy { $0.standing.isDrained }
    }

    /// Whether a side of any split is drained: it has no usable target by somebody's will.
    func isDrained(
        _ course: RolloutCourse, _ side: KeyPath<TrackedSplit, String>
    ) -> Bool {
        sides(course).contains { isDrained($0[keyPath: side]) }
    }

    /// Why it cannot go on while a side is drained; nil when none is.
    func drainObjection(_ course: RolloutCourse) -> String? {
        for side in sides(course) {
            for (name, role) in [(side.candidate, "candidate"), (side.stable, "stable side")]
            where isDrained(name) {
                return "the \(role) \(name) of \(side.split) is drained, and gets nothing new; "
                    + "`sluice undrain \(name)` ends that, `sluice rollout resume` goes on then"
            }
        }
        return nil
    }

    /// What goes elsewhere from a side that somebody has drained is no failure of that side.
    func withoutDrained(_ report: EvidenceReport, _ course: RolloutCourse) -> EvidenceReport {
        var report = report
        for side in sides(course) {
            if isDrained(side.candidate) { report.leaveOutCandidate(of: side.split) }
            if isDrained(side.stable) { report.leaveOutStable(of: side.split) }
        }
        return report
    }

    /// A breach in words that can be checked by hand, with the sides that it may be of and what
    /// errors are there.
    func text(of breach: ErrorJudge.Breach, _ course: RolloutCourse) -> String {
        let sides = sides(course)
        let names = { (side: KeyPath<TrackedSplit, String>) in
            var names: [String] = []
            for one in sides where !names.contains(one[keyPath: side]) {
                names.append(one[keyPath: side])
            }
            return names.joined(separator: " and ")
        }
        let connections = course.plan.splits.filter {
            connectionSplits.contains($0) || mixedSplits.contains($0)
        }
        let hasRequests = !course.plan.splits.allSatisfy { connectionSplits.contains($0) }
        var words = breach.kind.text
        // A connection has no path, and no other error.
        if breach.kind == .errors, breach.prefix == nil, !connections.isEmpty {
            let missing = "connections that did not come about"
            words = hasRequests ? "\(words), and \(missing)," : missing
        }
        return course.text(
            of: breach, words: words, candidate: names(\.candidate), stable: names(\.stable))
    }
}
