/// What `state_dir/tripwire.state` keeps, so that a restart forgives nothing: the freezes, what
/// was there when they began, and the alarms.
package struct TripwireState: Sendable, Equatable {
    /// Of the splits that are frozen.
    package let tripwires: [SplitTripwire]

    /// Why bytes are not what was written.
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case notAState, damaged
        case malformed(line: Int)

        /// What is wrong and what was expected, in one line.
        package var description: String {
            switch self {
            case .notAState: "not what is kept there; expected `\(title)` in the first line"
            case .damaged: "damaged; expected the text that its checksum was made of"
            case .malformed(let line): "line \(line) is not what is written there"
            }
        }
    }

    private static let title = "sluice tripwire state 1"

    /// A state of the tripwires that watch.
    package init(_ tripwires: [SplitTripwire]) {
        self.tripwires = tripwires.filter { $0.freeze != nil }
    }

    /// One fact a line, 48 hexadecimal digits for an entity, and a checksum of all before it.
    package func encoded() -> String {
        var text = Self.title + "\n"
        for tripwire in tripwires { Self.write(tripwire, to: &text) }
        return text + "checksum \(SHA256.hexadecimal(text.utf8))\n"
    }

    private static func write(_ tripwire: SplitTripwire, to text: inout String) {
        guard let freeze = tripwire.freeze else { return }
        text += "split \(tripwire.split) \(freeze.mode.rawValue) \(freeze.sinceMilliseconds) "
        text += "\(tripwire.settledAtMilliseconds)\n"
        for (upstream, baseline) in tripwire.baselines.sorted(by: { $0.key < $1.key }) {
            text += "baseline \(upstream) \(baseline.takenAtMilliseconds)\n"
            for kind in EntityKind.allCases {
                guard let list = baseline.inventory[kind] else { continue }
                text += "list \(kind.rawValue) \(list.count)\n"
                for entity in list {
                    text += Hexadecimal.text(entity.id.high) + Hexadecimal.text(entity.id.low)
                    text += Hexadecimal.text(entity.stamp) + "\n"
                }
            }
        }
        for change in tripwire.changes {
            text += "change \(change.upstream) \(change.kind.rawValue) "
            text += "\(change.sinceMilliseconds)\n"
            write(change.changes, to: &text)
        }
        for one in tripwire.disagreements where one.isAlarm {
            text += "disagreement \(one.first) \(one.second) \(one.kind.rawValue) "
            text += "\(one.sinceMilliseconds)\n"
            write(one.changes, to: &text)
        }
    }

    private static func write(_ changes: EntityChanges, to text: inout String) {
        for (word, list) in [
            ("added", changes.added), ("removed", changes.removed), ("changed", changes.changed),
        ] {
            let ids = list.named.map { " \($0)" }.joined()
            text += "\(word) \(list.count)\(ids)\n"
        }
    }

    /// Reads what `encoded` wrote, byte for byte; anything else is refused.
    package init(decoding bytes: [UInt8]) throws(Fault) {
        guard bytes.starts(with: "\(Self.title)\n".utf8) else { throw .notAState }
        let sum = "checksum ".utf8.count + 64 + 1
        guard bytes.count > sum else { throw .damaged }
        let body = bytes.dropLast(sum)
        guard bytes.suffix(sum).elementsEqual("checksum \(SHA256.hexadecimal(body))\n".utf8)
        else { throw .damaged }
        var lines = TripwireLines(body)
        _ = lines.next()
        var tripwires: [SplitTripwire] = []
        while !lines.isAtEnd { tripwires.append(try lines.tripwire()) }
        self.init(tripwires)
        guard encoded().utf8.elementsEqual(bytes) else { throw .damaged }
    }
}

/// The lines of a state, taken one after the other.
private struct TripwireLines {
    private let lines: [Substring]
    private var index = 0

