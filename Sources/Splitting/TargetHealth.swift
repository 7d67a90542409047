/// What checks and traffic have shown of one target. Times are milliseconds of one clock.
package struct TargetHealth: Sendable {
    /// Something that went wrong, and when.
    package struct Trouble: Sendable, Equatable {
        /// In words.
        package let text: String
        package let at: Int64

        package init(text: String, at: Int64) {
            self.text = text
            self.at = at
        }
    }

    /// How the checks so far ended.
    package struct Tally: Sendable, Equatable {
        /// One count for each verdict.
        package private(set) var sound = 0
        package private(set) var degraded = 0
        package private(set) var failed = 0

        /// Of nothing.
        package init() {}

        /// Counts one check.
        package mutating func count(_ verdict: CheckVerdict) {
            switch verdict {
            case .sound: sound += 1
            case .degraded: degraded += 1
            case .failed: failed += 1
            }
        }
    }

    /// Its state, and since when it is that.
    package private(set) var state: HealthState
    package private(set) var since: Int64
    /// What went wrong last, be it with a check or with traffic.
    package private(set) var lastTrouble: Trouble?
    package private(set) var tally = Tally()
    /// Whether an operator lets it get nothing new.
    package internal(set) var isDrained = false
    /// When its present ejection ends; nil while it is not ejected.
    package private(set) var ejectedUntil: Int64?
    /// How many ejections count for the length of the next one.
    package private(set) var ejections = 0

    /// What the checks alone say.
    private var level: HealthState
    private var streaks = Streaks()
    /// Since when it has been in service, as far as ejections are concerned.
    private var wellSince: Int64
    /// When it came back and began to get a part of its weight; nil when it has all.
    private var returnedAt: Int64?

    /// How many checks in a row, up to the last one, were so.
    private struct Streaks {
        var sound = 0
        var alive = 0
        var unsound = 0
        var failed = 0
    }

    /// A target of which nothing is known yet.
    init(isChecked: Bool, now: Int64) {
        level = isChecked ? .unknown : .sound
        state = level
        since = now
        wellSince = now
    }

    /// Takes on how a check ended.
    mutating func take(_ verdict: CheckVerdict, _ rules: HealthRules.Checks, now: Int64) {
        tally.count(verdict)
        continueRow(verdict)
        if let reason = verdict.reason { lastTrouble = Trouble(text: reason, at: now) }
        // Nothing else is known of it: the first check decides at once.
        let isFirst = level == .unknown
        let rise = isFirst ? 1 : rules.rise
        let fall = isFirst ? 1 : rules.fall
        if streaks.failed >= fall {
            level = .down
            // Down says more than ejected: no share of ejected targets is taken up by it.
            ejectedUntil = nil
        } else if streaks.sound >= rise {
            level = .sound
        } else if level == .down {
            if streaks.alive >= rise { level = .degraded }
        } else if streaks.unsound >= fall {
            level = .degraded
        }
    }

    private mutating func continueRow(_ verdict: CheckVerdict) {
        switch verdict {
        case .sound:
            streaks = Streaks(sound: streaks.sound + 1, alive: streaks.alive + 1)
        case .degraded:
            streaks = Streaks(alive: streaks.alive + 1, unsound: streaks.unsound + 1)
        case .failed:
            streaks = Streaks(unsound: streaks.unsound + 1, failed: streaks.failed + 1)
        }
    }

    /// Notes trouble that traffic had with it.
    mutating func note(_ text: String, now: Int64) {
        lastTrouble = Trouble(text: text, at: now)
    }

    /// Ejects it; how long for.
    mutating func eject(_ rules: HealthRules.Ejection, now: Int64) -> Int64 {
        // Each time that it did well for as long as its last ejection, one of them is forgotten.
        while ejections > 0, now - wellSince >= rules.duration(of: ejections) {
            wellSince += rules.duration(of: ejections)
            ejections -= 1
        }
        ejections += 1
        let duration = rules.duration(of: ejections)
        ejectedUntil = now + duration
        return duration
    }

    /// Lets it back in.
    mutating func endEjection() { ejectedUntil = nil }

    /// Forgets what belongs to rules that are there no more, and begins what is new.
    mutating func adapt(to rules: HealthRules, from before: HealthRules) {
        if rules.checks == nil {
            level = .sound
            forgetStreaks()
        } else if before.checks == nil {
            level = .unknown
        }
        if rules.ejection == nil {
            ejectedUntil = nil
            ejections = 0
        }
        if rules.slowStart == 0 { returnedAt = nil }
    }

    /// The checks are others now: a row of them begins anew.
    mutating func forgetStreaks() { streaks = Streaks() }

    /// Settles what state it is in now; the state before, if it was another one.
    mutating func settle(_ rules: HealthRules, now: Int64) -> HealthState? {
        let next: HealthState = level != .down && ejectedUntil != nil ? .ejected : level
        if let began = returnedAt, now - began >= rules.slowStart { returnedAt = nil }
        guard next != state else { return nil }
        let before = state
        state = next
        since = now
        if !next.isUsable {
            returnedAt = nil
        } else if !before.isUsable {
            wellSince = now
            returnedAt = rules.slowStart > 0 ? now : nil
        }
        return before
    }

    /// How much of its weight it has, 1...100: it grows in steps of 5, evenly over the slow start.
    func weightPercent(_ rules: HealthRules, now: Int64) -> UInt32 {
        guard let returnedAt, rules.slowStart > 0 else { return 100 }
        let steps = (now - returnedAt) * Self.slowSteps / rules.slowStart
        return UInt32(min(max(steps, 1), Self.slowSteps) * 100 / Self.slowSteps)
    }

    /// When its ejection ends, or its weight grows; nil when nothing comes by itself.
    func nextChange(_ rules: HealthRules, after now: Int64) -> Int64? {
        if let ejectedUntil { return ejectedUntil }
        guard let returnedAt, rules.slowStart > 0 else { return nil }
        let done = max(1, (now - returnedAt) * Self.slowSteps / rules.slowStart)
        let share = (done + 1) * rules.slowStart
        return returnedAt + (share + Self.slowSteps - 1) / Self.slowSteps
    }

    private static let slowSteps: Int64 = 20
}
