import KongLike
import Testing

/// The whole program in front of nodes that behave as Kong's.
@Suite(.serialized, .ownThreads)
struct KongTests {
    // Three late answers in a row make a target down: on a slow machine they may be late.
    private static let quick = "interval: 1s, timeout: 1s"

    private static func node(
        _ version: KongVersion, _ database: KongDatabase,
        _ change: (inout KongNodeSettings) -> Void = { _ in }
    ) throws -> KongNode {
        var settings = KongNodeSettings()
        settings.serviceLatency = .milliseconds(2)
        change(&settings)
        let node = KongNode(version: version, database: database, settings: settings)
        try node.start()
        return node
    }

    private static func port(_ node: KongNode) -> UInt16 { UInt16(node.proxyPort) }

    @Test func `a graceful quit of every X node in turn costs no failed request`() throws {
        let database = try KongDatabase.sample(catchesAll: true)
        let x = try (0..<2).map { _ in
            try Self.node("3.4.1", database) {
                $0.cluster = "x"
                $0.startsSlowly = true
                $0.times.start = .milliseconds(300)
            }
        }
        let y = try Self.node("3.4.2", database) { $0.cluster = "y" }
        var settings = Settings(x: Self.port(x[0]), y: Self.port(y))
        settings.upstreams[0].ports.append(Self.port(x[1]))
        let sluice = try Sluice(settings)
        let load = Load(port: sluice.port, connections: 16)
        for _ in 1...2 {
            for node in x {
                // The node has its share before it goes, and again when it is back.
                let before = node.requestCount
                #expect(eventually(within: 30) { node.requestCount > before + 200 })
                node.quit()
                #expect(eventually(within: 30) { node.openConnections == 0 })
                let answers = load.answers
                #expect(eventually(within: 30) { load.answers > answers + 200 })
                try node.start()
            }
        }
        let report = try load.finish()
        #expect(report.faults.isEmpty, "\(report.faults)")
        // X had always one node left, so nothing moved to Y.
        let page = try sluice.metrics()
        #expect(page.sum("sluice_split_routed_total", ["by": "shift"]) == 0)
        #expect(page.sum("sluice_downstream_requests_total", ["code": "502"]) == 0)
    }

    @Test func `both sides lose their database three seconds apart, and the split is exact`()
        throws
    {
        let database = try KongDatabase.sample(catchesAll: true)
        let x = try Self.node("3.4.1", database)
        let y = try Self.node("3.4.2", database)
        var settings = Settings(x: Self.port(x), y: Self.port(y))
        settings.keys["x"] = "health: {kind: kong, port: \(x.statusPort), \(Self.quick)}"
        settings.keys["y"] = "health: {kind: kong, port: \(y.statusPort), \(Self.quick)}"
        let sluice = try Sluice(settings)
        try Self.wait(sluice, for: "sound sound")
        let load = Load(port: sluice.port, connections: 8)
        x.faults.isDatabaseUnreachable = true
        Self.watch(load, until: Deadline(seconds: 3))
        try Self.wait(sluice, for: "degraded sound")
        database.isReachable = false
        Self.watch(load, until: Deadline(seconds: 3))
        try Self.wait(sluice, for: "degraded degraded")
        #expect(try sluice.split().effective == ["x": 90, "y": 10])
        Self.watch(load, until: Deadline(seconds: 1))
        x.faults.isDatabaseUnreachable = false
        database.isReachable = true
        try Self.wait(sluice, for: "sound sound")
        let report = try load.finish()
        #expect(report.faults.isEmpty, "\(report.faults)")
        #expect(try eventually { try sluice.metrics().sum("sluice_upstream_inflight") == 0 })
        let page = try sluice.metrics()
        let routed = { name in
            page.sum("sluice_split_routed_total", ["upstream": name, "by": "sequence"])
        }
        #expect(abs(10 * routed("y") - routed("x") - routed("y")) <= 20)
        #expect(page.sum("sluice_split_routed_total", ["by": "shift"]) == 0)
        // What Sluice counted is what the nodes got.
        #expect(x.requestCount == routed("x") && y.requestCount == routed("y"))
    }

    /// Lets the load go on for so long.
    private static func watch(_ load: Load, until deadline: Deadline) {
        let answers = load.answers
        #expect(eventually(within: 30) { deadline.isOver && load.answers > answers })
    }

    /// The states of the targets of X and Y, as `sound sound`.
    private static func states(_ sluice: Sluice) throws -> String {
        let page = try sluice.metrics()
        return ["x", "y"].map { upstream in
            ["unknown", "sound", "degraded", "ejected", "down"].first { state in
                let labels: KeyValuePairs = ["upstream": upstream, "state": state]
                return page.sum("sluice_target_state", labels) == 1
            } ?? "?"
        }.joined(separator: " ")
    }

    private static func wait(_ sluice: Sluice, for states: String) throws {
        let isSo = try eventually(within: 20) { try Self.states(sluice) == states }
        let seen = try Self.states(sluice)
        #expect(isSo, "\(seen), \(sluice.log)")
    }
}
