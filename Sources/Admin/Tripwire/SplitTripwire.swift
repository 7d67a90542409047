/// The tripwire of one split: what was there when writes were frozen, what is there now, and what
/// follows. Pure: facts, readings and times in; events out.
package struct SplitTripwire: Sendable, Equatable {
    /// How long things take.
    package struct Times: Sendable, Equatable {
        /// From a freeze to its baseline, and how long two sides may differ: by then what was
        /// written before has come to every worker of both.
        package var settleMilliseconds: Int64 = 10_000
        package var agreeMilliseconds: Int64 = 10_000

        /// What Kong was measured to need, 8.6 s, and a little more.
        package init() {}
    }

    /// What an Admin API had when the freeze had settled.
    package struct Baseline: Sendable, Equatable {
        /// When the reading began, in milliseconds since 1970, and what it found.
        package let takenAtMilliseconds: Int64
        package var inventory: EntityInventory

        /// What there was at a moment.
        package init(takenAtMilliseconds: Int64, inventory: EntityInventory) {
            self.takenAtMilliseconds = takenAtMilliseconds
            self.inventory = inventory
        }
    }

    /// Something that changed behind the guard. It stays until the freeze is lifted, also when
    /// somebody changes it back.
    package struct Change: Sendable, Equatable {
        /// Where, what, and when it was first seen, in milliseconds since 1970.
        package let upstream: String
        package let kind: EntityKind
        package let sinceMilliseconds: Int64
        /// Against the baseline, as it was seen last.
        package var changes: EntityChanges

        /// A change that was first seen at a moment.
        package init(
            upstream: String, kind: EntityKind, sinceMilliseconds: Int64, changes: EntityChanges
        ) {
            self.upstream = upstream
            self.kind = kind
            self.sinceMilliseconds = sinceMilliseconds
            self.changes = changes
        }
    }

    /// What two sides tell differently.
    package struct Disagreement: Sendable, Equatable {
        /// Between whom, in what, and since when, in milliseconds since 1970.
        package let first: String
        package let second: String
        package let kind: EntityKind
        package let sinceMilliseconds: Int64
        /// From the first to the second.
        package let changes: EntityChanges
        /// What has differed all the time since; nil when it is too much to remember.
        package let ids: Set<EntityID>?
        /// Whether it has lasted longer than Kong needs.
        package let isAlarm: Bool

        /// Two sides that differ since a moment.
        package init(
            first: String, second: String, kind: EntityKind, sinceMilliseconds: Int64,
            changes: EntityChanges, ids: Set<EntityID>?, isAlarm: Bool
        ) {
            self.first = first
            self.second = second
            self.kind = kind
            self.sinceMilliseconds = sinceMilliseconds
            self.changes = changes
            self.ids = ids
            self.isAlarm = isAlarm
        }
    }

    /// What is worth a line of the log.
    package struct Event: Sendable, Equatable {
        /// How important it is.
        package enum Level: Sendable, Equatable {
            case notice, warning, error
        }

        /// Its level and its words.
        package let level: Level
        package let text: String
    }

    static let mostIDs = 1_000

    /// The split's name.
    package let split: String
    /// The freeze that is in force; nil when there is none.
    package private(set) var freeze: FreezeFacts?
    /// From when on a reading may be a baseline.
    package private(set) var settledAtMilliseconds: Int64 = 0
    /// By upstream.
    package private(set) var baselines: [String: Baseline] = [:]
    package private(set) var changes: [Change] = []
    package private(set) var disagreements: [Disagreement] = []
    /// The pair that turned out to be one node.
    package private(set) var sameNode: String?

    /// A tripwire of a split that is not frozen.
    package init(split: String) { self.split = split }

    /// The tripwire as an earlier run left it.
    package init(
        split: String, freeze: FreezeFacts, settledAtMilliseconds: Int64,
        baselines: [String: Baseline], changes: [Change], disagreements: [Disagreement]
    ) {
        self.split = split
        self.freeze = freeze
        self.settledAtMilliseconds = settledAtMilliseconds
        self.baselines = baselines
        self.changes = changes
        self.disagreements = disagreements
    }

    /// The kinds that an alarm is up for.
    package var alarmedKinds: Set<EntityKind> {
        Set(changes.map(\.kind) + disagreements.filter(\.isAlarm).map(\.kind))
    }

    /// Whether the lists are to be read now.
    package func isSettled(now: Int64) -> Bool { freeze != nil && now >= settledAtMilliseconds }

    /// Takes on what is frozen now.
    package mutating func take(
        _ facts: FreezeFacts?, now: Int64, times: Times = Times()
    ) -> [Event] {
        let next = facts.flatMap { $0.mode == .off ? nil : $0 }
        guard next != freeze else { return [] }
        var events: [Event] = []
        if freeze != nil, !alarmedKinds.isEmpty {
            let kinds = Self.listed(alarmedKinds)
            events.append(
                event(.warning, next == nil ? "\(kinds): let go" : "\(kinds): let go, anew"))
        }
        // Another mode since the same moment begins when it is seen.
        let isOtherMode =
            next?.sinceMilliseconds == freeze?.sinceMilliseconds && freeze != nil
        let since = isOtherMode ? now : min(next?.sinceMilliseconds ?? now, now)
        let split = split
        self = SplitTripwire(split: split)
        freeze = next
        settledAtMilliseconds = next == nil ? 0 : since + times.settleMilliseconds
        events.append(
            event(
                .notice,
                next.map { "watches, \($0.mode == .both ? "both are" : "the candidate is") frozen" }
                    ?? "rests, nothing is frozen"))
        return events
    }

    /// Takes what a round of readings told, in the order of the split's members, the stable one
    /// first. `began` is when the first of them began.
    package mutating func take(
        _ readings: [(upstream: String, reading: AdminReading)], began: Int64, now: Int64,
        times: Times = Times()
    ) -> [Event] {
        guard let freeze, began >= settledAtMilliseconds else { return [] }
        var events: [Event] = []
        // While the stable side takes urgent writes, changes are no wonder.
        if freeze.mode == .both {
            for (upstream, reading) in readings {
                events += look(at: reading.inventory, of: upstream, began: began, now: now)
            }
        }
        sameNode = nil
        for other in readings.dropFirst() {
            events += compare(readings[0], other, now: now, times)
        }
        return events
    }

    func event(_ level: Event.Level, _ text: String) -> Event {
        Event(level: level, text: "tripwire \(split): \(text)")
    }

    static func listed(_ kinds: Set<EntityKind>) -> String {
        EntityKind.allCases.filter(kinds.contains).map(\.rawValue).joined(separator: ", ")
    }
}

