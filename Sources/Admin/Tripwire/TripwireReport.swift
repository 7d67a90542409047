/// What is known of an Admin API.
package struct AdminReport: Sendable, Equatable {
    /// The upstream, and who answered last.
    package let upstream: String
    package var node: KongNode?
    /// When it was last read without a fault, in milliseconds since 1970.
    package var lastSuccessMilliseconds: Int64?
    /// The last time that its lists were read.
    package var lastReadingMilliseconds: Int64?
    /// Why it could not be read, and since when; nil while it can.
    package var fault: AdminFault?
    package var faultSinceMilliseconds: Int64?
    /// Of each kind how many there are, and their digest.
    package var lists: [(kind: EntityKind, count: Int, digest: String)] = []
    package var missingKinds: [EntityKind] = []
    /// Good and failed attempts since the start.
    package var successCount = 0
    package var faultCount = 0

    init(upstream: String) { self.upstream = upstream }

    /// Compares all that is told.
    package static func == (left: AdminReport, right: AdminReport) -> Bool {
        left.answer == right.answer
    }

    /// Takes on how an attempt ended. What is worth a line of the log.
    mutating func take(_ result: Result<AdminLook, AdminFault>, now: Int64)
        -> SplitTripwire.Event?
    {
        switch result {
        case .success(let look):
            successCount += 1
            node = look.node
            lastSuccessMilliseconds = now
            if let reading = look.reading {
                lastReadingMilliseconds = now
                missingKinds = reading.inventory.missingKinds
                lists = EntityKind.allCases.compactMap { kind in
                    reading.inventory[kind].map { ($0, kind) }.map { list, kind in
                        (kind, list.count, EntityDigest.text(of: list))
                    }
                }
            }
            let hadFault = fault != nil
            (fault, faultSinceMilliseconds) = (nil, nil)
            return hadFault
                ? .init(level: .notice, text: "admin \(upstream): can be read again") : nil
        case .failure(let next):
            faultCount += 1
            defer { fault = next }
            if fault == nil { faultSinceMilliseconds = now }
            return fault == next
                ? nil : .init(level: .error, text: "admin \(upstream): cannot be read: \(next)")
        }
    }

    /// As JSON.
    package var answer: JSONValue {
        .object([
            "upstream": .string(upstream),
            "version": .string(optional: node?.version),
            "node_id": .string(optional: node?.id),
            "hostname": .string(optional: node?.hostname),
            "last_success": .moment(lastSuccessMilliseconds),
            "last_reading": .moment(lastReadingMilliseconds),
            "error": .string(optional: fault.map { "\($0)" }),
            "error_since": .moment(faultSinceMilliseconds),
            "lists": .object(
                lists.map { list in
                    .init(
                        name: list.kind.rawValue,
                        value: .object([
                            "count": .number(list.count), "digest": .string(list.digest),
                        ]))
                }),
            "missing": .array(missingKinds.map { .string($0.rawValue) }),
        ])
    }
}

