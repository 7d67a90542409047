/// Names to dense ids, which are never reused: rows of counters survive every reload.
package struct Registry: Sendable {
    /// A lane: an upstream within a split.
    package struct Lane: Hashable, Sendable {
        /// The split's name.
        package let split: String
        /// The upstream's name.
        package let upstream: String

        package init(split: String, upstream: String) {
            self.split = split
            self.upstream = upstream
        }
    }

    /// A target: an address of an upstream.
    package struct Target: Hashable, Sendable {
        /// The upstream's name.
        package let upstream: String
        /// The address as the settings write it.
        package let address: String
    }

    private var laneIDs = DenseIDs<Lane>()
    private var targetIDs = DenseIDs<Target>()
    private var upstreamIDs = DenseIDs<String>()
    private var listenerIDs = DenseIDs<String>()
    private var splitIDs = DenseIDs<String>()

    /// A registry that knows no name.
    package init() {}

    /// The id of a lane, a new one at the first call.
    package mutating func lane(split: String, upstream: String) -> Int {
        laneIDs.id(of: Lane(split: split, upstream: upstream))
    }

    /// The id of a target, a new one at the first call.
    package mutating func target(upstream: String, address: String) -> Int {
        targetIDs.id(of: Target(upstream: upstream, address: address))
    }

    /// The id of an upstream, a new one at the first call.
    package mutating func upstream(_ name: String) -> Int {
        upstreamIDs.id(of: name)
    }

    /// The id of a listener, a new one at the first call.
    package mutating func listener(_ name: String) -> Int {
        listenerIDs.id(of: name)
    }

    /// The id of a split, a new one at the first call.
    package mutating func split(_ name: String) -> Int {
        splitIDs.id(of: name)
    }

    /// The lane's id, nil for a lane never registered.
    package func knownLane(split: String, upstream: String) -> Int? {
        laneIDs.knownID(of: Lane(split: split, upstream: upstream))
    }

    /// The upstream's id, nil for one never registered.
    package func knownUpstream(_ name: String) -> Int? {
        upstreamIDs.knownID(of: name)
    }

    /// The target's id, nil for one never registered.
    package func knownTarget(upstream: String, address: String) -> Int? {
        targetIDs.knownID(of: Target(upstream: upstream, address: address))
    }

    /// The listener's id, nil for one never registered.
    package func knownListener(_ name: String) -> Int? {
        listenerIDs.knownID(of: name)
    }

    /// The split's id, nil for one never registered.
    package func knownSplit(_ name: String) -> Int? {
        splitIDs.knownID(of: name)
    }

    /// All lanes, each at its id.
    package var lanes: [Lane] { laneIDs.names }
    /// All targets, each at its id.
    package var targets: [Target] { targetIDs.names }
    /// All upstreams, each at its id.
    package var upstreams: [String] { upstreamIDs.names }
    /// All listeners, each at its id.
    package var listeners: [String] { listenerIDs.names }
    /// All splits, each at its id.
    package var splits: [String] { splitIDs.names }
}

private struct DenseIDs<Name: Hashable & Sendable>: Sendable {
    private(set) var names: [Name] = []
    private var ids: [Name: Int] = [:]

    mutating func id(of name: Name) -> Int {
        if let id = ids[name] { return id }
        names.append(name)
        ids[name] = names.count - 1
        return names.count - 1
    }

    func knownID(of name: Name) -> Int? { ids[name] }
}