    init(_ bytes: ArraySlice<UInt8>) {
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    var isAtEnd: Bool { index == lines.count }

    mutating func next() -> [Substring] {
        guard index < lines.count else { return [] }
        index += 1
        return lines[index - 1].split(separator: " ")
    }

    private func isNext(_ word: String) -> Bool {
        index < lines.count && lines[index].hasPrefix("\(word) ")
    }

    private var fault: TripwireState.Fault { .malformed(line: index) }

    mutating func tripwire() throws(TripwireState.Fault) -> SplitTripwire {
        let words = next()
        guard words.count == 5, words[0] == "split", let since = Int64(words[3]),
            let mode = FreezeFacts.Mode(rawValue: String(words[2])), mode != .off,
            let settledAt = Int64(words[4])
        else { throw fault }
        let split = String(words[1])
        var baselines: [String: SplitTripwire.Baseline] = [:]
        while isNext("baseline") {
            let (upstream, baseline) = try baseline()
            guard baselines.updateValue(baseline, forKey: upstream) == nil else { throw fault }
        }
        var changes: [SplitTripwire.Change] = []
        while isNext("change") { changes.append(try change()) }
        var disagreements: [SplitTripwire.Disagreement] = []
        while isNext("disagreement") { disagreements.append(try disagreement()) }
        return SplitTripwire(
            split: split,
            freeze: FreezeFacts(split: split, mode: mode, sinceMilliseconds: since),
            settledAtMilliseconds: settledAt, baselines: baselines, changes: changes,
            disagreements: disagreements)
    }

    private mutating func baseline()
        throws(TripwireState.Fault) -> (String, SplitTripwire.Baseline)
    {
        let words = next()
        guard words.count == 3, let takenAt = Int64(words[2]) else { throw fault }
        var inventory = EntityInventory()
        while isNext("list") {
            let head = next()
            guard head.count == 3, let kind = EntityKind(rawValue: String(head[1])),
                let count = Int(head[2]), (0...lines.count).contains(count),
                inventory[kind] == nil
            else { throw fault }
            var list: [AdminEntity] = []
            list.reserveCapacity(count)
            for _ in 0..<count { list.append(try entity()) }
            inventory[kind] = list
        }
        let baseline = SplitTripwire.Baseline(takenAtMilliseconds: takenAt, inventory: inventory)
        return (String(words[1]), baseline)
    }

    private mutating func entity() throws(TripwireState.Fault) -> AdminEntity {
        guard index < lines.count else { throw fault }
        let digits = lines[index]
        index += 1
        guard digits.utf8.count == 48, let high = Hexadecimal.value(digits.prefix(16)),
            let low = Hexadecimal.value(digits.dropFirst(16).prefix(16)),
            let stamp = Hexadecimal.value(digits.suffix(16))
        else { throw fault }
        return AdminEntity(id: EntityID(high: high, low: low), stamp: stamp)
    }

    private mutating func change() throws(TripwireState.Fault) -> SplitTripwire.Change {
        let words = next()
        guard words.count == 4, let kind = EntityKind(rawValue: String(words[2])),
            let since = Int64(words[3])
        else { throw fault }
        return SplitTripwire.Change(
            upstream: String(words[1]), kind: kind, sinceMilliseconds: since,
            changes: try changes())
    }

    private mutating func disagreement()
        throws(TripwireState.Fault) -> SplitTripwire.Disagreement
    {
        let words = next()
        guard words.count == 5, let kind = EntityKind(rawValue: String(words[3])),
            let since = Int64(words[4])
        else { throw fault }
        return SplitTripwire.Disagreement(
            first: String(words[1]), second: String(words[2]), kind: kind,
            sinceMilliseconds: since, changes: try changes(), ids: nil, isAlarm: true)
    }

    private mutating func changes() throws(TripwireState.Fault) -> EntityChanges {
        EntityChanges(
            added: try list("added"), removed: try list("removed"), changed: try list("changed"))
    }

    private mutating func list(_ word: String) throws(TripwireState.Fault) -> IDList {
        let words = next()
        guard words.count >= 2, words[0] == word, let count = Int(words[1]) else { throw fault }
        let ids = words.dropFirst(2).compactMap { EntityID(String($0)) }
        guard ids.count == words.count - 2, ids.count == min(count, IDList.mostNamed) else {
            throw fault
        }
        return IDList(count: count, named: ids)
    }
}