/// How a split's tripwire stands.
package struct TripwireReport: Sendable, Equatable {
    /// In a word.
    package enum Verdict: String, Sendable, Equatable, CaseIterable {
        /// Nothing is frozen.
        case off
        /// The freeze has begun just now.
        case settling
        /// Every side was read and nothing is amiss.
        case clear
        /// Nothing is known to be amiss, but not every side could be looked at.
        case blind
        /// Something changed behind the guard, or two sides disagree.
        case alarm
    }

    /// The machine, whose alarms and baselines these are.
    package let tripwire: SplitTripwire
    /// Why not all is seen, and what else one should know.
    package let verdict: Verdict
    package let reasons: [String]
    package let remarks: [String]
    /// Whether a restart finds it so.
    package let isDurable: Bool

    /// How it stands. `admins` has nil for a member without `admin`; `freshMilliseconds` is how
    /// old a reading may be.
    package init(
        _ tripwire: SplitTripwire, admins: [(upstream: String, report: AdminReport?)], now: Int64,
        freshMilliseconds: Int64, isDurable: Bool
    ) {
        self.tripwire = tripwire
        self.isDurable = isDurable
        let isBoth = tripwire.freeze?.mode == .both
        reasons =
            admins.flatMap { upstream, report in
                guard let report else { return ["\(upstream) has no `admin`: it is not watched"] }
                return Self.reasons(
                    report, isBoth ? .some(tripwire.baselines[upstream]) : nil, now: now,
                    freshMilliseconds)
            } + [tripwire.sameNode].compactMap(\.self)
        remarks = Self.remarks(tripwire)
        if tripwire.freeze == nil {
            verdict = .off
        } else if !tripwire.alarmedKinds.isEmpty {
            verdict = .alarm
        } else if now < tripwire.settledAtMilliseconds {
            verdict = .settling
        } else {
            verdict = reasons.isEmpty ? .clear : .blind
        }
    }

    private static func reasons(
        _ report: AdminReport, _ baseline: SplitTripwire.Baseline??, now: Int64, _ fresh: Int64
    ) -> [String] {
        let upstream = report.upstream
        if let fault = report.fault { return ["\(upstream) cannot be read: \(fault)"] }
        guard let last = report.lastReadingMilliseconds else {
            return ["\(upstream) has not been read yet"]
        }
        if now - last > fresh {
            return [
                "\(upstream) was read for the last time at \(Timestamp.text(milliseconds: last))"
            ]
        }
        guard let baseline else { return [] }
        guard let baseline else { return ["\(upstream) has no baseline yet"] }
        return report.missingKinds.filter { baseline.inventory[$0] != nil }.map {
            "\(upstream) has no list of \($0) any more"
        }
    }

    /// What was written between the freeze and a late baseline was seen by nobody.
    private static func remarks(_ tripwire: SplitTripwire) -> [String] {
        tripwire.baselines.sorted { $0.key < $1.key }.compactMap { upstream, baseline in
            let since = tripwire.freeze?.sinceMilliseconds ?? baseline.takenAtMilliseconds
            let late = baseline.takenAtMilliseconds - since
            guard late > 120_000 else { return nil }
            return "the baseline of \(upstream) is \(StatusText.duration(Int(late / 1_000))) "
                + "younger than the freeze: what changed before cannot be seen"
        }
    }

    /// As JSON.
    package var answer: JSONValue {
        let freeze = tripwire.freeze
        return .object([
            "split": .string(tripwire.split),
            "verdict": .string(verdict.rawValue),
            "mode": .string((freeze?.mode ?? .off).rawValue),
            "since": .moment(freeze?.sinceMilliseconds),
            "durable": .bool(isDurable),
            "alarms": .array(
                tripwire.changes.map(\.answer)
                    + tripwire.disagreements.filter(\.isAlarm).map(\.answer)),
            "reasons": .array(reasons.map { .string($0) }),
            "remarks": .array(remarks.map { .string($0) }),
            "baselines": .object(
                tripwire.baselines.sorted { $0.key < $1.key }.map { upstream, baseline in
                    .init(
                        name: upstream,
                        value: .object([
                            "taken_at": .moment(baseline.takenAtMilliseconds),
                            "entities": .number(baseline.inventory.count),
                        ]))
                }),
        ])
    }
}

extension SplitTripwire.Change {
    fileprivate var answer: JSONValue {
        .object([
            "type": "changed", "kind": .string(kind.rawValue), "upstream": .string(upstream),
            "since": .moment(sinceMilliseconds), "added": changes.added.answer,
            "removed": changes.removed.answer, "changed": changes.changed.answer,
        ])
    }
}

extension SplitTripwire.Disagreement {
    fileprivate var answer: JSONValue {
        .object([
            "type": "disagreement", "kind": .string(kind.rawValue),
            "upstream": .string(first), "other": .string(second),
            "since": .moment(sinceMilliseconds), "only_here": changes.removed.answer,
            "only_there": changes.added.answer, "changed": changes.changed.answer,
        ])
    }
}

extension IDList {
    fileprivate var answer: JSONValue {
        .object([
            "count": .number(count), "ids": .array(named.map { .string($0.description) }),
        ])
    }
}

extension JSONValue {
    /// A moment as RFC 3339 writes it; null for none.
    static func moment(_ milliseconds: Int64?) -> JSONValue {
        milliseconds.map { .string(Timestamp.text(milliseconds: $0)) } ?? .null
    }

    /// A text; null for none.
    static func string(optional text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
