/// What one Admin API told in one reading, from its first list to its last.
package struct AdminReading: Sendable, Equatable {
    /// The node that answered.
    package let node: KongNode
    /// What there is of each kind.
    package let inventory: EntityInventory

    /// A whole reading.
    package init(node: KongNode, inventory: EntityInventory) {
        self.node = node
        self.inventory = inventory
    }
}

/// What `GET /` tells of a node.
package struct KongNode: Sendable, Equatable {
    /// `3.4.2`, and who it is.
    package let version: String
    package let id: String
    package let hostname: String

    /// A node of Kong.
    package init(version: String, id: String, hostname: String) {
        self.version = version
        self.id = id
        self.hostname = hostname
    }
}

/// The entities of each kind, in the order of their ids, none twice.
package struct EntityInventory: Sendable, Equatable {
    private var lists: [EntityKind: [AdminEntity]] = [:]

    /// Nothing of any kind.
    package init() {}

    /// The entities of a kind; nil where the Admin API has no such list.
    package subscript(kind: EntityKind) -> [AdminEntity]? {
        get { lists[kind] }
        set { lists[kind] = newValue }
    }

    /// All entities together.
    package var count: Int { lists.values.reduce(0) { $0 + $1.count } }

    /// The kinds that the Admin API has no list of.
    package var missingKinds: [EntityKind] { EntityKind.allCases.filter { lists[$0] == nil } }
}
