package import Kernel
package import Logging

/// What all parts of the process's log share: how much is written, how a line looks, and how
/// many lines of one kind are taken. It may be changed at any time, from any thread.
package final class LogControl: Sendable {
    /// How a line is written.
    package enum Format: Sendable {
        case text, json
    }

    /// How much is written, and until when.
    package struct Levels: Sendable, Equatable {
        /// What sluice.yaml says.
        package var configured: Logger.Level
        /// What somebody has asked for since; nil: nothing.
        package var asked: Logger.Level?
        /// When that ends; nil: with the process.
        package var until: Instant?

        /// What counts.
        package var current: Logger.Level { asked ?? configured }
    }

    /// The place in the program that a message comes from.
    private struct Kind: Hashable {
        let file: String
        let line: UInt
    }

    private struct Tally {
        var begin: Instant
        var count = 0
        var leftOut = 0
        /// The last one that was left out.
        var level = Logger.Level.info
        var text = ""
    }

    private struct State {
        var levels: Levels
        var format: Format
        var tallies: [Kind: Tally] = [:]
    }

    /// So many lines of one kind are written within so long; those beyond are counted.
    package static let mostOfKind = 100
    package static let windowMilliseconds = 10_000
    /// How much of a message is repeated where others like it were left out.
    private static let longestExample = 120

    private let state: Lock<State>
    private let write: @Sendable (String) -> Void

    /// `write` gets whole lines; standard error, unless said.
    package init(
        level: Logger.Level, format: Format = .text,
        write: @escaping @Sendable (String) -> Void = { StandardStream.error.write($0) }
    ) {
        state = Lock(State(levels: Levels(configured: level), format: format))
        self.write = write
    }

    /// How much is written.
    package var levels: Levels { state.withLock { $0.levels } }

    /// Takes on what sluice.yaml says. A level that is another than before counts at once, whatever
    /// was asked for.
    package func configure(level: Logger.Level, format: Format) {
        state.withLock { state in
            state.format = format
            guard level != state.levels.configured else { return }
            state.levels = Levels(configured: level)
        }
    }

    /// Writes so much from now on, until a moment or the end of the process; nil: as sluice.yaml
    /// says. What counted before.
    package func ask(for level: Logger.Level?, until: Instant?) -> Logger.Level {
        state.withLock { state in
            let before = state.levels.current
            state.levels.asked = level
            state.levels.until = level == nil ? nil : until
            return before
        }
    }

    /// Once a second: what was asked for may be over, and what was left out is told. The level
    /// that ended, if one has.
    package func tick(_ now: Instant = .now()) -> Logger.Level? {
        let (ended, notes) = state.withLock { state -> (Logger.Level?, [Tally]) in
            var ended: Logger.Level?
            if let until = state.levels.until, until <= now {
                ended = state.levels.asked
                state.levels.asked = nil
                state.levels.until = nil
            }
            var notes: [Tally] = []
            for (kind, tally) in state.tallies where Self.isOver(tally, now) {
                if tally.leftOut > 0 { notes.append(tally) }
                state.tallies[kind] = nil
            }
            return (ended, notes)
        }
        for note in notes { tell(note) }
        return ended
    }

    /// Writes a message, unless too many of its kind were written just now. What is critical is
    /// always written.
    func take(_ event: LogEvent, _ fields: Logger.Metadata, now: Instant = .now()) {
        let text = Self.oneLine(event.message.description)
        let isCritical = event.level == .critical
        let (isTaken, note) = state.withLock { state -> (Bool, Tally?) in
            let kind = Kind(file: event.file, line: event.line)
            var tally = state.tallies[kind] ?? Tally(begin: now)
            var note: Tally?
            if Self.isOver(tally, now) {
                if tally.leftOut > 0 { note = tally }
                tally = Tally(begin: now)
            }
            let isTaken = isCritical || tally.count < Self.mostOfKind
            if isTaken {
                tally.count += 1
            } else {
                tally.leftOut += 1
                tally.level = event.level
                tally.text = text
            }
            state.tallies[kind] = tally
            return (isTaken, note)
        }
        if let note { tell(note) }
        if isTaken { put(event.level, text, fields) }
    }

    /// Writes what everybody has to know who reads the log, at whatever level it is.
    func announce(_ text: String) { put(.notice, Self.oneLine(text), [:]) }

    private static func isOver(_ tally: Tally, _ now: Instant) -> Bool {
        now >= tally.begin.advanced(byMilliseconds: windowMilliseconds)
    }

    private func tell(_ tally: Tally) {
        let example = tally.text.prefix(Self.longestExample)
        let seconds = Self.windowMilliseconds / 1_000
        put(
            tally.level,
            "\(tally.leftOut) more messages like this one were left out within \(seconds) s: "
                + example, [:])
    }

    private func put(_ level: Logger.Level, _ text: String, _ fields: Logger.Metadata) {
        let time = Timestamp.text(milliseconds: WallClock.nanoseconds() / 1_000_000)
        let facts = fields.sorted { $0.key < $1.key }
        switch state.withLock({ $0.format }) {
        case .text:
            let name = level.rawValue
            let space = String(repeating: " ", count: max(1, 9 - name.count))
            let behind = facts.map { " \($0.key)=\(Self.oneLine("\($0.value)"))" }.joined()
            write("\(time) \(name)\(space)\(text)\(behind)\n")
        case .json:
            var members: [JSONValue.Member] = [
                .init(name: "time", value: .string(time)),
                .init(name: "level", value: .string(level.rawValue)),
                .init(name: "message", value: .string(text)),
            ]
            for fact in facts {
                members.append(.init(name: fact.key, value: .string("\(fact.value)")))
            }
            write(JSONWriter.line(.object(members)) + "\n")
        }
    }

    /// One message, one line: whatever a text brings along must not look like another.
    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " | ")
    }
}
