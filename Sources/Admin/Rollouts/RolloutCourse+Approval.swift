internal import Settings
internal import Splitting

/// Approvals: one belongs to the step that waits for it, and to no other.
extension RolloutCourse {
    /// Why an approval cannot be taken: what the rollout does now, and when one is needed. nil when
    /// it can. `number`: the step that it is meant for, from 1 on, where that was said.
    package func objection(toApprovalOf number: Int?, _ blockers: [String]) -> String? {
        let here = step + 1
        let place = "step \(here) of \(plan.steps.count)"
        switch phase {
        case .awaiting where number == nil || number == here:
            return nil
        case .awaiting:
            return "\(place) waits for an approval, and this one is for step \(number ?? 0)"
        case .paused(let reason):
            return "the rollout is paused at \(place)\(Self.bracketed(reason)), and a step that is "
                + "paused takes no approval; `sluice rollout resume` first"
        case .running where isApproved:
            let rest = blockers.isEmpty ? "" : "; what it waits for: " + listed(blockers)
            return "\(place) is approved already\(rest)"
        case .running where plan.steps[step].needsApproval:
            let rest = blockers.isEmpty ? "" : " (\(listed(blockers)))"
            return "\(place) is under way at \(plan.steps[step].weight) %\(rest); it takes an "
                + "approval when everything else that it waits for is over"
        case .running:
            let next = plan.steps.indices.first { $0 > step && plan.steps[$0].needsApproval }
            let rest = next.map { "the next one that does is step \($0 + 1)" }
            return "\(place) is under way and needs no approval; \(rest ?? "no later one does")"
        case .rolledBack, .aborted, .completed:
            return "the rollout is \(phase.words)"
        }
    }

    /// What it does and where, as people say it.
    package var place: String {
        isGoingBack
            ? "going back to stable"
            : "\(phase.words) at step \(step + 1) of \(plan.steps.count)"
    }

    private func listed(_ blockers: [String]) -> String { blockers.joined(separator: ", ") }

    private static func bracketed(_ reason: String) -> String {
        reason.isEmpty ? "" : " (\(reason))"
    }
}

extension RolloutCourse.Phase {
    /// As people say it.
    var words: String { word.replacing("_", with: " ") }
}
