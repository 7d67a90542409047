/// Ids, all of them counted and the first ones named.
package struct IDList: Sendable, Equatable {
    /// More in a line of the log help nobody.
    package static let mostNamed = 20

    /// How many there are, and the first of them.
    package private(set) var count = 0
    package private(set) var named: [EntityID] = []

    /// None.
    package init() {}

    /// So many, of which these are the first.
    package init(count: Int, named: [EntityID]) {
        self.count = count
        self.named = Array(named.prefix(Self.mostNamed))
    }

    /// One more.
    package mutating func note(_ id: EntityID) {
        count += 1
        if named.count < Self.mostNamed { named.append(id) }
    }

    /// `2 (10b8f6a2-…, 7c0e…)`.
    var text: String {
        let more = count > named.count ? ", and \(count - named.count) more" : ""
        return "\(count) (\(named.map(\.description).joined(separator: ", "))\(more))"
    }
}

/// How one list of entities differs from another.
package struct EntityChanges: Sendable, Equatable {
    /// What is compared.
    package enum Measure: Sendable, Equatable {
        /// One Admin API with itself: ids and stamps.
        case stamps
        /// Two Admin APIs: ids, and times where both tell one, since two versions may show the
        /// same entity in other words.
        case times
    }

    /// How an entity differs.
    package enum Difference: Sendable, Equatable {
        case added, removed, changed
    }

    /// What is only in the later list, only in the earlier one, and in both but not alike.
    package private(set) var added = IDList()
    package private(set) var removed = IDList()
    package private(set) var changed = IDList()

    /// Nothing differs.
    package init() {}

    /// Lists of what differs.
    package init(added: IDList, removed: IDList, changed: IDList) {
        self.added = added
        self.removed = removed
        self.changed = changed
    }

    /// From an earlier list to a later one, or from one side's to the other's.
    package init(from old: [AdminEntity], to new: [AdminEntity], by measure: Measure) {
        Self.walk(from: old, to: new, by: measure) { difference, id in
            switch difference {
            case .added: added.note(id)
            case .removed: removed.note(id)
            case .changed: changed.note(id)
            }
        }
    }

    /// Whether nothing differs.
    package var isEmpty: Bool { added.count + removed.count + changed.count == 0 }

    /// Calls `note` for each entity that differs, in the order of ids.
    package static func walk(
        from old: [AdminEntity], to new: [AdminEntity], by measure: Measure,
        _ note: (Difference, EntityID) -> Void
    ) {
        var (before, after) = (0, 0)
        while before < old.count || after < new.count {
            if after == new.count || before < old.count && old[before].id < new[after].id {
                note(.removed, old[before].id)
                before += 1
            } else if before == old.count || new[after].id < old[before].id {
                note(.added, new[after].id)
                after += 1
            } else {
                if !old[before].isSame(as: new[after], by: measure) {
                    note(.changed, new[after].id)
                }
                before += 1
                after += 1
            }
        }
    }

    /// The ids that differ; nil for more than `limit`.
    static func ids(
        from old: [AdminEntity], to new: [AdminEntity], by measure: Measure, limit: Int
    ) -> Set<EntityID>? {
        var ids: Set<EntityID> = []
        var count = 0
        walk(from: old, to: new, by: measure) { _, id in
            count += 1
            if count <= limit { ids.insert(id) }
        }
        return count > limit ? nil : ids
    }

    /// `added: 1 (…); changed: 2 (…)`, with words for each.
    func text(added: String, removed: String, changed: String) -> String {
        [(added, self.added), (removed, self.removed), (changed, self.changed)]
            .filter { $0.1.count > 0 }.map { "\($0.0): \($0.1.text)" }.joined(separator: "; ")
    }
}

extension AdminEntity {
    fileprivate func isSame(as other: AdminEntity, by measure: EntityChanges.Measure) -> Bool {
        switch measure {
        case .stamps: stamp == other.stamp
        case .times: stamp == other.stamp || !hasTime || !other.hasTime
        }
    }
}
