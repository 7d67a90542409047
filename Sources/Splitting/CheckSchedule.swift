/// When each target is checked next: spread over the interval, so that checks do not come in
/// bursts, and never twice at once. Times are milliseconds of one clock.
package struct CheckSchedule: Sendable {
    /// The first checks come within so long, however long the interval is.
    private static let longestFirstWait: Int64 = 1_000

    private var interval: Int64
    private var due: [String: Int64] = [:]
    /// The checks under way. One of a target that is gone stays here until it has ended.
    private var running: Set<String> = []
    private var random: FastRandom

    /// A schedule without targets; `interval` is from the begin of a check to that of the next.
    package init(interval: Int64, seed: UInt64) {
        self.interval = max(1, interval)
        random = FastRandom(seed: seed)
    }

    /// Takes on the targets to check. `isNew`: what is asked is something else, so that each is
    /// asked soon.
    package mutating func run(
        _ targets: [String], interval: Int64, isNew: Bool, now: Int64
    ) {
        self.interval = max(1, interval)
        let known = isNew ? [:] : due
        due = [:]
        for target in targets {
            due[target] = known[target].map { min($0, now + self.interval) } ?? first(now)
        }
    }

    /// The targets whose checks begin now.
    package mutating func begin(now: Int64) -> [String] {
        let ready = due.filter { $0.value <= now && !running.contains($0.key) }.keys.sorted()
        for target in ready {
            running.insert(target)
            // A twentieth more or less, so that targets do not fall into step.
            let slack = interval / 20
            let jitter = slack > 0 ? Int64.random(in: -slack...slack, using: &random) : 0
            due[target] = now + max(1, interval + jitter)
        }
        return ready
    }

    /// A check has ended.
    package mutating func end(_ target: String) { running.remove(target) }

    /// Whether there is nothing to check and nothing under way.
    package var isIdle: Bool { due.isEmpty && running.isEmpty }

    /// When the next check begins; nil when none will before another has ended.
    package var next: Int64? {
        due.filter { !running.contains($0.key) }.values.min()
    }

    private mutating func first(_ now: Int64) -> Int64 {
        now + Int64.random(in: 0..<max(1, min(interval, Self.longestFirstWait)), using: &random)
    }
}
