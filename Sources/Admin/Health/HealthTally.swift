internal import Splitting

/// How checks ended and how often states changed, by upstream, since the start: kept when an
/// upstream is gone, since no counter goes back.
struct HealthTally {
    private var names: [String] = []
    private var tallies: [String: TargetHealth.Tally] = [:]
    private var counts: [String: [HealthState: Int]] = [:]

    mutating func count(_ verdict: CheckVerdict, of upstream: String) {
        remember(upstream)
        tallies[upstream, default: TargetHealth.Tally()].count(verdict)
    }

    mutating func count(_ change: HealthChange, of upstream: String) {
        remember(upstream)
        counts[upstream, default: [:]][change.to, default: 0] += 1
    }

    private mutating func remember(_ upstream: String) {
        if !names.contains(upstream) { names.append(upstream) }
    }

    var checks: [(upstream: String, tally: TargetHealth.Tally)] {
        names.compactMap { name in tallies[name].map { (name, $0) } }
    }

    var changes: [(upstream: String, state: HealthState, count: Int)] {
        names.flatMap { name in
            HealthState.allCases.compactMap { state in
                counts[name]?[state].map { (name, state, $0) }
            }
        }
    }
}
