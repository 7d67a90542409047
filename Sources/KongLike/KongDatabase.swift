internal import Foundation
internal import Kernel

/// The PostgreSQL that nodes of several clusters share: entities, counters, migrations.
package final class KongDatabase: Sendable {
    /// How far an upgrade of the database has come.
    package enum Migrations: Sendable, Equatable {
        /// Everything was migrated for that version.
        case finished(KongVersion)
        /// `kong migrations up` ran for the new version, `finish` did not: both can serve.
        case pending(from: KongVersion, to: KongVersion)
    }

    /// Why a change was refused.
    package enum Refusal: Error, Sendable, Equatable {
        case unreachable
        case notFound
        /// Fields and what is wrong with them.
        case violation([String: String])
        case taken(field: String, value: String)
        /// A field names an entity that is not there.
        case unknownReference(field: String)
        /// Others point to it.
        case isReferenced(by: String)
    }

    struct State {
        var entities: [EntityKind: [String: JSON]] = [:]
        var isReachable = true
        /// When it became unreachable.
        var lostAt: ContinuousClock.Instant?
        var migrations: Migrations
        var revision = 0
        var table = RoutingTable()
        var random: SeededRandom
        var nodes: [ObjectIdentifier: WeakNode] = [:]
        var counters: [String: Int] = [:]
    }

    struct WeakNode {
        weak var node: KongNode?
    }

    let state: Lock<State>

    /// An empty one, migrated for that version: older nodes do not start on it.
    package init(version: KongVersion = "2.8.0", seed: UInt64 = 1) {
        state = Lock(State(migrations: .finished(version), random: SeededRandom(seed: seed)))
    }

    /// Whether nodes reach it.
    package var isReachable: Bool {
        get { state.withLock { $0.isReachable } }
        set {
            state.withLock { state in
                guard state.isReachable != newValue else { return }
                state.isReachable = newValue
                state.lostAt = newValue ? nil : .now
            }
        }
    }

    /// How far an upgrade of the database has come.
    package var migrations: Migrations { state.withLock { $0.migrations } }

    /// `kong migrations up`, run with a new version.
    package func migrate(to version: KongVersion) {
        state.withLock { state in
            guard case .finished(let old) = state.migrations else { return }
            state.migrations = .pending(from: old, to: version)
        }
    }

    /// `kong migrations finish`: older nodes go on, but cannot be started any more.
    package func finishMigrations() {
        state.withLock { state in
            guard case .pending(_, let new) = state.migrations else { return }
            state.migrations = .finished(new)
        }
    }

    /// Whether a node of that version can be started on it.
    func admits(_ version: KongVersion) -> Bool {
        switch migrations {
        case .finished(let minimum): version >= minimum
        case .pending: true
        }
    }

    /// All entities of a kind, in the order of their ids.
    package func all(_ kind: EntityKind) -> [JSON] {
        state.withLock { $0.entities[kind, default: [:]].sorted { $0.key < $1.key }.map(\.value) }
    }

    /// How long ago the database was lost; nil while it is there.
    var lostFor: Duration? { state.withLock { $0.lostAt.map { .now - $0 } } }

    var table: RoutingTable { state.withLock { $0.table } }

    func register(_ node: KongNode) {
        state.withLock { $0.nodes[ObjectIdentifier(node)] = WeakNode(node: node) }
    }

    func forget(_ node: ObjectIdentifier) {
        state.withLock { _ = $0.nodes.removeValue(forKey: node) }
    }

    /// Adds to the counters that all clusters share; what it is then. nil without the database.
    func count(_ key: String) -> Int? {
        state.withLock { state in
            guard state.isReachable else { return nil }
            // Windows that are over are of no use to anybody.
            if state.counters.count > 10_000 { state.counters.removeAll() }
            state.counters[key, default: 0] += 1
            return state.counters[key]
        }
    }

    static func now() -> JSON { .number(Date().timeIntervalSince1970.rounded(.down)) }
}