/// Against the baseline, and against each other.
extension SplitTripwire {
    private mutating func look(
        at inventory: EntityInventory, of upstream: String, began: Int64, now: Int64
    ) -> [Event] {
        guard let baseline = baselines[upstream] else {
            baselines[upstream] = Baseline(takenAtMilliseconds: began, inventory: inventory)
            return [event(.notice, "\(upstream) has \(inventory.count) entities: the baseline")]
        }
        return EntityKind.allCases.flatMap { kind -> [Event] in
            switch (baseline.inventory[kind], inventory[kind]) {
            case (let old?, let new?):
                let changes = EntityChanges(from: old, to: new, by: .stamps)
                return note(changes, kind, of: upstream, now: now)
            case (nil, let new?):
                baselines[upstream]?.inventory[kind] = new
                return [
                    event(
                        .warning,
                        "\(upstream) has a list of \(kind) only now: the baseline of these")
                ]
            case (_, nil):
                return []
            }
        }
    }

    private mutating func note(
        _ changes: EntityChanges, _ kind: EntityKind, of upstream: String, now: Int64
    ) -> [Event] {
        guard !changes.isEmpty else { return [] }
        let text = changes.text(added: "added", removed: "removed", changed: "changed")
        let message = "ALARM: \(kind) of \(upstream) changed behind the guard: \(text)"
        if let index = self.changes.firstIndex(where: {
            $0.upstream == upstream && $0.kind == kind
        }) {
            guard self.changes[index].changes != changes else { return [] }
            self.changes[index].changes = changes
        } else {
            self.changes.append(
                Change(
                    upstream: upstream, kind: kind, sinceMilliseconds: now, changes: changes))
        }
        return [event(.error, message)]
    }

    private mutating func compare(
        _ first: (upstream: String, reading: AdminReading),
        _ second: (upstream: String, reading: AdminReading), now: Int64, _ times: Times
    ) -> [Event] {
        if !first.reading.node.id.isEmpty, first.reading.node.id == second.reading.node.id {
            sameNode =
                "\(first.upstream) and \(second.upstream) are one node, "
                + "\(first.reading.node.id): one of the addresses is wrong"
        }
        return EntityKind.allCases.flatMap { kind -> [Event] in
            let index = disagreements.firstIndex {
                $0.first == first.upstream && $0.second == second.upstream && $0.kind == kind
            }
            let before = index.map { disagreements.remove(at: $0) }
            guard let old = first.reading.inventory[kind], let new = second.reading.inventory[kind]
            else { return [] }
            let changes = EntityChanges(from: old, to: new, by: .times)
            let names = "\(kind) of \(first.upstream) and \(second.upstream)"
            guard !changes.isEmpty else {
                return before?.isAlarm == true ? [event(.notice, "\(names) agree again")] : []
            }
            let ids = EntityChanges.ids(from: old, to: new, by: .times, limit: Self.mostIDs)
            let disagreement = Self.disagreement(
                (first.upstream, second.upstream, kind), changes, ids, before, now: now, times)
            disagreements.append(disagreement)
            guard disagreement.isAlarm, before?.isAlarm != true || before?.changes != changes
            else { return [] }
            let text = changes.text(
                added: "only at \(second.upstream)", removed: "only at \(first.upstream)",
                changed: "changed at other times")
            return [event(.error, "ALARM: \(names) disagree: \(text)")]
        }
    }

    /// Only what has differed all the time counts: while a change is on its way to both, each
    /// reading may find another difference.
    private static func disagreement(
        _ pair: (String, String, EntityKind), _ changes: EntityChanges, _ ids: Set<EntityID>?,
        _ before: Disagreement?, now: Int64, _ times: Times
    ) -> Disagreement {
        var (since, lasting) = (now, ids)
        if let before {
            if let ids, let earlier = before.ids {
                let common = ids.intersection(earlier)
                if !common.isEmpty { (since, lasting) = (before.sinceMilliseconds, common) }
            } else {
                since = before.sinceMilliseconds
            }
        }
        return Disagreement(
            first: pair.0, second: pair.1, kind: pair.2, sinceMilliseconds: since,
            changes: changes, ids: lasting, isAlarm: now - since >= times.agreeMilliseconds)
    }
}
