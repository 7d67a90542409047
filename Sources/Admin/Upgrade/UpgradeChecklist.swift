/// The list of an upgrade: what was said and seen of its steps. Pure: facts and words in; states
/// and refusals out.
package struct UpgradeChecklist: Sendable, Equatable {
    /// Who said something, when, and what.
    package struct Word: Sendable, Equatable {
        /// In milliseconds since 1970; who, and why.
        package let atMilliseconds: Int64
        package let by: String
        package let note: String

        /// A word of somebody.
        package init(atMilliseconds: Int64, by: String, note: String) {
            self.atMilliseconds = atMilliseconds
            self.by = by
            self.note = note
        }
    }

    /// Longer notes belong elsewhere.
    package static let longestNote = 1_000

    /// The split's name.
    package let split: String
    /// The old side and the new one.
    package let x: String
    package let y: String
    package let start: Word
    /// What persons said of steps.
    package internal(set) var words: [UpgradeStep: Word]
    /// When a step was seen to be done for the first time, in milliseconds since 1970.
    package internal(set) var seen: [UpgradeStep: Int64]
    /// The word that `kong migrations finish` has run, and the one that the upgrade is over.
    package internal(set) var finish: Word?
    package internal(set) var done: Word?

    /// A list as it was kept.
    package init(
        split: String, x: String, y: String, start: Word, words: [UpgradeStep: Word] = [:],
        seen: [UpgradeStep: Int64] = [:], finish: Word? = nil, done: Word? = nil
    ) {
        self.split = split
        self.x = x
        self.y = y
        self.start = start
        self.words = words
        self.seen = seen
        self.finish = finish
        self.done = done
    }

    /// The upstream that gets nothing any more: since the word that migrations are finished it
    /// could not be started again on its database.
    package var latched: String? { finish == nil ? nil : x }

    /// Notes which steps are seen to be done. Whether that is news.
    package mutating func observe(_ facts: UpgradeFacts) -> Bool {
        let before = seen
        for step in UpgradeStep.allCases where seen[step] == nil && isSeen(step, facts) {
            seen[step] = facts.nowMilliseconds
        }
        return seen != before
    }

    /// A person says that a step is done.
    package mutating func acknowledge(
        _ step: UpgradeStep, by: String, note: String, _ facts: UpgradeFacts
    ) throws(UpgradeRefusal) {
        guard done == nil else { throw .over(split) }
        switch step.knowledge {
        case .seen: throw .seenByItself(step)
        case .command: throw .byCommand(step)
        case .person, .either: break
        }
        let word = try word(by, note, facts)
        if note.isEmpty { throw .noteMissing(step) }
        guard words[step] == nil else { throw .saidAlready(step) }
        if case .held(let reason) = state(of: step, facts) { throw .held(step, reason) }
        words[step] = word
    }

    /// The word that `kong migrations finish` has run: from here on the old side stays at 0.
    package mutating func sayFinished(
        by: String, note: String, _ facts: UpgradeFacts
    ) throws(UpgradeRefusal) {
        guard done == nil else { throw .over(split) }
        guard finish == nil else { throw .saidAlready(.finish) }
        let word = try word(by, note, facts)
        let reasons = reasonsAgainstFinish(facts)
        guard reasons.isEmpty else { throw .notYet("finish", reasons) }
        finish = word
    }

    /// The word that the upgrade is over.
    package mutating func sayDone(
        by: String, note: String, _ facts: UpgradeFacts
    ) throws(UpgradeRefusal) {
        guard done == nil else { throw .over(split) }
        let word = try word(by, note, facts)
        let reasons = reasonsAgainstEnd(facts)
        guard reasons.isEmpty else { throw .notYet("done", reasons) }
        done = word
    }

    private func word(
        _ by: String, _ note: String, _ facts: UpgradeFacts
    ) throws(UpgradeRefusal) -> Word {
        guard note.utf8.count <= Self.longestNote else { throw .longNote(Self.longestNote) }
        return Word(atMilliseconds: facts.nowMilliseconds, by: by, note: note)
    }
}

/// Why a word about an upgrade is not taken; nothing has changed.
package enum UpgradeRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    case over(String)
    case seenByItself(UpgradeStep)
    case byCommand(UpgradeStep)
    case saidAlready(UpgradeStep)
    case noteMissing(UpgradeStep)
    case longNote(Int)
    case held(UpgradeStep, String)
    case notYet(String, [String])
    case damaged(String)

    /// What is in the way, and what to do.
    package var description: String {
        switch self {
        case .over(let split): "the upgrade of \(split) is over"
        case .seenByItself(let step):
            "\(step.rawValue) cannot be acknowledged: sluice sees it for itself"
        case .byCommand(let step):
            "\(step.rawValue) is a command of its own: `sluice upgrade \(step.rawValue)`"
        case .saidAlready(let step): "\(step.rawValue) was said already"
        case .noteMissing(let step):
            "\(step.rawValue) needs a note: who did what, where it can be found"
        case .longNote(let most): "the note is too long; expected at most \(most) bytes"
        case .held(let step, let reason): "\(step.rawValue) has to wait: \(reason)"
        case .notYet(let command, let reasons):
            "\(command) is refused: \(reasons.joined(separator: "; "))"
        case .damaged(let reason): "the kept list cannot be used: \(reason)"
        }
    }
}
