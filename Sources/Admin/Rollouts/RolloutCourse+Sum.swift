internal import Judging

/// A course as few entries: a journal that has grown long is rewritten to them.
extension RolloutCourse {
    /// So many rows of evidence, or keys of clients, in one entry.
    private static let mostRows = 500
    private static let mostKeys = 4_096
    private static let keyDigits = 16

    /// Entries that come to this course again: what happened, the sum of all evidence, and how it
    /// stands. The judge finds the same in them, to the last bit.
    package var journal: [RolloutEntry] { events + evidenceEntries + [sumEntry] }

    private var evidenceEntries: [RolloutEntry] {
        let names = slots.names.map { JSONValue.string($0) }
        var entries = [RolloutEntry(.evidence, [.init(name: "prefixes", value: .array(names))])]
        let sums = judge.sums
        let starts = sums.filter { $0.process.nextNumber > 1 }.map(Self.starts)
        for start in stride(from: 0, to: starts.count, by: Self.mostRows) {
            let some = Array(starts[start..<min(start + Self.mostRows, starts.count)])
            entries.append(RolloutEntry(.evidence, [.init(name: "starts", value: .array(some))]))
        }
        let rows = sums.flatMap { sum in
            sum.process.rows.map { Self.row(sum.kind, sum.prefix, $0.tally, start: $0.start) }
        }
        for start in stride(from: 0, to: rows.count, by: Self.mostRows) {
            let some = Array(rows[start..<min(start + Self.mostRows, rows.count)])
            entries.append(RolloutEntry(.evidence, [.init(name: "rows", value: .array(some))]))
        }
        for kind in JudgedClass.allCases {
            let keys = judge.keys(kind)
            for start in stride(from: 0, to: keys.count, by: Self.mostKeys) {
                let some = keys[start..<min(start + Self.mostKeys, keys.count)]
                let value = JSONValue.array([Self.json(kind, some)])
                entries.append(RolloutEntry(.evidence, [.init(name: "keys", value: value)]))
            }
        }
        return entries
    }

    /// How the starts of a process stand: its class and prefix, the number of the next one, and of
    /// those that go on.
    private static func starts(_ sum: ErrorJudge.Sum) -> JSONValue {
        let numbers = [sum.prefix ?? -1, sum.process.nextNumber]
        let all = numbers + sum.process.starts.map { $0.number }
        return .array([JSONValue.string(sum.kind.label)] + all.map { JSONValue.number($0) })
    }

    /// What one start of one process has seen; all of them where it has none (-1).
    private static func row(
        _ kind: JudgedClass, _ prefix: Int?, _ tally: Likelihood.Tally, start: Int?
    ) -> JSONValue {
        .array([
            .string(kind.label), .number(prefix ?? -1), .number(tally.share),
            .number(tally.candidate), .number(tally.stable), .number(start ?? -1),
        ])
    }

    /// Takes in how the starts of processes stand.
    mutating func takeStarts(_ parts: [JSONValue]) {
        let numbers = parts.dropFirst().compactMap(\.int)
        guard parts.count >= 4, numbers.count == parts.count - 1,
            let kind = parts[0].text.flatMap(JudgedClass.init(label:))
        else { return }
        judge.begin(
            kind, prefix: numbers[0] < 0 ? nil : numbers[0], starts: Array(numbers[2...]),
            nextNumber: numbers[1])
    }

    private var sumEntry: RolloutEntry {
        // That it waits for a word follows from the rest.
        let word = phase == .awaiting ? Phase.running.word : phase.word
        var members: [JSONValue.Member] = [
            .init(name: "step", value: .number(step)),
            .init(name: "held", value: .number(heldMilliseconds)),
            .init(name: "served", value: .number(served)),
            .init(name: "approved", value: .bool(isApproved)),
            .init(name: "state", value: .string(word)),
            .init(name: "reason", value: .string(phase.reason)),
            .init(name: "going_back", value: .bool(isGoingBack)),
            .init(name: "told", value: .array(judge.settled.map { .string($0.label) })),
            .init(name: "stable", value: Self.json(stable)),
            .init(name: "candidate", value: Self.json(candidate)),
        ]
        if let marks { members.append(.init(name: "marks", value: Self.json(marks))) }
        return RolloutEntry(.sum, members)
    }

    /// Keys of a class, one behind the other.
    static func json(_ kind: JudgedClass, _ keys: some Sequence<UInt64>) -> JSONValue {
        var text = ""
        for key in keys {
            let digits = String(key, radix: 16)
            text += String(repeating: "0", count: keyDigits - digits.count) + digits
        }
        return .array([.string(kind.label), .string(text)])
    }

    /// The keys of such a text.
    static func keys(_ text: String) -> [UInt64] {
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: keyDigits).compactMap { start in
            let end = min(start + keyDigits, bytes.count)
            return UInt64(String(decoding: bytes[start..<end], as: UTF8.self), radix: 16)
        }
    }
}

extension RolloutCourse.Phase {
    /// A phase as the control API names it; nil for another word.
    init?(word: String?, reason: String) {
        switch word {
        case "running": self = .running
        case "awaiting_approval": self = .awaiting
        case "paused": self = .paused(reason)
        case "rolled_back": self = .rolledBack(reason)
        case "aborted": self = .aborted(reason)
        case "completed": self = .completed
        default: return nil
        }
    }
}
