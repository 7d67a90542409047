internal import FoundationEssentials
internal import Kernel
internal import KongLike
internal import Logging
internal import Proxy
internal import Settings

/// `sluice demo --upgrade`: the upgrade of a Kong cluster, on nodes that answer as Kong does; and
/// another one, in which the new cluster breaks.
package enum UpgradeDemo {
    private enum Act: String {
        case upgrade, breakage
    }

    /// Plays both acts in about so many seconds; the exit status.
    package static func run(seconds: Int) async -> Int32 {
        let status = await play(.upgrade, seconds: seconds)
        guard status == ExitStatus.done else { return status }
        return await play(.breakage, seconds: seconds)
    }

    private static func play(_ act: Act, seconds: Int) async -> Int32 {
        let folder = FileManager.default.temporaryDirectory.path
        let place = "\(folder)/sluice-demo-\(ProcessFacts.identifier)-\(act.rawValue)"
        defer { try? FileManager.default.removeItem(atPath: place) }
        do {
            try DurableFile.makeFolder(place)
            ProcessFacts.keepNewFilesPrivate()
            let database = try KongDatabase.sample(version: "3.4.1", catchesAll: true)
            try database.addOrders()
            let x = node("3.4.1", database, cluster: "x")
            let y = node("3.4.2", database, cluster: "y")
            // The ports of Y are known before it is there.
            try await x.start()
            try await y.start()
            if act == .upgrade { y.stop() }
            let dashboard = try DemoDashboard(in: place)
            let path = try write(x, y, dashboard, into: place)
            let clusters = Clusters(database: database, x: x, y: y)
            return try await serve(act, path, place, clusters, dashboard, seconds)
        } catch {
            StandardStream.error.write("\(error)\n")
            return ExitStatus.failed
        }
    }

    /// The two clusters and what they share.
    struct Clusters: Sendable {
        let database: KongDatabase
        let x: KongLike.KongNode
        let y: KongLike.KongNode
    }

    private static func node(
        _ version: KongVersion, _ database: KongDatabase, cluster: String
    ) -> KongLike.KongNode {
        var settings = KongNodeSettings()
        settings.cluster = cluster
        // Of the node's own id too: two nodes are not one.
        settings.seed = cluster == "x" ? 1 : 2
        settings.serviceLatency = .milliseconds(2)
        return KongLike.KongNode(version: version, database: database, settings: settings)
    }

    /// Writes the configuration of the upgrade; returns its path.
    private static func write(
        _ x: KongLike.KongNode, _ y: KongLike.KongNode, _ dashboard: DemoDashboard,
        into place: String
    ) throws(Errno) -> String {
        func upstream(_ name: String, _ node: KongLike.KongNode) -> String {
            """
              \(name):
                targets: [127.0.0.1:\(node.proxyPort)]
                kong: true
                health: {kind: kong, port: \(node.statusPort), interval: 1s, timeout: 1s}
                admin: {url: "http://127.0.0.1:\(node.adminPort)", interval: 5s}
              admin-\(name): {targets: [127.0.0.1:\(node.adminPort)]}

            """
        }
        func guarding(_ name: String) -> String {
            "  admin-\(name): {address: 127.0.0.1:0, split: admin-\(name), "
                + "guard: {kind: kong_admin, split: kong, upstream: \(name)}}\n"
        }
        let settings = """
            listeners:
              api: {address: 127.0.0.1:0, split: kong}
            \(guarding("x") + guarding("y"))upstreams:
            \(upstream("x", x) + upstream("y", y))splits:
              kong:
                weights: {x: 100, y: 0}
                pins: [{when: {header: {X-Sluice-Upstream: y}, client: 127.0.0.1}, upstream: y}]
                upgrade: {watch: 1s, smoke: [{path: /api}, {path: /keyed, compare: {json: true}}]}
              admin-x: {admin-x: 1}
              admin-y: {admin-y: 1}
            state_dir: state
            control: {socket: sluice.sock}
            \(dashboard.settings)

            """
        let path = "\(place)/sluice.yaml"
        _ = try DurableFile.replace(path, with: Array(settings.utf8))
        return path
    }

    private static func serve(
        _ act: Act, _ path: String, _ place: String, _ clusters: Clusters,
        _ dashboard: DemoDashboard, _ seconds: Int
    ) async throws -> Int32 {
        let reading = try SettingsReader.read(path, environment: [:])
        let notes = DemoNotes.Pad()
        let process = try ProxyProcess(
            reading.snapshot, text: reading.weights, configuration: (path, [:]),
            logger: DemoNotes.logger(notes))
        let (operation, plane) = (process.operation, process.plane)
        let load = DemoLoad(
            paths: ["/demo", "/orders/17", "/users/me"],
            port: {
                plane.boundListeners.first { $0.name == "api" }.map { Int($0.address.port) }
            },
            isWanted: { await operation.isReady })
        let pauses = UpgradePlay.pauseCount + BreakagePlay.pauseCount
        let stage = DemoStage(
            place: place, operation: operation, dashboard: dashboard, load: load, notes: notes,
            pauseMilliseconds: max(seconds * 1_000 / pauses, 50))
        let play: any DemoPlay =
            switch act {
            case .upgrade: UpgradePlay(clusters: clusters, stage: stage)
            case .breakage: BreakagePlay(y: clusters.y, stage: stage)
            }
        try await process.run(with: [load, play], endsAtHangUp: true)
        return play.isOver ? ExitStatus.done : ExitStatus.failed
    }
}

extension KongDatabase {
    /// A route that nobody but act two thinks of, with a plugin.
    fileprivate func addOrders() throws {
        try add(.routes, ["name": "orders", "paths": ["/orders"], "service": "tiny"])
        try add(.plugins, ["name": .string(BreakagePlay.plugin), "route": "orders"])
    }
}
