internal import Kernel

/// What the lives of a node have in common, and what tests change while it runs.
final class NodeShared: Sendable {
    let version: KongVersion
    let database: KongDatabase
    let settings: KongNodeSettings
    let id: String
    let faults = Lock(KongFaults())
    let counts = Lock(Counts())
    let logLevel = Lock("notice")

    struct Counts {
        /// Requests on the proxy port.
        var requests = 0
        var accepted = 0
        var open = 0
    }

    init(version: KongVersion, database: KongDatabase, settings: KongNodeSettings) {
        self.version = version
        self.database = database
        self.settings = settings
        var random = SeededRandom(seed: settings.seed &+ 77)
        id = random.identifier()
    }

    var times: KongTimes { settings.times }

    /// Whether this node reaches the database now.
    var hasDatabase: Bool {
        database.isReachable && !faults.withLock { $0.isDatabaseUnreachable }
    }
}
